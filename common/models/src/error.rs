//! Why a model cannot be used.

use std::{io, path::PathBuf};

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The registry does not say what it must.
    #[error("models.yaml: {0}")]
    Registry(#[from] yaml_serde::Error),
    /// A folder's own registry does not say what it must.
    #[error("{path}: {source}", path = path.display())]
    Own {
        /// The file.
        path: PathBuf,
        /// Why.
        source: yaml_serde::Error,
    },
    /// A file cannot be read.
    #[error("{path} cannot be read: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not the one that the registry names.
    #[error(
        "{path} has SHA-256 {found}, not {expected}: delete it and run `reeldrop models pull {name}`",
        path = path.display()
    )]
    Different {
        /// Name of the model.
        name: String,
        /// The file.
        path: PathBuf,
        /// Hash of the file, in hex.
        found: String,
        /// Hash in the registry.
        expected: String,
    },
}
