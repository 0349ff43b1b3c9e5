//! What the store needs of a provider of buckets.

use std::{collections::BTreeMap, fmt::Debug, ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::{Location, ObjectInfo, SignedRequest, StoreError};

/// The bytes of an object, piece by piece; ends with an error where it breaks off.
pub(crate) type Body<'a> = BoxStream<'a, Result<Bytes, StoreError>>;

/// An object whose bytes are about to come.
pub(crate) struct Opened {
    /// What the provider says of it.
    pub(crate) info: ObjectInfo,
    /// How many bytes of it come.
    pub(crate) length_bytes: u64,
    /// The bytes.
    pub(crate) body: Body<'static>,
}

/// What is said of an object that is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Description<'a> {
    pub(crate) content_type: Option<&'a str>,
    pub(crate) cache_control: Option<&'a str>,
    pub(crate) metadata: Option<&'a BTreeMap<String, String>>,
}

/// A request that is signed for somebody else.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Presigned<'a> {
    /// Download.
    Get,
    /// Upload of a whole object.
    Put {
        content_type: &'a str,
        metadata: &'a BTreeMap<String, String>,
    },
    /// Upload of a part, from 1.
    Part { upload_id: &'a str, number: i32 },
}

/// A provider of buckets. What each method promises stands at the [`Store`](crate::Store)'s of the
/// same name.
#[async_trait]
pub(crate) trait Backend: Debug + Send + Sync {
    async fn head(&self, at: &Location) -> Result<Option<ObjectInfo>, StoreError>;

    /// Opens an object's bytes, or a range of them, of this version or whichever there is. What is
    /// costly to know may be missing in its description.
    async fn open(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
        version: Option<&str>,
    ) -> Result<Opened, StoreError>;

    /// [`open`](Self::open) with all that is known about the object.
    async fn open_described(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
    ) -> Result<Opened, StoreError> {
        self.open(at, range, None).await
    }

    async fn put(
        &self,
        at: &Location,
        body: Bytes,
        description: Description<'_>,
    ) -> Result<(), StoreError>;

    /// Writes an object where there is none: [`StoreError::Changed`] where there is one.
    async fn put_new(
        &self,
        at: &Location,
        body: Bytes,
        description: Description<'_>,
    ) -> Result<(), StoreError>;

    async fn put_stream(
        &self,
        at: &Location,
        body: Body<'_>,
        description: Description<'_>,
    ) -> Result<ObjectInfo, StoreError>;

    async fn delete(&self, at: &Location) -> Result<(), StoreError>;

    /// Deletes what begins with the location's name, and says how many objects that were.
    async fn delete_prefix(&self, at: &Location) -> Result<u64, StoreError>;

    async fn presign(
        &self,
        at: &Location,
        request: Presigned<'_>,
        ttl: Duration,
    ) -> Result<SignedRequest, StoreError>;

    async fn create_multipart(
        &self,
        at: &Location,
        description: Description<'_>,
    ) -> Result<String, StoreError>;

    async fn complete_multipart(
        &self,
        at: &Location,
        upload_id: &str,
        parts: Vec<(i32, String)>,
    ) -> Result<(), StoreError>;

    async fn abort_multipart(&self, at: &Location, upload_id: &str) -> Result<(), StoreError>;
}
