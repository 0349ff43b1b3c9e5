//! Publishing the segments of a part, rendition by rendition.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, future, stream};
use reeldrop_cmaf::{CmafError, key_frames};
use reeldrop_events::{AssetId, KeyFrame, PackageNo, PackagedRendition, PublishedSegment};
use reeldrop_runtime::blocking;
use reeldrop_store::{Key, Location, StoreError};

use crate::{
    EncryptPackage, Error,
    finished::Finished,
    part::{Part, Rendition, Segment},
    recipher::{Lock, Recipher},
};

/// An init segment is some hundred bytes.
const INIT_LIMIT_BYTES: u64 = 1 << 20;

/// Segments of one rendition under way at once: while one is written, the next is encrypted.
const AT_ONCE: usize = 2;

/// Where a rendition is published.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) asset: AssetId,
    pub(crate) package: PackageNo,
    pub(crate) rendition: &'a str,
    /// Whether it is picture, and not sound.
    pub(crate) pictures: bool,
}

/// A published segment, with its key frames.
type Published = (PublishedSegment, Vec<KeyFrame>);

impl EncryptPackage {
    /// Publishes all segments of a part, unless they are published already.
    ///
    /// # Errors
    /// Why not; what is published already stays, and is written again with the same bytes.
    pub(crate) async fn package_part<P: Part>(
        &self,
        part: &P,
    ) -> Result<Vec<PackagedRendition>, Error> {
        let (from, to) = part.locks(self).await?;
        let finished = Finished::new(part, &to);
        match finished.load(&self.store).await? {
            Some(renditions) => Ok(renditions),
            None => {
                let renditions = self.encrypt_part(part, &from, &to).await?;
                finished.save(&self.store, renditions).await
            }
        }
    }

    async fn encrypt_part<P: Part>(
        &self,
        part: &P,
        from: &Lock,
        to: &Lock,
    ) -> Result<Vec<PackagedRendition>, Error> {
        let renditions = part.renditions(&self.store);
        let packaged = renditions.iter().map(|rendition| {
            let target = Target {
                asset: part.asset(),
                package: part.package(),
                rendition: &rendition.name,
                pictures: part.has_pictures(),
            };
            self.package_rendition(target, rendition, from, to)
        });
        future::try_join_all(packaged).await
    }

    async fn package_rendition(
        &self,
        target: Target<'_>,
        rendition: &Rendition,
        from: &Lock,
        to: &Lock,
    ) -> Result<PackagedRendition, Error> {
        let published = if rendition.segments.is_empty() {
            Vec::new()
        } else {
            self.package_segments(target, rendition, from, to).await?
        };
        let (segments, key_frames): (Vec<_>, Vec<_>) = published.into_iter().unzip();
        Ok(PackagedRendition {
            name: rendition.name.clone(),
            timescale: rendition.timescale,
            codec: rendition.codec.clone(),
            segments,
            key_frames: key_frames.into_iter().flatten().collect(),
        })
    }

    async fn package_segments(
        &self,
        target: Target<'_>,
        rendition: &Rendition,
        from: &Lock,
        to: &Lock,
    ) -> Result<Vec<Published>, Error> {
        let init = self.store.get(&rendition.init, INIT_LIMIT_BYTES).await;
        let init = init.map_err(|error| missing(error, &rendition.init))?;
        // Key servers give several titles one key with one vector: under cenc none may begin where another does.
        let unique = format!("{}/{}", target.asset, target.rendition);
        let recipher = Recipher::new(&init, from, to, &unique);
        let recipher = Arc::new(recipher.map_err(|cause| broken(cause, target))?);
        // Nothing plays before segment 0, so that its part alone has to bring the init segment.
        if rendition
            .segments
            .iter()
            .any(|segment| segment.segment.number == 0)
        {
            self.store.put(&target.init(), recipher.init()).await?;
        }
        stream::iter(rendition.segments.clone())
            .map(|segment| self.package_segment(target, segment, Arc::clone(&recipher)))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn package_segment(
        &self,
        target: Target<'_>,
        found: Segment,
        recipher: Arc<Recipher>,
    ) -> Result<Published, Error> {
        let _room = self.budget.room_for(found.segment.bytes).await;
        let read = self.read(&found).await?;
        let (number, pictures) = (found.segment.number, target.pictures);
        let written = blocking(move || {
            let written = recipher.apply(read)?;
            let keys = match pictures {
                true => key_frames(number, &written)?,
                false => Vec::new(),
            };
            Ok((written, keys))
        });
        let (written, keys) = written
            .await
            .map_err(Error::Stopped)?
            .map_err(|cause| broken(cause, target))?;
        let bytes = written.len() as u64;
        self.store.put(&target.segment(number), written).await?;
        let segment = PublishedSegment {
            bytes,
            ..found.segment
        };
        Ok((segment, keys))
    }

    async fn read(&self, found: &Segment) -> Result<Bytes, Error> {
        let range = found.offset..found.offset + found.segment.bytes;
        let read = self.store.get_range(&found.at, range).await;
        let read = read.map_err(|error| missing(error, &found.at))?;
        if read.len() as u64 == found.segment.bytes {
            Ok(read)
        } else {
            Err(Error::CutShort(found.at.clone()))
        }
    }
}

impl<'a> Target<'a> {
    pub(crate) fn init(self) -> Key<'a> {
        Key::Init {
            asset: self.asset,
            package: self.package,
            rendition: self.rendition,
        }
    }

    pub(crate) fn segment(self, number: u32) -> Key<'a> {
        Key::Segment {
            asset: self.asset,
            package: self.package,
            rendition: self.rendition,
            number,
        }
    }
}

fn missing(error: StoreError, at: &Location) -> Error {
    if matches!(error, StoreError::NotFound(_)) {
        Error::Gone(at.clone())
    } else {
        Error::Store(error)
    }
}

fn broken(cause: CmafError, target: Target<'_>) -> Error {
    Error::Cmaf {
        rendition: target.rendition.to_owned(),
        cause,
    }
}
