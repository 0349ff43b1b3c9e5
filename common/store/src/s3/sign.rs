//! Signed requests, in AWS's way.

use std::time::Duration;

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};

use super::S3;
use crate::{Location, SignedRequest, StoreError, backend::Presigned};

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

impl S3 {
    pub(super) async fn sign(
        &self,
        at: &Location,
        request: Presigned<'_>,
        ttl: Duration,
    ) -> Result<SignedRequest, StoreError> {
        let (bucket, key) = (&at.bucket, &at.object);
        let config = config(at, ttl)?;
        let signed = match request {
            Presigned::Get => {
                let request = self.signing.get_object().bucket(bucket).key(key);
                request
                    .presigned(config)
                    .await
                    .map_err(|error| StoreError::of(at, &error))
            }
            Presigned::Put {
                content_type,
                metadata,
            } => {
                let request = self.signing.put_object().bucket(bucket).key(key);
                let request = request
                    .content_type(content_type)
                    .set_metadata(Some(metadata.clone().into_iter().collect()));
                request
                    .presigned(config)
                    .await
                    .map_err(|error| StoreError::of(at, &error))
            }
            Presigned::Part { upload_id, number } => {
                let request = self.signing.upload_part().bucket(bucket).key(key);
                let request = request.upload_id(upload_id).part_number(number);
                request
                    .presigned(config)
                    .await
                    .map_err(|error| StoreError::of(at, &error))
            }
        };
        signed.map(|request| SignedRequest::from(&request))
    }
}

fn config(at: &Location, ttl: Duration) -> Result<PresigningConfig, StoreError> {
    let refused = |reason: String| StoreError::Refused {
        at: at.clone(),
        reason,
    };
    PresigningConfig::expires_in(ttl).map_err(|error| refused(error.to_string()))
}
