//! Google Cloud Storage, by its own interfaces.
//!
//! Bytes are read and written through the JSON interface, objects are looked at, listed and deleted
//! through gRPC: Google's own crate does both. Uploads in parts, which it does not know, are the XML
//! interface's: requests of this module.

mod connect;
mod error;
mod multipart;
mod objects;
mod sign;
mod upload;
mod xml;

use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use google_cloud_auth::{credentials::Credentials, signer::Signer};
use google_cloud_storage::client::{Storage, StorageControl};

use crate::{
    Location, ObjectInfo, SignedRequest, StoreError,
    backend::{Backend, Body, Description, Opened, Presigned},
};

/// Buckets of Google Cloud Storage.
#[derive(Clone, Debug)]
pub(crate) struct Google {
    /// Reads and writes bytes.
    storage: Storage,
    /// Looks, lists, deletes.
    control: StorageControl,
    /// Sends what Google's crate does not know.
    http: reqwest::Client,
    credentials: Credentials,
    /// Signs for others, where these credentials can; or why they cannot.
    signer: Result<Signer, String>,
    endpoint: String,
}

/// How Google's interfaces name a bucket.
fn bucket(at: &Location) -> String {
    format!("projects/_/buckets/{}", at.bucket)
}

#[async_trait]
impl Backend for Google {
    async fn head(&self, at: &Location) -> Result<Option<ObjectInfo>, StoreError> {
        self.look(at).await
    }

    async fn open(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
        version: Option<&str>,
    ) -> Result<Opened, StoreError> {
        self.read(at, range, version).await
    }

    async fn open_described(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
    ) -> Result<Opened, StoreError> {
        let (opened, info) = tokio::try_join!(self.read(at, range, None), self.look(at))?;
        // A download does not say how long caches may keep it.
        let cache_control = info.and_then(|info| info.cache_control);
        Ok(Opened {
            info: ObjectInfo {
                cache_control,
                ..opened.info
            },
            ..opened
        })
    }

    async fn put(
        &self,
        at: &Location,
        body: Bytes,
        description: Description<'_>,
    ) -> Result<(), StoreError> {
        self.write(at, body, description, None).await
    }

    async fn put_new(
        &self,
        at: &Location,
        body: Bytes,
        description: Description<'_>,
    ) -> Result<(), StoreError> {
        self.write(at, body, description, Some(upload::NONE)).await
    }

    async fn put_stream(
        &self,
        at: &Location,
        body: Body<'_>,
        description: Description<'_>,
    ) -> Result<ObjectInfo, StoreError> {
        self.write_stream(at, body, description).await
    }

    async fn delete(&self, at: &Location) -> Result<(), StoreError> {
        self.remove(at).await
    }

    async fn delete_prefix(&self, at: &Location) -> Result<u64, StoreError> {
        self.remove_prefix(at).await
    }

    async fn presign(
        &self,
        at: &Location,
        request: Presigned<'_>,
        ttl: Duration,
    ) -> Result<SignedRequest, StoreError> {
        self.sign(at, request, ttl).await
    }

    async fn create_multipart(
        &self,
        at: &Location,
        description: Description<'_>,
    ) -> Result<String, StoreError> {
        self.create(at, description).await
    }

    async fn complete_multipart(
        &self,
        at: &Location,
        upload_id: &str,
        parts: Vec<(i32, String)>,
    ) -> Result<(), StoreError> {
        self.complete(at, upload_id, parts).await
    }

    async fn abort_multipart(&self, at: &Location, upload_id: &str) -> Result<(), StoreError> {
        self.abort(at, upload_id).await
    }
}
