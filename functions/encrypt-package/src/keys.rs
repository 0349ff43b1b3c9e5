//! Content keys: where they come from.
//!
//! They are asked for each time and never remembered: a title that is deleted takes its keys with
//! it, and what is still under way for it must not be published.

use reeldrop_catalog::{ContentKey, KeyStore};
use reeldrop_events::{AssetId, PackageNo, Source};
use reeldrop_store::{Location, Store};

use crate::{Error, caller_key::caller_key, key_systems};

/// Finds the content keys of packages.
#[derive(Debug)]
pub(crate) struct Keys {
    store: Store,
    kept: KeyStore,
}

impl Keys {
    pub(crate) fn new(store: Store, kept: KeyStore) -> Self {
        Self { store, kept }
    }

    /// The key of the package made from the upload: the one kept, else the caller's, else a new one.
    ///
    /// # Errors
    /// [`Error::UploadGone`] and [`Error::CallerKey`], and what the store and the catalog say.
    pub(crate) async fn first(&self, asset: AssetId, source: &Source) -> Result<ContentKey, Error> {
        if let Some(key) = self.find(asset, PackageNo::FIRST).await? {
            return Ok(key);
        }
        let at = Location::from(source);
        let upload = self
            .store
            .head(&at)
            .await?
            .ok_or_else(|| Error::UploadGone(at.clone()))?;
        let new = match caller_key(&upload.metadata, self.kept.master())? {
            Some(key) => {
                let document = self.kept.upload_document(&at.object).await?;
                key_systems::described(key, document)?
            }
            None => ContentKey::generate(),
        };
        // Chunks race for it: the first one's key becomes everyone's.
        let first = self.kept.get_or_insert(asset, PackageNo::FIRST, new);
        Ok(first.await?)
    }

    /// The key of a package that is asked for by its key.
    ///
    /// # Errors
    /// [`Error::NoKey`], and what the catalog says.
    pub(crate) async fn of(&self, asset: AssetId, package: PackageNo) -> Result<ContentKey, Error> {
        self.find(asset, package)
            .await?
            .ok_or(Error::NoKey { package })
    }

    /// The key of a package, where it has one.
    ///
    /// # Errors
    /// What the catalog says.
    pub(crate) async fn find(
        &self,
        asset: AssetId,
        package: PackageNo,
    ) -> Result<Option<ContentKey>, Error> {
        Ok(self.kept.package_key(asset, package).await?)
    }
}
