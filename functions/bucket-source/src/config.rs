//! What the deployment says.

use reeldrop_runtime::env_or;

const DEFAULT_UPLOADS_BUCKET: &str = "reeldrop-uploads";

/// What the deployment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `REELDROP_UPLOADS_BUCKET`: the only bucket whose objects are uploads.
    pub uploads_bucket: String,
}

impl Config {
    /// Reads the environment.
    #[must_use]
    pub fn from_env() -> Self {
        Self {
            uploads_bucket: env_or("REELDROP_UPLOADS_BUCKET", DEFAULT_UPLOADS_BUCKET),
        }
    }
}
