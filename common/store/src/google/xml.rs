//! Requests of the XML interface, sent again where that may help: Google's own crate does so for its own.

use std::time::Duration;

use google_cloud_auth::credentials::CacheableResource;
use http::Extensions;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder};

use super::Google;
use crate::{Location, StoreError};

/// What RFC 3986 calls reserved, but for the slash.
pub(super) const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Before the second try and those after it: as many in all as `connect::ATTEMPTS`. Few processes send
/// such requests, one for each upload, so that they need not be kept from coming all at once.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_millis(600),
    Duration::from_millis(1_800),
];

/// What became of a request.
pub(super) struct Sent {
    /// Whether an earlier try of it may have been carried out, and only its answer got lost.
    pub(super) was_tried_before: bool,
    /// The answer's body.
    pub(super) answer: Result<String, StoreError>,
}

impl Google {
    pub(super) fn request(&self, method: Method, at: &Location, query: &str) -> RequestBuilder {
        let object = utf8_percent_encode(&at.object, PATH);
        let url = format!("{}/{}/{object}?{query}", self.endpoint, at.bucket);
        self.http.request(method, url)
    }

    /// Sends a request in the name of these credentials.
    pub(super) async fn send(&self, at: &Location, request: RequestBuilder) -> Sent {
        let mut pauses = PAUSES.into_iter();
        let mut was_tried_before = false;
        loop {
            // Bodies of this interface are text, which can be sent as often as needed.
            let again = request.try_clone();
            let pause = pauses.next();
            let (Some(now), Some(pause)) = (again, pause) else {
                let answer = self.send_once(at, request).await;
                return Sent {
                    was_tried_before,
                    answer,
                };
            };
            let answer = self.send_once(at, now).await;
            if !matches!(answer, Err(StoreError::Unavailable { .. })) {
                return Sent {
                    was_tried_before,
                    answer,
                };
            }
            was_tried_before = true;
            tokio::time::sleep(pause).await;
        }
    }

    async fn send_once(
        &self,
        at: &Location,
        request: RequestBuilder,
    ) -> Result<String, StoreError> {
        let headers = self.credentials.headers(Extensions::new()).await;
        let headers = headers.map_err(|error| StoreError::unavailable(at, error))?;
        let request = match headers {
            CacheableResource::New { data, .. } => request.headers(data),
            CacheableResource::NotModified => request,
        };
        // The address says which upload it is: not for logs.
        let unavailable = |error: reqwest::Error| StoreError::unavailable(at, error.without_url());
        let sent = request.send().await.map_err(unavailable)?;
        let status = sent.status();
        let body = sent.text().await.map_err(unavailable)?;
        if status.is_success() {
            return Ok(body);
        }
        Err(StoreError::of_answer(at, status.as_u16(), &body))
    }
}
