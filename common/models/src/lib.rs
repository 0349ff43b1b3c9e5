#![doc = include_str!("../README.md")]

mod detector;
mod encoder;
mod error;
mod registry;
#[cfg(feature = "testing")]
pub mod testing;

use std::path::PathBuf;

pub use detector::{Channels, Detector, Fit, Head};
pub use encoder::{ImageEncoder, TextEncoder, Tokenizer};
pub use error::ModelError;
pub use registry::{Model, Registry, Task};

/// The folder of models where the environment names none, below the working folder.
const DEFAULT_FOLDER: &str = "data/models";

/// The folder of models that `REELDROP_MODELS` names.
#[must_use]
pub fn folder_from_env() -> PathBuf {
    let named = std::env::var_os("REELDROP_MODELS").filter(|folder| !folder.is_empty());
    named.map_or_else(|| PathBuf::from(DEFAULT_FOLDER), PathBuf::from)
}
