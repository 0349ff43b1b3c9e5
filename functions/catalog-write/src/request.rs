//! A title is to be forgotten.

use deadpool_postgres::Transaction;
use reeldrop_events::{AssetDeleted, Events};

use crate::Error;

/// Only the id stays, so that what is still under way for the title is dropped: not even the name.
const TOMBSTONE: &str = "
    update assets
    set deleted_at = now(), bucket = null, object = null, version = null, name = '',
        size_bytes = null, state = 'received', failed_step = null, reason = null, rejection = null,
        media = null, plan = null, current_package = null, troubled = false,
        playable_at = null, ready_at = null
    where id = $1";

/// What belongs to a title, what refers to others before these.
const TABLES: [&str; 20] = [
    "scene_embeddings",
    "detections",
    "analyzed_parts",
    "analyses",
    "cues",
    "captions",
    "speech_parts",
    "transcripts",
    "segments",
    "key_frames",
    "renditions",
    "parts",
    "packages",
    "tracks",
    "thumbnails",
    "failures",
    "content_keys",
    "outbox",
    "dead_letters",
    "seen_events",
];

const UPLOAD: &str = "
    delete from upload_documents where object = (select object from assets where id = $1)";

/// `asset.deleted`.
pub(crate) async fn delete(
    transaction: &Transaction<'_>,
    said: &AssetDeleted,
) -> Result<Events, Error> {
    for table in TABLES {
        transaction
            .execute(
                &format!("delete from {table} where asset = $1"),
                &[&said.asset.0],
            )
            .await?;
    }
    transaction.execute(UPLOAD, &[&said.asset.0]).await?;
    transaction.execute(TOMBSTONE, &[&said.asset.0]).await?;
    Ok(Events::none())
}
