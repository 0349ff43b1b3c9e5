//! Publishing the segments of a part, rendition by rendition.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, future, stream};
use reeldrop_cmaf::CmafError;
use reeldrop_events::{AssetId, PackageNo, PackagedRendition, PublishedSegment};
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
}

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
        let segments = if rendition.segments.is_empty() {
            Vec::new()
        } else {
            self.package_segments(target, rendition, from, to).await?
        };
        Ok(PackagedRendition {
            name: rendition.name.clone(),
            timescale: rendition.timescale,
            codec: rendition.codec.clone(),
            segments,
        })
    }

    async fn package_segments(
        &self,
        target: Target<'_>,
        rendition: &Rendition,
        from: &Lock,
        to: &Lock,
    ) -> Result<Vec<PublishedSegment>, Error> {
        let init = self.store.get(&rendition.init, INIT_LIMIT_BYTES).await;
        let init = init.map_err(|error| missing(error, &rendition.init))?;
        let recipher = Recipher::new(&init, from, to, target.rendition);
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
    ) -> Result<PublishedSegment, Error> {
        let _room = self.budget.room_for(found.segment.bytes).await;
        let read = self.read(&found).await?;
        let written = blocking(move || recipher.apply(read)).await;
        let written = written
            .map_err(Error::Stopped)?
            .map_err(|cause| broken(cause, target))?;
        let bytes = written.len() as u64;
        let key = target.segment(found.segment.number);
        self.store.put(&key, written).await?;
        Ok(PublishedSegment {
            bytes,
            ..found.segment
        })
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
