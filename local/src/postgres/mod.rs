//! A private PostgreSQL cluster: made when missing, started, watched, stopped.

mod cluster;
mod server;

pub use cluster::Cluster;
pub use server::Server;

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// PostgreSQL is not installed.
    #[error(
        "PostgreSQL is not installed: no `postgres` in /usr/lib/postgresql/*/bin or on the path. \
         Install it (Debian, Ubuntu: sudo apt install postgresql) or name a server with --database-url"
    )]
    NotInstalled,
    /// The server refuses to run as root, and the user that it would run as is missing.
    #[error(
        "PostgreSQL does not run as root, and there is no user `postgres`; run as another user"
    )]
    NoUser,
    /// One of PostgreSQL's programs failed.
    #[error("{program} failed: {message}")]
    Program {
        /// Its name.
        program: String,
        /// What it said.
        message: String,
    },
    /// The cluster was made by another major version.
    #[error("the database in {folder} was made by PostgreSQL {made}, and {installed} is installed")]
    Version {
        /// Where the cluster lies.
        folder: String,
        /// The version that made it.
        made: String,
        /// The version that is installed.
        installed: String,
    },
    /// A server from before still has the cluster and does not end.
    #[error("process {0} still has the database and does not end; stop it and try again")]
    Occupied(i32),
    /// The server does not get ready.
    #[error("PostgreSQL was not ready within {0} s; see logs/postgres.log")]
    NotReady(u64),
    /// A file or process cannot be had.
    #[error("PostgreSQL: {0}")]
    Io(#[from] std::io::Error),
}
