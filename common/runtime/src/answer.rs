//! From a handler's result to an HTTP response that a Knative broker understands.

use axum::response::{IntoResponse, Response};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use reeldrop_events::{Events, Outgoing};

use crate::{Failure, Publisher, metrics, trace::Trace};

/// Knative copies the body into the dead letter's `knativeerrordata`, which must stay under 1024 bytes encoded.
const FAILURE_BODY_BYTES: usize = 767;

/// What becomes of one request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// 200 with one event, or 202 or 204 where all events were delivered or there are none.
    Done(Response),
    /// The step of a known asset failed for good, and its report is delivered: 200.
    Failed(Response, String),
    /// 422: a dead letter at once.
    Permanent(String),
    /// 503: delivered again later.
    Transient(String),
    /// 503: a bug; the event is kept for the version that mends it.
    Panicked(String),
}

impl Answer {
    pub(crate) async fn to(
        result: Result<Events, Failure>,
        takes_reply: bool,
        trace: &Trace,
        publisher: &Publisher,
    ) -> Self {
        match result {
            Ok(events) => match deliver(events, takes_reply, trace, publisher).await {
                Ok(response) => Self::Done(response),
                Err(failure) => Self::of_failure(failure),
            },
            Err(Failure::Permanent {
                reason,
                report: Some(report),
            }) => match deliver(Events::from(vec![*report]), takes_reply, trace, publisher).await {
                Ok(response) => Self::Failed(response, reason),
                Err(failure) => Self::of_failure(failure),
            },
            Err(failure) => Self::of_failure(failure),
        }
    }

    fn of_failure(failure: Failure) -> Self {
        match failure {
            Failure::Permanent { reason, report: _ } => Self::Permanent(reason),
            Failure::Transient { reason } => Self::Transient(reason),
        }
    }

    /// The label in logs and metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Failed(..) => "failed",
            Self::Permanent(_) => "permanent",
            Self::Transient(_) => "transient",
            Self::Panicked(_) => "panicked",
        }
    }

    /// Why it did not succeed.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Self::Done(_) => None,
            Self::Failed(_, reason)
            | Self::Permanent(reason)
            | Self::Transient(reason)
            | Self::Panicked(reason) => Some(reason),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Done(response) | Self::Failed(response, _) => response,
            Self::Permanent(reason) => failure_response(StatusCode::UNPROCESSABLE_ENTITY, &reason),
            Self::Transient(reason) | Self::Panicked(reason) => {
                let mut response = failure_response(StatusCode::SERVICE_UNAVAILABLE, &reason);
                response
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
        }
    }
}

/// Sends the events on, and says so: one as the reply, where the sender takes one; else to the sink.
async fn deliver(
    events: Events,
    takes_reply: bool,
    trace: &Trace,
    publisher: &Publisher,
) -> Result<Response, Failure> {
    let mut events = events.into_vec();
    if events.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    if let ([event], true) = (events.as_slice(), takes_reply) {
        return Ok(reply(event, trace, publisher));
    }
    publisher
        .send(Events::from(std::mem::take(&mut events)))
        .await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

fn reply(event: &Outgoing, trace: &Trace, publisher: &Publisher) -> Response {
    let (headers, body) = publisher.message(event, trace);
    metrics::event_sent(publisher.name(), &event.ty);
    (StatusCode::OK, headers, body).into_response()
}

/// A response that says why on one line.
pub(crate) fn failure_response(status: StatusCode, reason: &str) -> Response {
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    (status, [(CONTENT_TYPE, content_type)], one_line(reason)).into_response()
}

/// The text on one line, cut to [`FAILURE_BODY_BYTES`] between characters.
fn one_line(reason: &str) -> String {
    let mut line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (0..=line.len().min(FAILURE_BODY_BYTES))
        .rev()
        .find(|&at| line.is_char_boundary(at));
    line.truncate(fits.unwrap_or(0));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_one_short_line_of_whole_characters() {
        let line = one_line(&"über\nallen Gipfeln\r\n".repeat(200));
        assert!(!line.contains(['\n', '\r']));
        assert!(line.len() < 768, "{} bytes", line.len());
        assert!(line.len() > 760, "{} bytes", line.len());
    }
}
