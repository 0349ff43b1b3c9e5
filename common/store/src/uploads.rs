//! Uploads by others: signed, whole or in parts.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    Location, SignedRequest, Store, StoreError,
    backend::{Description, Presigned},
};

/// What is stored where the uploader names no type: a signed request without one would be refused
/// as soon as a browser adds its own.
const DEFAULT_CONTENT_TYPE: &str = "application/octet-stream";

impl Store {
    /// Signs the upload of one whole object within `ttl`.
    ///
    /// Metadata names are lower case, values ASCII: what is not is percent-encoded by the caller.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where metadata is not ASCII or `ttl` is over a week.
    pub async fn presign_put(
        &self,
        at: &Location,
        content_type: Option<&str>,
        metadata: &BTreeMap<String, String>,
        ttl: Duration,
    ) -> Result<SignedRequest, StoreError> {
        let put = Presigned::Put {
            content_type: content_type.unwrap_or(DEFAULT_CONTENT_TYPE),
            metadata,
        };
        self.backend.presign(at, put, ttl).await
    }

    /// Signs the download of an object within `ttl`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where `ttl` is over a week.
    pub async fn presign_get(
        &self,
        at: &Location,
        ttl: Duration,
    ) -> Result<SignedRequest, StoreError> {
        self.backend.presign(at, Presigned::Get, ttl).await
    }

    /// Signs the upload of part `number` (1 to 10,000) of a multipart upload within `ttl`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where `ttl` is over a week.
    pub async fn presign_part(
        &self,
        at: &Location,
        upload_id: &str,
        number: i32,
        ttl: Duration,
    ) -> Result<SignedRequest, StoreError> {
        let part = Presigned::Part { upload_id, number };
        self.backend.presign(at, part, ttl).await
    }

    /// Begins a multipart upload and returns its id. Metadata as in [`Store::presign_put`].
    ///
    /// # Errors
    /// What befell the store.
    pub async fn create_multipart(
        &self,
        at: &Location,
        content_type: Option<&str>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<String, StoreError> {
        let description = Description {
            content_type,
            metadata: Some(metadata),
            ..Description::default()
        };
        self.backend.create_multipart(at, description).await
    }

    /// Joins the parts (number from 1, ETag) into the object.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the upload is unknown, or complete already.
    pub async fn complete_multipart(
        &self,
        at: &Location,
        upload_id: &str,
        parts: Vec<(i32, String)>,
    ) -> Result<(), StoreError> {
        self.backend.complete_multipart(at, upload_id, parts).await
    }

    /// Drops a multipart upload; one that is unknown is as good as dropped.
    ///
    /// # Errors
    /// What befell the store.
    pub async fn abort_multipart(&self, at: &Location, upload_id: &str) -> Result<(), StoreError> {
        match self.backend.abort_multipart(at, upload_id).await {
            Ok(()) | Err(StoreError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
