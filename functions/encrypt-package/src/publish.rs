//! Writing the manifests of what is packaged.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reeldrop_catalog::{ContentKey, Publication};
use reeldrop_cmaf::{
    boxes::common_pssh,
    dash, hls,
    presentation::{Presentation, Protection, Track},
};
use reeldrop_events::{AssetId, AssetPublished, PackageNo, Scheme};
use reeldrop_store::Key;

use crate::{EncryptPackage, Error, outline};

/// Media playlists written at once.
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
        let key = self.keys.find(asset, package).await?;
        let lock = self.catalog.publish_lock(asset).await?;
        let publication = lock.publication(package).await?;
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
        self.write_playlists(asset, package, &title).await?;
        let multivariant = Key::HlsMultivariant { asset, package };
        let mpd = Key::Dash { asset, package };
        let times = outline::times(publication);
        tokio::try_join!(
            self.store
                .put(&multivariant, Bytes::from(hls::multivariant(&title))),
            self.store.put(&mpd, Bytes::from(dash::mpd(&title, &times))),
        )?;
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

    /// Before the multivariant playlist, so that all it names is there.
    async fn write_playlists(
        &self,
        asset: AssetId,
        package: PackageNo,
        title: &Presentation,
    ) -> Result<(), Error> {
        let video = title.video.iter().map(|video| &video.track);
        let audio = title.audio.iter().map(|audio| &audio.track);
        let playlist = |track: &Track| (track.name.clone(), hls::media(title, track));
        let playlists: Vec<_> = video.chain(audio).map(playlist).collect();
        stream::iter(playlists)
            .map(|(rendition, playlist)| async move {
                let key = Key::HlsMedia {
                    asset,
                    package,
                    rendition: &rendition,
                };
                self.store.put(&key, Bytes::from(playlist)).await
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
        }))
    }
}
