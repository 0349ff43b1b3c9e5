//! Deployment values.

use reeldrop_catalog::MasterKey;
use reeldrop_events::{AssetId, PackageNo};
use reeldrop_runtime::{env, env_or};

/// Deployment values, read once at start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `REELDROP_PORTAL_URL` without a slash at its end. Empty where players find the portal on the
    /// host that serves the manifests.
    pub portal_url: String,
}

impl Config {
    /// As the environment says.
    #[must_use]
    pub fn from_env() -> Self {
        let portal_url = env_or("REELDROP_PORTAL_URL", "");
        Self {
            portal_url: portal_url.trim_end_matches('/').to_owned(),
        }
    }

    /// The key that wraps content keys, from the file that `REELDROP_MASTER_KEY_FILE` names.
    ///
    /// # Errors
    /// Where the variable is missing, or the file holds no key.
    pub fn master_key() -> anyhow::Result<MasterKey> {
        Ok(MasterKey::from_file(env("REELDROP_MASTER_KEY_FILE")?)?)
    }

    /// Address at which players get the ClearKey licence of a package.
    #[must_use]
    pub fn license_uri(&self, asset: AssetId, package: PackageNo) -> String {
        format!("{}/license", self.package_uri(asset, package))
    }

    /// Address at which players get the 16 bytes of a package's key.
    #[must_use]
    pub fn key_uri(&self, asset: AssetId, package: PackageNo) -> String {
        format!("{}/key", self.package_uri(asset, package))
    }

    /// Address at which players get the time.
    #[must_use]
    pub fn clock_uri(&self) -> String {
        format!("{}/api/time", self.portal_url)
    }

    fn package_uri(&self, asset: AssetId, package: PackageNo) -> String {
        format!("{}/api/assets/{asset}/packages/{package}", self.portal_url)
    }
}
