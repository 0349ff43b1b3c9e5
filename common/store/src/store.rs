//! The buckets, whoever provides them.

use std::{collections::BTreeMap, fmt::Display, ops::Range, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, TryStreamExt};
use tokio::runtime::Handle;

use crate::{
    Bucket, Key, Location, ObjectInfo, Provider, RangeReader, Settings, StoreError,
    backend::{Backend, Body, Description},
    s3::S3,
};

/// A body that breaks off is asked for again: the clients themselves only repeat up to the headers.
const BODY_ATTEMPTS: u32 = 3;
const BODY_RETRY_DELAY: Duration = Duration::from_millis(200);

/// The buckets. Clones share one client and its connections.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) backend: Arc<dyn Backend>,
    settings: Arc<Settings>,
    handle: Handle,
}

impl Store {
    /// Connects as the environment says; sends nothing yet.
    ///
    /// # Errors
    /// [`StoreError::Setting`] where a variable does not fit.
    pub async fn from_env() -> Result<Self, StoreError> {
        Self::connect(Settings::from_env()?).await
    }

    /// Connects as the settings say; sends nothing yet. Must be called within the tokio runtime that
    /// [`RangeReader`]s of it are to use.
    ///
    /// # Errors
    /// [`StoreError::Setting`] where Google Cloud Storage is meant and cannot be reached from here.
    pub async fn connect(settings: Settings) -> Result<Self, StoreError> {
        let backend: Arc<dyn Backend> = match settings.provider {
            Provider::S3 => Arc::new(S3::connect(&settings).await),
            Provider::Google => google().await?,
        };
        Ok(Self::of(backend, settings))
    }

    pub(crate) fn of(backend: Arc<dyn Backend>, settings: Settings) -> Self {
        Self {
            backend,
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
        self.backend.head(at).await
    }

    /// Reads a whole object of at most `limit_bytes`.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] over the limit, [`StoreError::NotFound`], or what befell the store.
    pub async fn get(&self, at: &Location, limit_bytes: u64) -> Result<Bytes, StoreError> {
        self.read_all(at, None, None, limit_bytes).await
    }

    /// Reads `range`, in bytes; what comes back is shorter where the object ends before it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or what befell the store.
    pub async fn get_range(&self, at: &Location, range: Range<u64>) -> Result<Bytes, StoreError> {
        self.get_range_of(at, range, None).await
    }

    /// As [`get_range`](Self::get_range), of the object's version `version`, or of whichever there is.
    ///
    /// # Errors
    /// [`StoreError::Changed`] where it is another version, [`StoreError::NotFound`], or what befell the
    /// store.
    pub async fn get_range_of(
        &self,
        at: &Location,
        range: Range<u64>,
        version: Option<&str>,
    ) -> Result<Bytes, StoreError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        match self.read_all(at, Some(range), version, u64::MAX).await {
            Ok(body) => Ok(body),
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
        let opened = self.backend.open_described(at, range).await?;
        Ok((opened.info, opened.body))
    }

    /// Writes the object of `key`: whole, or not at all where it fails. Writing it again replaces it.
    ///
    /// # Errors
    /// What befell the store.
    pub async fn put(&self, key: &Key<'_>, body: Bytes) -> Result<(), StoreError> {
        let at = self.at(key);
        self.backend.put(&at, body, description(key)).await
    }

    /// Writes the object of `key` where there is none, and says whether it did: what is published and
    /// kept by caches stays what it was, whichever of two writers comes first.
    ///
    /// # Errors
    /// What befell the store.
    pub async fn put_new(&self, key: &Key<'_>, body: Bytes) -> Result<bool, StoreError> {
        let at = self.at(key);
        match self.backend.put_new(&at, body, description(key)).await {
            Ok(()) => Ok(true),
            Err(StoreError::Changed(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Stores what comes from `body` as one object, however long, with one part of it in memory.
    ///
    /// # Errors
    /// [`StoreError::Body`] where `body` breaks off, or what befell the store; there is no object then.
    pub async fn put_stream<E: Display>(
        &self,
        at: &Location,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
        content_type: Option<&str>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<ObjectInfo, StoreError> {
        let body = body.map_err(|error| StoreError::Body {
            at: at.clone(),
            reason: error.to_string(),
        });
        let description = Description {
            content_type,
            metadata: Some(metadata),
            ..Description::default()
        };
        self.backend.put_stream(at, body.boxed(), description).await
    }

    /// Deletes an object; one that does not exist is as good as deleted.
    ///
    /// # Errors
    /// What befell the store.
    pub async fn delete(&self, at: &Location) -> Result<(), StoreError> {
        match self.backend.delete(at).await {
            Ok(()) | Err(StoreError::NotFound(_)) => Ok(()),
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
        self.backend.delete_prefix(&at).await
    }

    /// A reader for threads that block, such as a demuxer's, of an object of `size_bytes`.
    #[must_use]
    pub fn reader(&self, at: Location, size_bytes: u64) -> RangeReader {
        RangeReader::new(self.clone(), self.handle.clone(), at, size_bytes)
    }

    async fn read_all(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
        version: Option<&str>,
        limit_bytes: u64,
    ) -> Result<Bytes, StoreError> {
        let mut attempt = 1;
        loop {
            let opened = self.backend.open(at, range.clone(), version).await?;
            if version.is_some_and(|version| version != opened.info.version) {
                return Err(StoreError::Changed(at.clone()));
            }
            if opened.length_bytes > limit_bytes {
                return Err(StoreError::TooLarge {
                    at: at.clone(),
                    limit_bytes,
                });
            }
            match collect(opened.body, opened.length_bytes).await {
                Ok(body) => return Ok(body),
                Err(reason) if attempt == BODY_ATTEMPTS => {
                    return Err(StoreError::unavailable(at, reason));
                }
                Err(_) => tokio::time::sleep(BODY_RETRY_DELAY * attempt).await,
            }
            attempt += 1;
        }
    }
}

#[cfg(feature = "google")]
async fn google() -> Result<Arc<dyn Backend>, StoreError> {
    Ok(Arc::new(crate::google::Google::connect().await?))
}

#[cfg(not(feature = "google"))]
async fn google() -> Result<Arc<dyn Backend>, StoreError> {
    Err(StoreError::Setting {
        name: "REELDROP_UPLOADS_BUCKET",
        reason: "this program was built without Google Cloud Storage: build it with \
                 `--features reeldrop-store/google`"
            .to_owned(),
    })
}

fn description(key: &Key<'_>) -> Description<'static> {
    Description {
        content_type: Some(key.content_type()),
        cache_control: Some(key.cache_control()),
        metadata: None,
    }
}

/// Reads a body of `length` bytes, or says why it is not that long.
async fn collect(mut body: Body<'static>, length: u64) -> Result<Bytes, String> {
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
