//! The words of a part in the work bucket: what captions are made of, and the note that it is heard.

use bytes::Bytes;
use reeldrop_captions::Word;
use reeldrop_events::{CaptionsPlanned, SpeechPlanned};
use reeldrop_store::{Key, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Three minutes of the fastest speech are a hundred kilobytes.
const NOTE_LIMIT_BYTES: u64 = 16 << 20;

/// What was heard in a part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Heard {
    /// BCP 47 language of the words.
    pub(crate) language: String,
    /// The words, in the title's time.
    pub(crate) words: Vec<Word>,
}

/// The note.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Note {
    /// What was asked for: another plan makes another note.
    planned: SpeechPlanned,
    heard: Heard,
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

    /// The words of a part that captions are to be made of.
    pub(crate) async fn of_part(
        store: &Store,
        planned: &CaptionsPlanned,
        part: u32,
    ) -> Result<Vec<Word>, Error> {
        let key = Key::SpeechIndex {
            asset: planned.asset,
            part,
        };
        let note = Self::read(store, &key).await?;
        let note = note.filter(|note| note.planned.speech == planned.speech);
        Ok(note.ok_or(Error::Gone)?.heard.words)
    }
}

/// What was heard in this part, where it is finished already.
pub(crate) async fn load(store: &Store, planned: &SpeechPlanned) -> Result<Option<Heard>, Error> {
    let note = Note::read(store, &key(planned)).await?;
    Ok(note
        .filter(|note| note.planned == *planned)
        .map(|note| note.heard))
}

/// Notes what was heard.
pub(crate) async fn save(
    store: &Store,
    planned: &SpeechPlanned,
    heard: Heard,
) -> Result<Heard, Error> {
    let note = Note {
        planned: planned.clone(),
        heard,
    };
    store
        .put(&key(planned), Bytes::from(serde_json::to_vec(&note)?))
        .await?;
    Ok(note.heard)
}

fn key(planned: &SpeechPlanned) -> Key<'static> {
    Key::SpeechIndex {
        asset: planned.asset,
        part: planned.part,
    }
}
