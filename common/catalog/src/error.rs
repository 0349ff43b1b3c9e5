//! Why the catalog could not answer.

use deadpool_postgres::PoolError;
use reeldrop_events::{AssetId, PackageNo};
use uuid::Uuid;

/// Why the catalog could not answer.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The environment does not name a database.
    #[error("neither REELDROP_DATABASE_URL nor REELDROP_DATABASE_URL_FILE is set")]
    NoUrl,
    /// The file that holds the address cannot be read.
    #[error("the database address in REELDROP_DATABASE_URL_FILE={path} cannot be read: {source}")]
    UrlFile {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The address is not a PostgreSQL connection URL. It may hold a password, so it is not shown.
    #[error("the database address is not a PostgreSQL connection URL")]
    Url(#[source] tokio_postgres::Error),
    /// The pool has time-outs, which need a runtime.
    #[error("the catalog's connections need a runtime")]
    NoRuntime,
    /// No connection could be made or got.
    #[error("the catalog cannot be reached: {0}")]
    Pool(#[from] PoolError),
    /// A statement failed.
    #[error("the catalog failed: {}", database_message(.0))]
    Database(#[from] tokio_postgres::Error),
    /// The schema could not be brought up to date.
    #[error("the catalog's schema could not be brought up to date: {0}")]
    Migration(#[from] Box<refinery::Error>),
    /// A stored document is not what this version writes.
    #[error("the catalog holds a document that does not fit: {0}")]
    Document(#[from] serde_json::Error),
    /// A stored word or number is not what this version writes.
    #[error("the catalog holds {column} = {value:?}, which does not fit")]
    Value {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
    /// The title, or this package of it, is not in the catalog yet.
    #[error("asset {asset} has no package {package} in the catalog")]
    NoPackage {
        /// The title.
        asset: AssetId,
        /// The package.
        package: PackageNo,
    },
    /// The title was deleted.
    #[error("asset {0} was deleted")]
    Deleted(AssetId),
    /// A key id names one key of a title for good.
    #[error("key id {kid} of asset {asset} already names another key")]
    OtherKey {
        /// The title.
        asset: AssetId,
        /// The key id.
        kid: Uuid,
    },
    /// The master key cannot be read.
    #[error("the master key file {path} cannot be read: {source}")]
    MasterKeyFile {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The master key's file does not hold a key.
    #[error("the master key file {path} must hold 64 hex digits")]
    MasterKey {
        /// The file.
        path: String,
    },
    /// A wrapped key was not wrapped under this master key, or not for this purpose.
    #[error("a wrapped key cannot be unwrapped: it belongs to another master key or another title")]
    Unwrap,
}

/// PostgreSQL's own sentence: the driver's `Display` says only "db error".
fn database_message(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

impl CatalogError {
    /// Whether asking again later can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Pool(_) | Self::Database(_) | Self::Migration(_) | Self::NoPackage { .. } => true,
            Self::NoUrl
            | Self::UrlFile { .. }
            | Self::Url(_)
            | Self::NoRuntime
            | Self::Document(_)
            | Self::Value { .. }
            | Self::Deleted(_)
            | Self::OtherKey { .. }
            | Self::MasterKeyFile { .. }
            | Self::MasterKey { .. }
            | Self::Unwrap => false,
        }
    }
}
