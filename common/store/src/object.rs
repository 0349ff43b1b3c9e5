//! Whole objects: look, read, write, delete.

use std::{ops::Range, sync::Arc, time::Duration};

use aws_sdk_s3::{
    Client,
    operation::get_object::{GetObjectOutput, builders::GetObjectFluentBuilder},
    primitives::ByteStream,
    types::{Delete, ObjectIdentifier},
};
use bytes::{Bytes, BytesMut};
use futures::Stream;
use tokio::runtime::Handle;

use crate::{Bucket, Key, Location, ObjectInfo, RangeReader, Settings, StoreError};

/// A body that breaks off is asked for again: the client itself only repeats up to the headers.
const BODY_ATTEMPTS: u32 = 3;
const BODY_RETRY_DELAY: Duration = Duration::from_millis(200);

/// The buckets. Clones share one client and its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) signing: Client,
    settings: Arc<Settings>,
    handle: Handle,
}

impl Store {
    /// Connects as the environment says; sends nothing yet.
    ///
    /// # Errors
    /// [`StoreError::Setting`] where a variable does not fit.
    pub async fn from_env() -> Result<Self, StoreError> {
        Ok(Self::connect(Settings::from_env()?).await)
    }

    /// Connects as the settings say; sends nothing yet. Must be called within the tokio runtime that
    /// [`RangeReader`]s of it are to use.
    pub async fn connect(settings: Settings) -> Self {
        let (client, signing) = settings.clients().await;
        Self {
            client,
            signing,
            settings: Arc::new(settings),
            handle: Handle::current(),
        }
    }

    /// The name that the settings give a bucket.
    #[must_use]
    pub fn bucket_name(&self, bucket: Bucket) -> &str {
        self.settings.bucket_name(bucket)
    }

    /// Where the object of `key` lies.
    #[must_use]
    pub fn at(&self, key: &Key<'_>) -> Location {
        Location {
            bucket: self.bucket_name(key.bucket()).to_owned(),
            object: key.path(),
        }
    }

    /// What the store knows about an object; none where it does not exist.
    ///
    /// # Errors
    /// Any [`StoreError`] but [`StoreError::NotFound`].
    pub async fn head(&self, at: &Location) -> Result<Option<ObjectInfo>, StoreError> {
        let sent = self
            .client
            .head_object()
            .bucket(&at.bucket)
            .key(&at.object)
            .send()
            .await;
        let output = match sent.map_err(|error| StoreError::of(at, &error)) {
            Ok(output) => output,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(ObjectInfo {
            size_bytes: bytes_of(output.content_length()),
            version: unquoted(output.e_tag()),
            content_type: output.content_type().map(str::to_owned),
            cache_control: output.cache_control().map(str::to_owned),
            metadata: output.metadata.unwrap_or_default().into_iter().collect(),
        }))
    }

    /// Reads a whole object of at most `limit_bytes`.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] over the limit, [`StoreError::NotFound`], or what befell the store.
    pub async fn get(&self, at: &Location, limit_bytes: u64) -> Result<Bytes, StoreError> {
        let (_, body) = self.read_all(at, None, None, limit_bytes).await?;
        Ok(body)
    }

    /// Reads `range`, in bytes; what comes back is shorter where the object ends before it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or what befell the store.
    pub async fn get_range(&self, at: &Location, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.get_range_of(at, range, None).await
    }

    /// Reads a range of the object's version `version`, or of whichever there is.
    pub(crate) async fn get_range_of(
        &self,
        at: &Location,
        range: Range<u64>,
        version: Option<&str>,
    ) -> Result<Bytes, StoreError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        match self.read_all(at, Some(range), version, u64::MAX).await {
            Ok((_, body)) => Ok(body),
            Err(StoreError::OutOfRange(_)) => Ok(Bytes::new()),
            Err(error) => Err(error),
        }
    }

    /// Reads an object, or `range` of it in bytes, piece by piece.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::OutOfRange`] where the range begins at or after the
    /// object's end, or what befell the store; the stream ends with one where it breaks off.
    pub async fn stream(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
    ) -> Result<
        (
            ObjectInfo,
            impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static,
        ),
        StoreError,
    > {
        let output = self.open(at, range.as_ref()).await?;
        let info = info_of(&output);
        let pieces =
            futures::stream::try_unfold((output.body, at.clone()), |(mut body, at)| async move {
                match body.next().await {
                    Some(Ok(piece)) => Ok(Some((piece, (body, at)))),
                    Some(Err(error)) => Err(StoreError::unavailable(&at, error)),
                    None => Ok(None),
                }
            });
        Ok((info, pieces))
    }

    /// Writes the object of `key`: whole, or not at all where it fails. Writing it again replaces it.
    ///
    /// # Errors
    /// What befell the store.
    pub async fn put(&self, key: &Key<'_>, body: Bytes) -> Result<(), StoreError> {
        let at = self.at(key);
        self.client
            .put_object()
            .bucket(&at.bucket)
            .key(&at.object)
            .content_type(key.content_type())
            .cache_control(key.cache_control())
            .body(ByteStream::from(body))
            .customize()
            // A signature over the body would hash it: see `config`.
            .disable_payload_signing()
            .send()
            .await
            .map_err(|error| StoreError::of(&at, &error))?;
        Ok(())
    }

    /// Deletes an object; one that does not exist is as good as deleted.
    ///
    /// # Errors
    /// What befell the store.
    pub async fn delete(&self, at: &Location) -> Result<(), StoreError> {
        let sent = self
            .client
            .delete_object()
            .bucket(&at.bucket)
            .key(&at.object)
            .send()
            .await;
        match sent.map_err(|error| StoreError::of(at, &error)) {
            Ok(_) | Err(StoreError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes every object whose name begins with `prefix`, and says how many.
    ///
    /// # Errors
    /// What befell the store; some objects may be deleted already.
    pub async fn delete_prefix(&self, bucket: Bucket, prefix: &str) -> Result<u64, StoreError> {
        let at = Location {
            bucket: self.bucket_name(bucket).to_owned(),
            object: prefix.to_owned(),
        };
        let mut deleted = 0;
        loop {
            // Always the first page: what it names is gone before the next is asked for.
            let request = self
                .client
                .list_objects_v2()
                .bucket(&at.bucket)
                .prefix(prefix);
            let page = request
                .send()
                .await
                .map_err(|error| StoreError::of(&at, &error))?;
            let names = page
                .contents()
                .iter()
                .filter_map(|object| object.key())
                .collect::<Vec<_>>();
            if names.is_empty() {
                return Ok(deleted);
            }
            self.delete_all(&at, &names).await?;
            deleted += names.len() as u64;
        }
    }

    async fn delete_all(&self, at: &Location, names: &[&str]) -> Result<(), StoreError> {
        let refused = |reason: String| StoreError::Refused {
            at: at.clone(),
            reason,
        };
        let objects = names
            .iter()
            .map(|name| ObjectIdentifier::builder().key(*name).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| refused(error.to_string()))?;
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build();
        let delete = delete.map_err(|error| refused(error.to_string()))?;
        let request = self
            .client
            .delete_objects()
            .bucket(&at.bucket)
            .delete(delete);
        let output = request
            .send()
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        match output.errors() {
            [] => Ok(()),
            [first, ..] => Err(refused(
                first
                    .message()
                    .or(first.code())
                    .unwrap_or("no reason")
                    .to_owned(),
            )),
        }
    }

    /// A reader for threads that block, such as a demuxer's, of an object of `size_bytes`.
    #[must_use]
    pub fn reader(&self, at: Location, size_bytes: u64) -> RangeReader {
        RangeReader::new(self.clone(), self.handle.clone(), at, size_bytes)
    }

    /// Opens an object's body at the range.
    async fn open(
        &self,
        at: &Location,
        range: Option<&Range<u64>>,
    ) -> Result<GetObjectOutput, StoreError> {
        let request = self.client.get_object().bucket(&at.bucket).key(&at.object);
        let request = match range {
            // RFC 9110, 14.1.2: the last byte is included.
            Some(range) => request.range(format!(
                "bytes={}-{}",
                range.start,
                range.end.saturating_sub(1)
            )),
            None => request,
        };
        let sent = GetObjectFluentBuilder::send(request).await;
        sent.map_err(|error| StoreError::of(at, &error))
    }

    async fn read_all(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
        version: Option<&str>,
        limit_bytes: u64,
    ) -> Result<(ObjectInfo, Bytes), StoreError> {
        let mut attempt = 1;
        loop {
            let output = self.open(at, range.as_ref()).await?;
            let info = info_of(&output);
            if version.is_some_and(|version| version != info.version) {
                return Err(StoreError::Changed(at.clone()));
            }
            let length = bytes_of(output.content_length());
            if length > limit_bytes {
                return Err(StoreError::TooLarge {
                    at: at.clone(),
                    limit_bytes,
                });
            }
            match collect(output.body, length).await {
                Ok(body) => return Ok((info, body)),
                Err(reason) if attempt == BODY_ATTEMPTS => {
                    return Err(StoreError::unavailable(at, reason));
                }
                Err(_) => tokio::time::sleep(BODY_RETRY_DELAY * attempt).await,
            }
            attempt += 1;
        }
    }
}

/// Reads a body of `length` bytes, or says why it is not that long.
async fn collect(mut body: ByteStream, length: u64) -> Result<Bytes, String> {
    let capacity = usize::try_from(length).map_err(|error| error.to_string())?;
    let mut all = BytesMut::with_capacity(capacity);
    while let Some(piece) = body.next().await {
        all.extend_from_slice(&piece.map_err(|error| error.to_string())?);
    }
    if all.len() != capacity {
        return Err(format!(
            "the body ended after {} of {capacity} bytes",
            all.len()
        ));
    }
    Ok(all.freeze())
}

fn info_of(output: &GetObjectOutput) -> ObjectInfo {
    let metadata = output.metadata.clone().unwrap_or_default();
    ObjectInfo {
        size_bytes: total_bytes(output),
        version: unquoted(output.e_tag()),
        content_type: output.content_type().map(str::to_owned),
        cache_control: output.cache_control().map(str::to_owned),
        metadata: metadata.into_iter().collect(),
    }
}

/// Size of the whole object: the number after the slash of `bytes 0-1/1234` (RFC 9110, 14.4).
fn total_bytes(output: &GetObjectOutput) -> u64 {
    let total = output
        .content_range()
        .and_then(|range| range.rsplit_once('/'));
    total
        .and_then(|(_, total)| total.parse().ok())
        .unwrap_or_else(|| bytes_of(output.content_length()))
}

fn bytes_of(length: Option<i64>) -> u64 {
    length
        .and_then(|length| u64::try_from(length).ok())
        .unwrap_or_default()
}

pub(crate) fn unquoted(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}
