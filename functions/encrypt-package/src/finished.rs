//! The note in the work bucket that a part is published, so that nobody encrypts it again.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reeldrop_catalog::ContentKey;
use reeldrop_events::PackagedRendition;
use reeldrop_store::{Key, Location, Store, StoreError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, part::Part, recipher::Lock, rendition::Target};

/// A note is two tables of segments: some kilobytes.
const NOTE_LIMIT_BYTES: u64 = 8 << 20;

/// Published objects that are looked at at once.
const AT_ONCE: usize = 8;

/// Where a part is published, and under what.
pub(crate) struct Finished<'a, P> {
    part: &'a P,
    seal: Option<Seal>,
}

/// The note, written after all that it lists.
#[derive(Debug, Serialize, Deserialize)]
struct Note<P> {
    /// What was asked for: the same part of another source or plan makes another note.
    part: P,
    seal: Option<Seal>,
    renditions: Vec<PackagedRendition>,
}

/// What segments show of their key: segments of two keys, or IVs, must not stand in one rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Seal {
    kid: Uuid,
    iv: [u8; 16],
}

impl From<&ContentKey> for Seal {
    fn from(key: &ContentKey) -> Self {
        Self {
            kid: key.kid,
            iv: key.iv,
        }
    }
}

impl<'a, P: Part> Finished<'a, P> {
    /// The part as it is published under `to`.
    pub(crate) fn new(part: &'a P, to: &Lock) -> Self {
        Self {
            part,
            seal: to.key.as_ref().map(Seal::from),
        }
    }

    /// The renditions of the part where all of them are published already.
    ///
    /// # Errors
    /// What befell the store.
    pub(crate) async fn load(
        &self,
        store: &Store,
    ) -> Result<Option<Vec<PackagedRendition>>, Error> {
        let body = match store.get(&store.at(&self.note()), NOTE_LIMIT_BYTES).await {
            Ok(body) => body,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // A note that an older version wrote differently counts as none.
        let note = serde_json::from_slice::<Note<P>>(&body).ok();
        let note = note.filter(|note| note.part == *self.part && note.seal == self.seal);
        let Some(note) = note else { return Ok(None) };
        let published = self.are_published(store, &note.renditions).await?;
        Ok(published.then_some(note.renditions))
    }

    /// Notes that the part is published with these renditions.
    ///
    /// # Errors
    /// What befell the store.
    pub(crate) async fn save(
        &self,
        store: &Store,
        renditions: Vec<PackagedRendition>,
    ) -> Result<Vec<PackagedRendition>, Error> {
        let note = Note {
            part: self.part.clone(),
            seal: self.seal,
            renditions,
        };
        let body = Bytes::from(serde_json::to_vec(&note)?);
        store.put(&self.note(), body).await?;
        Ok(note.renditions)
    }

    fn note(&self) -> Key<'_> {
        Key::PackagedIndex {
            asset: self.part.asset(),
            package: self.part.package(),
            set: self.part.set(),
            part: self.part.index(),
        }
    }

    async fn are_published(
        &self,
        store: &Store,
        renditions: &[PackagedRendition],
    ) -> Result<bool, Error> {
        let (asset, package) = (self.part.asset(), self.part.package());
        let objects: Vec<_> = renditions
            .iter()
            .flat_map(|rendition| {
                let target = Target {
                    asset,
                    package,
                    rendition: &rendition.name,
                    pictures: self.part.has_pictures(),
                };
                objects(store, target, rendition)
            })
            .collect();
        let found: Vec<bool> = stream::iter(objects)
            .map(|(at, bytes)| is_there(store, at, bytes))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(found.into_iter().all(|found| found))
    }
}

/// What a rendition's part consists of, with the sizes that are known, bytes.
fn objects(
    store: &Store,
    target: Target<'_>,
    rendition: &PackagedRendition,
) -> Vec<(Location, Option<u64>)> {
    let mut objects = Vec::new();
    for segment in &rendition.segments {
        if segment.number == 0 {
            objects.push((store.at(&target.init()), None));
        }
        let at = store.at(&target.segment(segment.number));
        objects.push((at, Some(segment.bytes)));
    }
    objects
}

async fn is_there(store: &Store, at: Location, bytes: Option<u64>) -> Result<bool, Error> {
    let info = store.head(&at).await?;
    Ok(info.is_some_and(|info| bytes.is_none_or(|bytes| info.size_bytes == bytes)))
}
