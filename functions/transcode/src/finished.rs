//! Results in the work bucket, and the note beside them that they are complete.

use bytes::Bytes;
use futures::future::try_join_all;
use reeldrop_events::{AssetId, AudioPlanned, ChunkPlanned, ClearNote, ClearRendition};
use reeldrop_store::{Key, Store, StoreError};
use serde::{Serialize, de::DeserializeOwned};

use crate::Error;

/// A note is a table of segments: a few kilobytes.
const NOTE_LIMIT_BYTES: u64 = 4 << 20;

/// A header has a few hundred bytes.
const HEADER_LIMIT_BYTES: u64 = 1 << 20;

/// Where the results of one part lie.
pub(crate) struct Finished<'a, P> {
    planned: &'a P,
    asset: AssetId,
    /// Name of the rendition, or of what a chunk makes all of.
    set: &'a str,
    part: u32,
}

/// One rendition of a part, encoded.
pub(crate) struct Encoded {
    /// Its segments; none where the source ended before the part.
    pub(crate) clear: ClearRendition,
    /// The rendition's header.
    pub(crate) init: Vec<u8>,
    /// The segments, laid end to end.
    pub(crate) segments: Vec<u8>,
}

impl<'a> Finished<'a, ChunkPlanned> {
    pub(crate) fn of_chunk(planned: &'a ChunkPlanned) -> Self {
        Self {
            planned,
            asset: planned.asset,
            set: "video",
            part: planned.chunk.index,
        }
    }
}

impl<'a> Finished<'a, AudioPlanned> {
    pub(crate) fn of_audio(planned: &'a AudioPlanned) -> Self {
        Self {
            planned,
            asset: planned.asset,
            set: &planned.rendition.name,
            part: planned.part.index,
        }
    }
}

impl<P: Serialize + DeserializeOwned + Clone + PartialEq> Finished<'_, P> {
    fn note(&self) -> Key<'_> {
        Key::ClearIndex {
            asset: self.asset,
            set: self.set,
            part: self.part,
        }
    }

    /// The renditions of this part where they are finished already.
    pub(crate) async fn load(&self, store: &Store) -> Result<Option<Vec<ClearRendition>>, Error> {
        let body = match store.get(&store.at(&self.note()), NOTE_LIMIT_BYTES).await {
            Ok(body) => body,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // A note that an older version wrote differently counts as none.
        let note = serde_json::from_slice::<ClearNote<P>>(&body).ok();
        Ok(note
            .filter(|note| note.planned == *self.planned)
            .map(|note| note.renditions))
    }

    /// Writes headers and segments, then the note. Where encoders `differ`, not beside another's header.
    pub(crate) async fn save(
        &self,
        store: &Store,
        encoded: Vec<Encoded>,
        differ: bool,
    ) -> Result<Vec<ClearRendition>, Error> {
        let renditions: Vec<ClearRendition> = encoded
            .iter()
            .map(|encoded| encoded.clear.clone())
            .collect();
        try_join_all(encoded.into_iter().map(
            |Encoded {
                 clear,
                 init,
                 segments,
             }| async move {
                if clear.segments.is_empty() {
                    return Ok(());
                }
                let (asset, rendition) = (self.asset, clear.name.as_str());
                let header = Key::ClearInit { asset, rendition };
                match differ {
                    true => put_shared(store, &header, rendition, init.into()).await?,
                    false => store.put(&header, init.into()).await?,
                }
                let key = Key::ClearPart {
                    asset,
                    rendition,
                    part: self.part,
                };
                Ok::<_, Error>(store.put(&key, Bytes::from(segments)).await?)
            },
        ))
        .await?;
        let note = ClearNote {
            planned: self.planned.clone(),
            renditions,
        };
        store
            .put(&self.note(), Bytes::from(serde_json::to_vec(&note)?))
            .await?;
        Ok(note.renditions)
    }
}

/// Writes the header that all parts of a rendition share, where no other part has. Those of two encoders
/// differ, and neither's parts decode with the other's.
async fn put_shared(
    store: &Store,
    header: &Key<'_>,
    rendition: &str,
    init: Bytes,
) -> Result<(), Error> {
    if store.put_new(header, init.clone()).await? {
        return Ok(());
    }
    let shared = store.get(&store.at(header), HEADER_LIMIT_BYTES).await?;
    match shared == init {
        true => Ok(()),
        false => Err(Error::OtherEncoder(rendition.to_owned())),
    }
}
