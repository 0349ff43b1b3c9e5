//! Requests that somebody else may send without the store's keys.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};

use crate::{Location, Store, StoreError};

/// What is stored where the uploader names no type: a signed request without one would be refused
/// as soon as a browser adds its own.
const DEFAULT_CONTENT_TYPE: &str = "application/octet-stream";

/// A request to be sent as it is, by anybody, until its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// HTTP method.
    pub method: String,
    /// Address with the signature in its query: as secret as a key.
    pub url: String,
    /// Headers that must be sent with it.
    pub headers: Vec<(String, String)>,
}

impl From<&PresignedRequest> for SignedRequest {
    fn from(request: &PresignedRequest) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            method: request.method().to_owned(),
            url: request.uri().to_owned(),
            headers: request.headers().map(owned).collect(),
        }
    }
}

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
        let metadata = metadata.clone().into_iter().collect();
        let request = self
            .signing
            .put_object()
            .bucket(&at.bucket)
            .key(&at.object)
            .content_type(content_type.unwrap_or(DEFAULT_CONTENT_TYPE))
            .set_metadata(Some(metadata))
            .presigned(config(at, ttl)?)
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        Ok(SignedRequest::from(&request))
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
        let request = self
            .signing
            .get_object()
            .bucket(&at.bucket)
            .key(&at.object)
            .presigned(config(at, ttl)?)
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        Ok(SignedRequest::from(&request))
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
        let request = self
            .signing
            .upload_part()
            .bucket(&at.bucket)
            .key(&at.object)
            .upload_id(upload_id)
            .part_number(number)
            .presigned(config(at, ttl)?)
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        Ok(SignedRequest::from(&request))
    }
}

fn config(at: &Location, ttl: Duration) -> Result<PresigningConfig, StoreError> {
    let refused = |reason: String| StoreError::Refused {
        at: at.clone(),
        reason,
    };
    PresigningConfig::expires_in(ttl).map_err(|error| refused(error.to_string()))
}
