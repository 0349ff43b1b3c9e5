//! Contents in and out, in pieces of bounded size, with file access off the async threads.

use std::{
    fs::File,
    io::{self, SeekFrom},
    ops::Range,
    os::unix::fs::FileExt,
    sync::Arc,
};

use bytes::Bytes;
use futures::StreamExt;
use s3s::{Body, S3Error, S3Result, dto::StreamingBlob, s3_error};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::{
    buckets::{Buckets, Draft},
    parts::PartsError,
};

/// How much is collected before it goes to the disk, bytes.
const WRITE_BYTES: usize = 1 << 20;
/// Up to this a range is read at once, bytes.
const WHOLE_BYTES: u64 = 1 << 20;
/// How much of a longer one is read at a time, bytes.
const READ_BYTES: usize = 256 << 10;

/// What a file operation fails with, as an answer to the client.
pub(super) enum Failed {
    Io(io::Error),
    Parts(PartsError),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<PartsError> for Failed {
    fn from(error: PartsError) -> Self {
        match error {
            PartsError::Io(error) => Self::Io(error),
            PartsError::Unknown | PartsError::Part(_) | PartsError::Order => Self::Parts(error),
        }
    }
}

impl From<Failed> for S3Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Parts(error @ PartsError::Unknown) => s3_error!(NoSuchUpload, "{error}"),
            Failed::Parts(error @ PartsError::Order) => s3_error!(InvalidPartOrder, "{error}"),
            Failed::Parts(error) => s3_error!(InvalidPart, "{error}"),
            Failed::Io(error) if is_name(&error) => {
                s3_error!(
                    InvalidRequest,
                    "this object cannot lie in a folder: {error}"
                )
            }
            Failed::Io(error) => {
                tracing::error!(%error, "a bucket's folder cannot be used");
                s3_error!(InternalError, "{error}")
            }
        }
    }
}

/// Whether the object's name is what is wrong: too long, or a folder and a file at once.
fn is_name(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidFilename
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists
    )
}

/// Does file work on a thread that may block.
pub(super) async fn blocking<T, F>(work: F) -> S3Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Failed> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| s3_error!(InternalError, "{error}"))?
        .map_err(S3Error::from)
}

/// Writes a request's body to a draft.
pub(super) async fn receive(
    buckets: &Arc<Buckets>,
    body: Option<StreamingBlob>,
    length: Option<i64>,
) -> S3Result<Draft> {
    let buckets = buckets.clone();
    let mut draft = blocking(move || Ok(buckets.draft()?)).await?;
    let mut body = body.ok_or_else(|| s3_error!(IncompleteBody))?;
    let mut pending = Vec::new();
    let mut received = 0_u64;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| s3_error!(IncompleteBody, "{error}"))?;
        received += chunk.len() as u64;
        pending.extend_from_slice(&chunk);
        if pending.len() >= WRITE_BYTES {
            draft = write(draft, std::mem::take(&mut pending)).await?;
        }
    }
    if length.is_some_and(|length| u64::try_from(length) != Ok(received)) {
        return Err(s3_error!(IncompleteBody));
    }
    write(draft, pending).await
}

async fn write(mut draft: Draft, bytes: Vec<u8>) -> S3Result<Draft> {
    blocking(move || {
        draft.write(&bytes)?;
        Ok(draft)
    })
    .await
}

/// A range of a file as a response's body.
pub(super) async fn send(file: File, range: Range<u64>) -> S3Result<StreamingBlob> {
    let length = range.end - range.start;
    if length <= WHOLE_BYTES {
        let bytes = blocking(move || Ok(read(&file, &range)?)).await?;
        return Ok(StreamingBlob::from(Body::from(bytes)));
    }
    let failed = |error| S3Error::from(Failed::Io(error));
    let mut file = tokio::fs::File::from_std(file);
    file.seek(SeekFrom::Start(range.start))
        .await
        .map_err(failed)?;
    Ok(StreamingBlob::wrap(ReaderStream::with_capacity(
        file.take(length),
        READ_BYTES,
    )))
}

fn read(file: &File, range: &Range<u64>) -> io::Result<Bytes> {
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes.into())
}
