//! Signed requests in Google's way (V4), signed by IAM: there is no key file.

use std::time::Duration;

use google_cloud_storage::{builder::storage::SignedUrlBuilder, http::Method};

use super::{Google, bucket};
use crate::{Location, SignedRequest, StoreError, backend::Presigned};

/// The longest that Google takes.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

impl Google {
    pub(super) async fn sign(
        &self,
        at: &Location,
        request: Presigned<'_>,
        ttl: Duration,
    ) -> Result<SignedRequest, StoreError> {
        if ttl > WEEK {
            return Err(StoreError::refused(at, "a signature lasts a week at most"));
        }
        let signer = self
            .signer
            .as_ref()
            .map_err(|reason| StoreError::Unsigned {
                at: at.clone(),
                reason: format!("these credentials cannot sign: {reason}"),
            })?;
        let headers = headers(request);
        for (name, value) in &headers {
            // Google would take what is not ASCII as something else than was signed.
            if !name.is_ascii() || !value.is_ascii() {
                return Err(StoreError::refused(at, format!("{name} is not ASCII")));
            }
        }
        let method = match request {
            Presigned::Get => Method::GET,
            Presigned::Put { .. } | Presigned::Part { .. } => Method::PUT,
        };
        let mut builder = SignedUrlBuilder::for_object(bucket(at), &at.object)
            .with_endpoint(&self.endpoint)
            .with_method(method.clone())
            .with_expiration(ttl);
        for (name, value) in &headers {
            builder = builder.with_header(name, value);
        }
        if let Presigned::Part { upload_id, number } = request {
            builder = builder
                .with_query_param("partNumber", number.to_string())
                .with_query_param("uploadId", upload_id);
        }
        let signed = builder.sign_with(signer).await;
        Ok(SignedRequest {
            method: method.to_string(),
            url: signed.map_err(|error| StoreError::of_signing(at, &error))?,
            headers,
        })
    }
}

/// What is signed with the address, and must be sent with it.
fn headers(request: Presigned<'_>) -> Vec<(String, String)> {
    let Presigned::Put {
        content_type,
        metadata,
    } = request
    else {
        return Vec::new();
    };
    let own = |(name, value): (&String, &String)| (format!("x-goog-meta-{name}"), value.clone());
    let mut headers: Vec<_> = metadata.iter().map(own).collect();
    headers.push(("content-type".to_owned(), content_type.to_owned()));
    headers
}
