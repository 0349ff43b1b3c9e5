//! S3 and whatever speaks its interface.

mod client;
mod error;
mod multipart;
mod objects;
mod parts;
mod sign;

use std::{ops::Range, time::Duration};

use async_trait::async_trait;
use aws_sdk_s3::Client;
use bytes::Bytes;

use crate::{
    Location, ObjectInfo, Settings, SignedRequest, StoreError,
    backend::{Backend, Body, Description, Opened, Presigned},
};

/// Buckets behind an S3 endpoint.
#[derive(Clone, Debug)]
pub(crate) struct S3 {
    client: Client,
    /// Signs URLs for others, who may reach the endpoint under another name.
    signing: Client,
}

impl S3 {
    /// Connects as the settings say; sends nothing yet.
    pub(crate) async fn connect(settings: &Settings) -> Self {
        let (client, signing) = client::clients(settings).await;
        Self { client, signing }
    }
}

#[async_trait]
impl Backend for S3 {
    async fn head(&self, at: &Location) -> Result<Option<ObjectInfo>, StoreError> {
        self.look(at).await
    }

    async fn open(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
        _version: Option<&str>,
    ) -> Result<Opened, StoreError> {
        // What comes says which version it is; that is enough.
        self.read(at, range).await
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
        self.write(at, body, description, Some("*")).await
    }

    async fn put_stream(
        &self,
        at: &Location,
        body: Body<'_>,
        description: Description<'_>,
    ) -> Result<ObjectInfo, StoreError> {
        self.write_stream(at, body, description).await?;
        let info = self.look(at).await?;
        info.ok_or_else(|| StoreError::NotFound(at.clone()))
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
