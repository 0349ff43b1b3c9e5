//! What was seen in a part, in the work bucket: what is joined, and the note that it is looked at.

use bytes::Bytes;
use reeldrop_events::{AnalysisPlanned, DetectionsPlanned};
use reeldrop_store::{Key, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::{Error, seen::Picture};

/// A picture's note is less than ten kilobytes, and a part has a few hundred at most.
const NOTE_LIMIT_BYTES: u64 = 16 << 20;

/// The note.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    /// What was asked for: another plan makes another note.
    planned: AnalysisPlanned,
    pictures: Vec<Picture>,
}

impl Note {
    async fn read(store: &Store, key: &Key<'_>) -> Result<Option<Self>, Error> {
        let body = match store.get(&store.at(key), NOTE_LIMIT_BYTES).await {
            Ok(body) => body,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        // A note that an older version wrote differently counts as none.
        Ok(serde_json::from_slice(&body).ok())
    }

    /// The pictures of a part that is to be joined with the others.
    pub(crate) async fn of_part(
        store: &Store,
        planned: &DetectionsPlanned,
        part: u32,
    ) -> Result<Vec<Picture>, Error> {
        let key = Key::AnalysisIndex {
            asset: planned.asset,
            part,
        };
        let note = Self::read(store, &key).await?;
        let note = note.filter(|note| note.planned.analysis == planned.analysis);
        Ok(note.ok_or(Error::Gone)?.pictures)
    }
}

/// What was seen in this part, where it is finished already.
pub(crate) async fn load(
    store: &Store,
    planned: &AnalysisPlanned,
) -> Result<Option<Vec<Picture>>, Error> {
    let note = Note::read(store, &key(planned)).await?;
    Ok(note
        .filter(|note| note.planned == *planned)
        .map(|note| note.pictures))
}

/// Notes what was seen.
pub(crate) async fn save(
    store: &Store,
    planned: &AnalysisPlanned,
    pictures: Vec<Picture>,
) -> Result<Vec<Picture>, Error> {
    let note = Note {
        planned: planned.clone(),
        pictures,
    };
    store
        .put(&key(planned), Bytes::from(serde_json::to_vec(&note)?))
        .await?;
    Ok(note.pictures)
}

fn key(planned: &AnalysisPlanned) -> Key<'static> {
    Key::AnalysisIndex {
        asset: planned.asset,
        part: planned.chunk.index,
    }
}
