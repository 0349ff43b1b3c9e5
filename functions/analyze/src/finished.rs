//! What was seen in a part, in the work bucket: what is joined, and the note that it is looked at.

use bytes::Bytes;
use reeldrop_events::{AnalysisMode, AnalysisPlan, AnalysisPlanned, DetectionsPlanned};
use reeldrop_store::{Key, Store, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Error,
    seen::{Looked, Picture},
};

/// A picture's note is less than ten kilobytes, a still as much, and a part has a few hundred at most.
const NOTE_LIMIT_BYTES: u64 = 16 << 20;

/// The note. It is the same for all requests that look in the same way: what was seen stays seen.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    /// What was asked for: another plan makes another note.
    planned: AnalysisPlanned,
    pub(crate) pictures: Vec<Picture>,
    /// Whether that is all of the part; what took too long goes on after the last picture.
    whole: bool,
    /// Pictures that were left out, so as not to fall behind.
    #[serde(default)]
    pub(crate) dropped: u32,
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

    /// What was seen in a part as it was planned, for whichever request.
    async fn of(store: &Store, planned: &AnalysisPlanned) -> Result<Option<Looked>, Error> {
        let name = name(&planned.analysis)?;
        let note = Self::read(store, &key(planned, &name)).await?;
        let note = note.filter(|note| note.planned == *planned);
        Ok(note.map(|note| Looked {
            pictures: note.pictures,
            whole: note.whole,
            dropped: note.dropped,
        }))
    }

    /// What was seen in a part that is to be joined with the others.
    pub(crate) async fn of_part(
        store: &Store,
        planned: &DetectionsPlanned,
        name: &str,
        part: u32,
    ) -> Result<Self, Error> {
        let (asset, analysis) = (planned.asset, of_any_request(&planned.analysis));
        let note = Self::read(store, &Key::AnalysisIndex { asset, name, part }).await?;
        let note = note.filter(|note| note.whole && note.planned.analysis == analysis);
        note.ok_or(Error::Gone)
    }
}

/// A fingerprint of all that follows from: what a title publishes under a name never changes, and what is
/// noted under it was seen in the same way.
pub(crate) fn name(analysis: &AnalysisPlan) -> Result<String, Error> {
    let print = Sha256::digest(serde_json::to_vec(analysis)?);
    Ok(format!("seen-{}", hex::encode(&print[..4])))
}

/// The way of looking alone, whichever request it is for.
pub(crate) fn of_any_request(analysis: &AnalysisPlan) -> AnalysisPlan {
    AnalysisPlan {
        revision: 0,
        ..analysis.clone()
    }
}

fn part_of_any_request(planned: &AnalysisPlanned) -> AnalysisPlanned {
    AnalysisPlanned {
        analysis: of_any_request(&planned.analysis),
        ..planned.clone()
    }
}

/// What was seen in this part so far, also where it was looked at in the other mode: thoroughly is always
/// good enough, and what kept up with the clock is as thorough where nothing was left out.
pub(crate) async fn load(store: &Store, planned: &AnalysisPlanned) -> Result<Looked, Error> {
    let own = part_of_any_request(planned);
    if let Some(looked) = Note::of(store, &own).await? {
        return Ok(looked);
    }
    let mut other = own.clone();
    other.analysis.mode = match own.analysis.mode {
        AnalysisMode::Batch => AnalysisMode::Realtime,
        AnalysisMode::Realtime => AnalysisMode::Batch,
    };
    let before = Note::of(store, &other).await?;
    match before.filter(|looked| looked.dropped == 0) {
        Some(looked) if looked.whole => save(store, planned, looked).await,
        Some(looked) => Ok(looked),
        None => Ok(Looked::default()),
    }
}

/// Notes what was seen so far. Of two that have kept up with the clock the first one counts: they may have
/// left out different pictures, and one of them may be joined already.
pub(crate) async fn save(
    store: &Store,
    planned: &AnalysisPlanned,
    looked: Looked,
) -> Result<Looked, Error> {
    let note = Note {
        planned: part_of_any_request(planned),
        pictures: looked.pictures,
        whole: looked.whole,
        dropped: looked.dropped,
    };
    let name = name(&note.planned.analysis)?;
    let key = key(planned, &name);
    let body = Bytes::from(serde_json::to_vec(&note)?);
    if note.planned.analysis.mode == AnalysisMode::Batch {
        // Who was told to stop may come after somebody else has seen all of it.
        if !note.whole
            && let Some(whole) = Note::of(store, &note.planned).await?.filter(|of| of.whole)
        {
            return Ok(whole);
        }
        store.put(&key, body).await?;
    } else if !store.put_new(&key, body.clone()).await? {
        if let Some(first) = Note::of(store, &note.planned).await? {
            return Ok(first);
        }
        store.put(&key, body).await?;
    }
    Ok(Looked {
        pictures: note.pictures,
        whole: note.whole,
        dropped: note.dropped,
    })
}

fn key<'a>(planned: &AnalysisPlanned, name: &'a str) -> Key<'a> {
    Key::AnalysisIndex {
        asset: planned.asset,
        name,
        part: planned.chunk.index,
    }
}
