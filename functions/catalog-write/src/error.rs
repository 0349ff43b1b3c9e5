//! Why an event could not be kept.

use reeldrop_catalog::CatalogError;
use reeldrop_runtime::Failure;

/// Why an event could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The catalog cannot be reached.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A statement failed.
    #[error("the catalog failed: {}", .0.as_db_error().map_or_else(|| .0.to_string(), ToString::to_string))]
    Database(#[from] tokio_postgres::Error),
    /// The driver's pool failed to prepare a statement.
    #[error("the catalog cannot be reached: {0}")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// A stored document is not what this version writes.
    #[error("the catalog holds a document that does not fit: {0}")]
    Document(#[from] serde_json::Error),
    /// An event names a number that the catalog cannot hold.
    #[error("the event's {0} is out of range")]
    Range(&'static str),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::Catalog(cause) if !cause.is_transient() => Self::permanent(error),
            // Class 22: the data itself cannot be kept, today or tomorrow.
            Error::Database(cause)
                if cause
                    .code()
                    .is_some_and(|code| code.code().starts_with("22")) =>
            {
                Self::permanent(error)
            }
            Error::Catalog(_) | Error::Database(_) | Error::Pool(_) => Self::transient(error),
            Error::Document(_) | Error::Range(_) => Self::permanent(error),
        }
    }
}
