//! Errors of the S3 client.

use aws_sdk_s3::{
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::RequestId,
};

use crate::{Location, StoreError};

impl StoreError {
    /// Sorts an error of the S3 client by what can be done about it.
    pub(super) fn of<E>(at: &Location, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let Some(service) = error.as_service_error() else {
            return Self::unavailable(at, DisplayErrorContext(error));
        };
        let status = error
            .raw_response()
            .map_or(0, |response| response.status().as_u16());
        let code = service.code().unwrap_or_default();
        let message = service.message().unwrap_or_default();
        let request = error
            .raw_response()
            .and_then(RequestId::request_id)
            .unwrap_or("-");
        let reason = format!("status {status} {code} {message} (request {request})");
        if code == "NoSuchBucket" {
            return Self::refused(at, reason);
        }
        Self::of_status(at, status, reason)
    }
}
