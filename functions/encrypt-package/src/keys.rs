//! Content keys: where they come from, and which are known already.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use reeldrop_catalog::{ContentKey, KeyStore};
use reeldrop_events::{AssetId, PackageNo, Source};
use reeldrop_store::{Location, Store};

use crate::{Error, caller_key::caller_key};

/// Keys that are remembered; beyond it all are forgotten and asked for again.
const KNOWN_LIMIT: usize = 256;

/// Finds the content keys of packages.
pub(crate) struct Keys {
    store: Store,
    kept: KeyStore,
    known: Mutex<HashMap<(AssetId, PackageNo), ContentKey>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    pub(crate) fn new(store: Store, kept: KeyStore) -> Self {
        Self {
            store,
            kept,
            known: Mutex::default(),
        }
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
        let upload = self.store.head(&at).await?.ok_or(Error::UploadGone(at))?;
        let new = caller_key(&upload.metadata, self.kept.master())?;
        let new = new.unwrap_or_else(ContentKey::generate);
        // Chunks race for it: the first one's key becomes everyone's.
        let key = self
            .kept
            .get_or_insert(asset, PackageNo::FIRST, new)
            .await?;
        Ok(self.remember(asset, PackageNo::FIRST, key))
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
        if let Some(key) = self.known(asset, package) {
            return Ok(Some(key));
        }
        let kept = self.kept.package_key(asset, package).await?;
        Ok(kept.map(|key| self.remember(asset, package, key)))
    }

    fn known(&self, asset: AssetId, package: PackageNo) -> Option<ContentKey> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(asset, package)).cloned()
    }

    fn remember(&self, asset: AssetId, package: PackageNo, key: ContentKey) -> ContentKey {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_LIMIT {
            known.clear();
        }
        known.insert((asset, package), key.clone());
        key
    }
}
