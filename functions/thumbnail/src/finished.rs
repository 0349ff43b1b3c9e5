//! The note in the work bucket that the pictures of a title are made, so that nobody makes them again.

use bytes::Bytes;
use reeldrop_events::{PicturesPlanned, ThumbnailsCompleted};
use reeldrop_store::{Key, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A note is a plan and a few names; a plan lists every chunk of the title.
const NOTE_LIMIT_BYTES: u64 = 16 << 20;

/// The note, written after all pictures.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// What they were made of: another plan for the same title makes another note.
    planned: PicturesPlanned,
    completed: ThumbnailsCompleted,
}

/// What was made of `planned`, where all of it is still there.
///
/// # Errors
/// What befell the store.
pub(crate) async fn load(
    store: &Store,
    planned: &PicturesPlanned,
) -> Result<Option<ThumbnailsCompleted>, Error> {
    let key = Key::PicturesIndex {
        asset: planned.asset,
    };
    let body = match store.get(&store.at(&key), NOTE_LIMIT_BYTES).await {
        Ok(body) => body,
        Err(StoreError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // A note that an older version wrote differently counts as none.
    let note = serde_json::from_slice::<Note>(&body).ok();
    // One that does not say how the storyboard is laid out, too: manifests could not name it.
    let is_same = |note: &Note| note.planned == *planned && note.completed.tiles.is_some();
    let Some(note) = note.filter(is_same) else {
        return Ok(None);
    };
    for key in objects(&note.completed) {
        if store.head(&store.at(&key)).await?.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(note.completed))
}

/// Notes what was made of `planned`.
///
/// # Errors
/// What befell the store.
pub(crate) async fn save(
    store: &Store,
    planned: PicturesPlanned,
    completed: ThumbnailsCompleted,
) -> Result<ThumbnailsCompleted, Error> {
    let key = Key::PicturesIndex {
        asset: planned.asset,
    };
    let note = Note { planned, completed };
    store
        .put(&key, Bytes::from(serde_json::to_vec(&note)?))
        .await?;
    Ok(note.completed)
}

fn objects(completed: &ThumbnailsCompleted) -> Vec<Key<'static>> {
    let asset = completed.asset;
    let sheets = (0..completed.sheets).map(|sheet| Key::StoryboardSheet { asset, sheet });
    let mut objects: Vec<_> = sheets.collect();
    objects.push(Key::Storyboard { asset });
    objects.push(Key::Preview { asset });
    objects.push(Key::Poster { asset });
    objects
}
