//! Writing the manifests of what is packaged.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reeldrop_catalog::{ContentKey, Publication};
use reeldrop_cmaf::{boxes::common_pssh, dash, presentation::Protection};
use reeldrop_events::{AssetId, AssetPublished, PackageNo, Scheme};
use reeldrop_store::Key;

use crate::{
    EncryptPackage, Error, key_systems, outline,
    playlists::{self, Playlist},
};

/// Playlists written at once.
const AT_ONCE: usize = 8;

impl EncryptPackage {
    /// Writes the manifests of what the catalog says is packaged, however old the event that asks
    /// for it, and says what they name; none where there is nothing to play yet.
    ///
    /// # Errors
    /// What the store and the catalog say.
    pub(crate) async fn write_manifests(
        &self,
        asset: AssetId,
        package: PackageNo,
    ) -> Result<Option<AssetPublished>, Error> {
        // Before the lock, which holds a connection: no one waits for a second one while holding one.
        let mut key = self.keys.find(asset, package).await?;
        let lock = self.catalog.publish_lock(asset).await?;
        let publication = lock.publication(package).await?;
        // A key never changes, but a key server may have said something else since.
        if let Some(key) = &mut key {
            key.document.clone_from(&publication.key_document);
        }
        let published = self.write(asset, package, &publication, key).await?;
        lock.release().await?;
        Ok(published)
    }

    async fn write(
        &self,
        asset: AssetId,
        package: PackageNo,
        publication: &Publication,
        key: Option<ContentKey>,
    ) -> Result<Option<AssetPublished>, Error> {
        let protection = self.protection(asset, package, publication.scheme, key)?;
        let title = outline::presentation(publication, protection);
        let length = title.length();
        match (length.ticks, publication.complete) {
            (0, true) => return Err(Error::Empty),
            (0, false) => return Ok(None),
            _ => {}
        }
        self.write_playlists(asset, package, playlists::beneath(&title))
            .await?;
        let mpd = Key::Dash { asset, package };
        let clock = self.config.clock_uri();
        let times = outline::times(publication, &clock);
        tokio::try_join!(
            self.write_playlists(asset, package, playlists::multivariant(&title)),
            async {
                let body = Bytes::from(dash::mpd(&title, &times));
                Ok(self.store.put(&mpd, body).await?)
            },
        )?;
        let multivariant = Key::HlsMultivariant { asset, package };
        Ok(Some(AssetPublished {
            asset,
            package,
            segments: publication.contiguous_segments,
            complete: publication.complete,
            duration_ms: length.micros() / 1_000,
            hls: multivariant.path(),
            dash: mpd.path(),
        }))
    }

    async fn write_playlists(
        &self,
        asset: AssetId,
        package: PackageNo,
        playlists: Vec<Playlist>,
    ) -> Result<(), Error> {
        stream::iter(playlists)
            .map(|playlist| async move {
                let key = playlist.key(asset, package);
                self.store
                    .put(&key, Bytes::from(playlist.text.clone()))
                    .await
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(())
    }

    fn protection(
        &self,
        asset: AssetId,
        package: PackageNo,
        scheme: Scheme,
        key: Option<ContentKey>,
    ) -> Result<Option<Protection>, Error> {
        let key = match (scheme, key) {
            (Scheme::None, _) => return Ok(None),
            (Scheme::Cbcs | Scheme::Cenc, Some(key)) => key,
            (Scheme::Cbcs | Scheme::Cenc, None) => return Err(Error::NoKey { package }),
        };
        Ok(Some(Protection {
            scheme,
            kid: key.kid,
            key_uri: self.config.key_uri(asset, package),
            license_uri: self.config.license_uri(asset, package),
            pssh: common_pssh(&[key.kid]),
            systems: key_systems::of(&key)?,
        }))
    }
}
