//! What the environment says.

use reeldrop_runtime::{env, env_or};

use crate::Error;

/// Where the portal stands, and where it finds the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// In the file `REELDROP_DATABASE_URL_FILE`, or `REELDROP_DATABASE_URL`: the catalog.
    pub database_url: String,
    /// `REELDROP_MASTER_KEY_FILE`: the file of the key that wraps content keys.
    pub master_key_file: String,
    /// `REELDROP_PORTAL_URL`: public address without a slash at the end, where it is set.
    pub portal_url: Option<String>,
    /// `REELDROP_CLIENT_HEADER`: the header in which the edge says a caller's address, where it is set.
    pub client_header: Option<String>,
    /// `REELDROP_MEDIA_URL`: where players find the media bucket, without a slash at the end, where it is set.
    pub media_url: Option<String>,
    /// `REELDROP_ANALYZE_URL`: where analyze says what words mean, without a slash at the end, where it is set.
    pub analyze_url: Option<String>,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`Error::Missing`] names a variable that must be set; [`Error::Catalog`] where the catalog's
    /// address is not there.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self {
            database_url: reeldrop_catalog::database_url()?,
            master_key_file: env("REELDROP_MASTER_KEY_FILE")?,
            portal_url: address("REELDROP_PORTAL_URL"),
            client_header: Some(env_or("REELDROP_CLIENT_HEADER", ""))
                .filter(|name| !name.is_empty()),
            media_url: address("REELDROP_MEDIA_URL"),
            analyze_url: address("REELDROP_ANALYZE_URL"),
        })
    }
}

fn address(name: &str) -> Option<String> {
    let value = env_or(name, "");
    (!value.is_empty()).then(|| value.trim_end_matches('/').to_owned())
}
