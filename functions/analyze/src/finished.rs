//! What was seen in a part, in the work bucket: what is joined, and the note that it is looked at.

use bytes::Bytes;
use reeldrop_events::{AnalysisPlan, AnalysisPlanned, DetectionsPlanned};
use reeldrop_store::{Key, Store, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Error,
    seen::{Looked, Picture},
};

/// A picture's note is less than ten kilobytes, a still as much, and a part has a few hundred at most.
const NOTE_LIMIT_BYTES: u64 = 16 << 20;

/// The note.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    /// What was asked for: another plan makes another note.
    planned: AnalysisPlanned,
    pictures: Vec<Picture>,
    /// Whether that is all of the part; what took too long goes on after the last picture.
    whole: bool,
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
        name: &str,
        part: u32,
    ) -> Result<Vec<Picture>, Error> {
        let asset = planned.asset;
        let note = Self::read(store, &Key::AnalysisIndex { asset, name, part }).await?;
        let note = note.filter(|note| note.whole && note.planned.analysis == planned.analysis);
        Ok(note.ok_or(Error::Gone)?.pictures)
    }
}

/// A fingerprint of all that follows from: what a title publishes under a name never changes, and what is
/// noted under it was seen in the same way.
pub(crate) fn name(analysis: &AnalysisPlan) -> Result<String, Error> {
    let print = Sha256::digest(serde_json::to_vec(analysis)?);
    Ok(format!("seen-{}", hex::encode(&print[..4])))
}

/// What was seen in this part so far.
pub(crate) async fn load(store: &Store, planned: &AnalysisPlanned) -> Result<Looked, Error> {
    let name = name(&planned.analysis)?;
    let note = Note::read(store, &key(planned, &name)).await?;
    let note = note.filter(|note| note.planned == *planned);
    Ok(note.map_or_else(Looked::default, |note| Looked {
        pictures: note.pictures,
        whole: note.whole,
    }))
}

/// Notes what was seen so far.
pub(crate) async fn save(
    store: &Store,
    planned: &AnalysisPlanned,
    looked: Looked,
) -> Result<Looked, Error> {
    let note = Note {
        planned: planned.clone(),
        pictures: looked.pictures,
        whole: looked.whole,
    };
    let name = name(&planned.analysis)?;
    let body = Bytes::from(serde_json::to_vec(&note)?);
    store.put(&key(planned, &name), body).await?;
    Ok(Looked {
        pictures: note.pictures,
        whole: note.whole,
    })
}

fn key<'a>(planned: &AnalysisPlanned, name: &'a str) -> Key<'a> {
    Key::AnalysisIndex {
        asset: planned.asset,
        name,
        part: planned.chunk.index,
    }
}
