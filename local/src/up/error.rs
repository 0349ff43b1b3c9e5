//! Why the bundle does not start, and what to do.

use crate::{
    activator::{ActivateError, MissingValue},
    broker::BrokerError,
    manifests::ManifestError,
    postgres::PostgresError,
    s3::S3Error,
};

/// Why the bundle does not start.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// The data folder cannot be used.
    #[error("cannot use the data folder {folder}: {source}")]
    Folder {
        /// The folder.
        folder: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Another runner uses the data folder.
    #[error(
        "another `reeldrop up` already uses {0}; stop it, or choose another folder with --data"
    )]
    Locked(String),
    /// A port is taken.
    #[error("port {port}, for {purpose}, is taken: {source}; choose another one with --port")]
    Port {
        /// The port.
        port: u16,
        /// What it is for.
        purpose: &'static str,
        /// Why it cannot be had.
        source: std::io::Error,
    },
    /// There is no port after the chosen one.
    #[error("port {0} cannot be used: the S3 endpoint needs the one after it")]
    LastPort(u16),
    /// A function's program is missing.
    #[error("the program {name} is not in {folders}; build it with: make build")]
    NotBuilt {
        /// Its name.
        name: String,
        /// Where it was looked for.
        folders: String,
    },
    /// The manifests cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A manifest asks for a value that one machine does not have.
    #[error(transparent)]
    Value(#[from] MissingValue),
    /// There is no database.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// There is no broker.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// There are no buckets.
    #[error(transparent)]
    S3(#[from] S3Error),
    /// A function that must always run does not.
    #[error(transparent)]
    Activate(#[from] ActivateError),
    /// Threads, signals or sockets cannot be had.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}
