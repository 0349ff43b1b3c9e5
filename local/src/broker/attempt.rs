//! One delivery: the request, and what its answer means.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::StatusCode;

use super::Event;

/// How much of a failure's body a dead letter carries, characters of base64.
const ERROR_DATA_LENGTH: usize = 1024;
/// The largest answer that is read, bytes.
const ANSWER_LIMIT: usize = 4 << 20;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Handled; the answer may be an event.
    Handled(Option<Box<Event>>),
    /// Not handled.
    Failed {
        /// Status, or what stands for no answer.
        code: u16,
        /// The answer's body, or what went wrong.
        body: Bytes,
    },
}

/// Posts the event and reads the answer.
pub(crate) async fn deliver(
    client: &reqwest::Client,
    url: &str,
    event: &Event,
    timeout: Duration,
) -> Outcome {
    let request = client
        .post(url)
        .headers(event.headers())
        // Knative announces so that it takes an event as the answer.
        .header("prefer", "reply")
        .body(event.data.clone())
        .timeout(timeout);
    match exchange(request).await {
        Ok((status, headers, body)) => judge(status, &headers, body),
        Err(error) if error.is_timeout() => failed(
            StatusCode::GATEWAY_TIMEOUT,
            format!("no answer within {} s", timeout.as_secs_f32()),
        ),
        Err(error) => failed(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("no answer: {error}"),
        ),
    }
}

async fn exchange(
    request: reqwest::RequestBuilder,
) -> Result<(StatusCode, http::HeaderMap, Bytes), reqwest::Error> {
    let mut answer = request.send().await?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok((answer.status(), answer.headers().clone(), body.into()))
}

/// Reads an answer as Knative does: an event, nothing, or something that is a failure.
pub(crate) fn judge(status: StatusCode, headers: &http::HeaderMap, body: Bytes) -> Outcome {
    if !status.is_success() {
        return Outcome::Failed {
            code: status.as_u16(),
            body,
        };
    }
    if status == StatusCode::ACCEPTED {
        return Outcome::Handled(None);
    }
    match Event::from_http(headers, &body) {
        Ok(Some(event)) => Outcome::Handled(Some(Box::new(event))),
        Ok(None) if body.is_empty() => Outcome::Handled(None),
        Ok(None) => failed(StatusCode::BAD_GATEWAY, "the answer is not an event"),
        Err(error) => failed(StatusCode::BAD_GATEWAY, error.to_string()),
    }
}

pub(crate) fn failed(code: StatusCode, body: impl Into<Bytes>) -> Outcome {
    Outcome::Failed {
        code: code.as_u16(),
        body: body.into(),
    }
}

/// Whether Knative tries again after this status (CloudEvents delivery in Knative's data plane).
pub(crate) fn is_retriable(code: u16) -> bool {
    code >= 500 || matches!(code, 404 | 408 | 409 | 429)
}

/// The event with what went wrong, for the dead-letter sink.
pub(crate) fn dead_letter(event: &Event, subscriber: &str, code: u16, body: &Bytes) -> Event {
    let mut data = BASE64_STANDARD.encode(body);
    data.truncate(ERROR_DATA_LENGTH);
    let letter = event
        .clone()
        .with(
            "knativeerrordest",
            &format!("http://{subscriber}.default.svc.cluster.local"),
        )
        .with("knativeerrorcode", &code.to_string());
    if data.is_empty() {
        letter
    } else {
        letter.with("knativeerrordata", &data)
    }
}
