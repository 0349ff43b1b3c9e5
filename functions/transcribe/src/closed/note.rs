//! What the pictures of a part carry, in the work bucket: what captions are made of, and the note that it is read.

use bytes::Bytes;
use reeldrop_events::ClosedCaptionsPlanned;
use reeldrop_store::{Key, Store, StoreError};
use serde::{Deserialize, Serialize};

use super::pictures::{LIMIT_BYTES, Picture};
use crate::Error;

/// A note has two digits for a byte, and says when each picture is shown.
const NOTE_LIMIT_BYTES: u64 = 16 * LIMIT_BYTES as u64;

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// What was asked for: another plan makes another note.
    planned: ClosedCaptionsPlanned,
    /// Time in milliseconds of the title, and triplets in hexadecimal digits, of each picture that carries some.
    pictures: Vec<(u64, String)>,
}

fn key(planned: &ClosedCaptionsPlanned, part: u32) -> Key<'static> {
    Key::ClosedCaptionsIndex {
        asset: planned.asset,
        part,
    }
}

/// What a part's pictures carry, where it is read already.
async fn load(
    store: &Store,
    planned: &ClosedCaptionsPlanned,
    part: u32,
) -> Result<Option<Note>, Error> {
    let body = match store
        .get(&store.at(&key(planned, part)), NOTE_LIMIT_BYTES)
        .await
    {
        Ok(body) => body,
        Err(StoreError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let wanted = ClosedCaptionsPlanned {
        part,
        ..planned.clone()
    };
    // A note that an older version wrote differently counts as none.
    let note = serde_json::from_slice::<Note>(&body).ok();
    Ok(note.filter(|note| note.planned == wanted))
}

/// Whether this part is read already.
pub(super) async fn is_there(
    store: &Store,
    planned: &ClosedCaptionsPlanned,
) -> Result<bool, Error> {
    Ok(load(store, planned, planned.part).await?.is_some())
}

/// What the pictures of a part carry.
pub(super) async fn of_part(
    store: &Store,
    planned: &ClosedCaptionsPlanned,
    part: u32,
) -> Result<Vec<Picture>, Error> {
    let note = load(store, planned, part).await?.ok_or(Error::Gone)?;
    let pictures = note.pictures.into_iter().map(|(at_ms, digits)| Picture {
        at_ms,
        triplets: hex::decode(digits).unwrap_or_default(),
    });
    Ok(pictures.collect())
}

/// Notes what was read.
pub(super) async fn save(
    store: &Store,
    planned: &ClosedCaptionsPlanned,
    pictures: Vec<Picture>,
) -> Result<(), Error> {
    let pictures = pictures.into_iter();
    let note = Note {
        planned: planned.clone(),
        pictures: pictures
            .map(|picture| (picture.at_ms, hex::encode(picture.triplets)))
            .collect(),
    };
    let body = Bytes::from(serde_json::to_vec(&note)?);
    Ok(store.put(&key(planned, planned.part), body).await?)
}
