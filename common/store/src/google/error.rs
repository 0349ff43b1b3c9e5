//! Errors of Google's client.

use google_cloud_gax::error::{Error, rpc::Code};

use crate::{Location, StoreError};

impl StoreError {
    /// Sorts an error of Google's client by what can be done about it.
    pub(super) fn of_google(at: &Location, error: &Error) -> Self {
        let status = error
            .http_status_code()
            .or_else(|| error.status().map(|status| of_code(status.code)));
        let message = match error.http_payload() {
            Some(payload) => String::from_utf8_lossy(payload).into_owned(),
            None => error.to_string(),
        };
        match status {
            Some(status) => Self::of_answer(at, status, &message),
            None => Self::unavailable(at, with_causes(error)),
        }
    }

    /// Sorts an answer that is no success, by its status and its words.
    pub(super) fn of_answer(at: &Location, status: u16, message: &str) -> Self {
        let reason = format!("status {status} {}", message.trim());
        // The only sign of it: an object that is not there has the same status.
        if status == 404 && message.contains("bucket does not exist") {
            return Self::refused(at, reason);
        }
        Self::of_status(at, status, reason)
    }
}

fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The HTTP status that a gRPC status stands for, as in google/rpc/code.proto.
fn of_code(code: Code) -> u16 {
    match code {
        Code::InvalidArgument | Code::OutOfRange => 400,
        Code::FailedPrecondition => 412,
        Code::Unauthenticated => 401,
        Code::PermissionDenied => 403,
        Code::NotFound => 404,
        Code::Aborted | Code::AlreadyExists => 409,
        Code::ResourceExhausted => 429,
        Code::Cancelled => 499,
        Code::Unimplemented => 501,
        Code::DeadlineExceeded => 504,
        Code::Ok | Code::Unknown | Code::Internal | Code::Unavailable | Code::DataLoss => 503,
        // Google may say more one day.
        _ => 503,
    }
}
