//! Errors of Google's client.

use google_cloud_gax::error::{Error, rpc::Code};
use google_cloud_storage::error::SigningError;

use crate::{Location, StoreError};

/// What a service account needs to sign in its own name, of itself: `signs_urls` in Terraform's functions.tf.
const SIGNER: &str = "roles/iam.serviceAccountTokenCreator";

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
            Some(status) => Self::of_answer(at, status, &without_queries(&message)),
            None => Self::unavailable(at, without_queries(&with_causes(error))),
        }
    }

    /// Sorts an error of signing: IAM's answer is somewhere among its causes.
    pub(super) fn of_signing(at: &Location, error: &SigningError) -> Self {
        if error.is_invalid_parameter() {
            return Self::refused(at, error);
        }
        let iam = causes(error).find_map(|cause| cause.downcast_ref::<Error>());
        let reason = match iam.and_then(Error::http_payload) {
            Some(payload) => String::from_utf8_lossy(payload).trim().to_owned(),
            None => without_queries(&with_causes(error)),
        };
        match iam.and_then(Error::http_status_code) {
            Some(403) => Self::Unsigned {
                at: at.clone(),
                reason: format!(
                    "IAM lets this service account not sign; give it {SIGNER} of itself: {reason}"
                ),
            },
            // The account is not there, or its name is none: not the object.
            Some(status @ 400..=499) if ![408, 429].contains(&status) => Self::refused(at, reason),
            Some(_) | None => Self::unavailable(at, reason),
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

/// An error and what caused it, down to the first cause.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// An error's text and those of its causes, on one line.
pub(super) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let texts: Vec<_> = causes(error).map(ToString::to_string).collect();
    texts.join(": ")
}

/// A text whose addresses end before their queries. Whoever knows that of a resumable upload's session
/// can go on with the upload: errors name it, and logs must not.
fn without_queries(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, address) = rest.split_at(at);
        let end = address.find(|c: char| c.is_whitespace() || "()\"'<>`,".contains(c));
        let (address, after) = address.split_at(end.unwrap_or(address.len()));
        left.push_str(before);
        left.push_str(address.split('?').next().unwrap_or_default());
        rest = after;
    }
    left + rest
}

/// The HTTP status that a gRPC status stands for, as in google/rpc/code.proto.
fn of_code(code: Code) -> u16 {
    match code {
        // "Failed precondition" is the bucket's state here: calls of gRPC state none of their own, as reads and
        // writes of a version do, whose answers are HTTP's.
        Code::InvalidArgument | Code::OutOfRange | Code::FailedPrecondition => 400,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_of_an_upload_is_not_told() {
        let session = "https://storage.googleapis.com/upload/storage/v1/b/b/o?uploadType=resumable&upload_id=ABC";
        let told = without_queries(&format!(
            "error sending request for url ({session}): closed; \"{session}\" and {session}"
        ));
        assert!(!told.contains("ABC"), "{told}");
        let address = session.split('?').next().unwrap();
        let expected = format!(
            "error sending request for url ({address}): closed; \"{address}\" and {address}"
        );
        assert_eq!(told, expected);
        for plain in ["", "what? nothing", "the object b/what? is not there"] {
            assert_eq!(without_queries(plain), plain);
        }
    }

    #[test]
    fn a_failed_precondition_of_grpc_is_no_other_version() {
        assert_eq!(of_code(Code::FailedPrecondition), 400);
    }
}
