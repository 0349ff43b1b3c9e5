//! Writing objects: in one request where they are small, in a resumable upload where they are not.

use bytes::Bytes;
use futures::StreamExt;
use google_cloud_storage::{builder::storage::WriteObject, streaming_source::StreamingSource};
use tokio::sync::mpsc;

use super::{Google, bucket, objects::info_of};
use crate::{
    Location, ObjectInfo, StoreError,
    backend::{Body, Description},
};

/// The generation that an object has where there is none.
pub(super) const NONE: i64 = 0;
/// What is kept in memory of an upload of unknown length, to be sent again where the line breaks.
const BUFFER_BYTES: usize = 8 << 20;

impl Google {
    /// Writes an object: whatever is there is replaced, or this generation of it must be.
    pub(super) async fn write(
        &self,
        at: &Location,
        body: Bytes,
        description: Description<'_>,
        generation: Option<i64>,
    ) -> Result<(), StoreError> {
        let request = self.storage.write_object(bucket(at), &at.object, body);
        let mut request = described(request, description)
            // The same bytes under the same name: a second time does no harm.
            .with_idempotency(true);
        if let Some(generation) = generation {
            request = request.set_if_generation_match(generation);
        }
        let sent = request.send_unbuffered().await;
        sent.map_err(|error| unwritten(at, StoreError::of_google(at, &error)))?;
        Ok(())
    }

    pub(super) async fn write_stream(
        &self,
        at: &Location,
        body: Body<'_>,
        description: Description<'_>,
    ) -> Result<ObjectInfo, StoreError> {
        // Google's client wants a source that it owns; `body` may borrow.
        let (sender, pieces) = mpsc::channel(1);
        let source = Source {
            pieces,
            broken_off: false,
        };
        let request = self
            .storage
            .write_object(bucket(at), &at.object, source)
            .with_resumable_upload_buffer_size(BUFFER_BYTES);
        let request = described(request, description);
        let (broken_off, written) = tokio::join!(feed(body, sender), request.send_buffered());
        if let Some(error) = broken_off {
            return Err(error);
        }
        let object = written.map_err(|error| unwritten(at, StoreError::of_google(at, &error)))?;
        Ok(info_of(object))
    }
}

/// What is written need not be there before: "not found" is most often an upload's session that is gone,
/// and goes well from the start.
fn unwritten(at: &Location, error: StoreError) -> StoreError {
    if !matches!(error, StoreError::NotFound(_)) {
        return error;
    }
    StoreError::unavailable(at, "the bucket or the upload's session is not there")
}

/// Hands on what comes, and returns why it broke off where it did.
async fn feed(
    mut body: Body<'_>,
    pieces: mpsc::Sender<Result<Bytes, BrokenOff>>,
) -> Option<StoreError> {
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => {
                // Nobody takes it any more: the upload has failed, and says why.
                if pieces.send(Ok(piece)).await.is_err() {
                    return None;
                }
            }
            Err(error) => {
                let _ = pieces.send(Err(BrokenOff)).await;
                return Some(error);
            }
        }
    }
    None
}

/// What is to be uploaded has no end: the object must not appear.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the bytes to be stored broke off")]
struct BrokenOff;

struct Source {
    pieces: mpsc::Receiver<Result<Bytes, BrokenOff>>,
    broken_off: bool,
}

impl StreamingSource for Source {
    type Error = BrokenOff;

    async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        // Asked again it must not say that this was the end: half an object would be stored.
        if self.broken_off {
            return Some(Err(BrokenOff));
        }
        let piece = self.pieces.recv().await;
        self.broken_off = matches!(piece, Some(Err(BrokenOff)));
        piece
    }
}

fn described<P>(request: WriteObject<P>, description: Description<'_>) -> WriteObject<P> {
    let mut request = request;
    if let Some(content_type) = description.content_type {
        request = request.set_content_type(content_type);
    }
    if let Some(cache_control) = description.cache_control {
        request = request.set_cache_control(cache_control);
    }
    if let Some(metadata) = description.metadata {
        request = request.set_metadata(metadata);
    }
    request
}
