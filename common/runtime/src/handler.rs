//! One request: read, handle, answer, log.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State, rejection::BytesRejection},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderMap, StatusCode};
use reeldrop_events::Events;

use crate::{
    Failure, Function, Publisher, Refusal,
    answer::{Answer, failure_response},
    ask, health, metrics,
    received::{self, Origin},
    spans,
};

/// Events carry keys and numbers; the longest, a whole plan, is far below this.
const BODY_LIMIT_BYTES: usize = 4 << 20;

pub(crate) struct App<F> {
    pub(crate) function: F,
    publisher: Publisher,
}

/// Serves `function` over HTTP: `POST /` takes events, `POST /ask` questions, beside health and metrics.
///
/// What [`serve`](crate::serve) serves; tests call it without a socket.
pub fn router<F: Function>(function: F, publisher: Publisher) -> Router {
    Router::new()
        .route("/", post(receive::<F>))
        .route(
            ask::PATH,
            post(ask::ask::<F>).layer(DefaultBodyLimit::max(ask::LIMIT_BYTES)),
        )
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(Arc::new(App {
            function,
            publisher,
        }))
        .merge(health::router())
}

async fn receive<F: Function>(
    State(app): State<Arc<App<F>>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let started = Instant::now();
    let _in_flight = metrics::InFlight::enter();
    if let Err(refused) = app.function.admit(&headers).await {
        let (status, reason) = refusal(refused);
        return refuse::<F>(status, &reason, started);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return refuse::<F>(rejection.status(), &rejection.body_text(), started),
    };
    let (input, origin) = match received::read::<F::Input>(&headers, &body) {
        Ok(read) => read,
        Err(bad) => return refuse::<F>(StatusCode::BAD_REQUEST, &bad.to_string(), started),
    };
    drop(body);
    origin
        .trace
        .clone()
        .scope(handle(&app, input, &origin, started))
        .await
}

async fn handle<F: Function>(
    app: &App<F>,
    input: F::Input,
    origin: &Origin,
    started: Instant,
) -> Response {
    let handled = AssertUnwindSafe(app.function.handle(input))
        .catch_unwind()
        .await;
    let asset = asset_of(origin, handled.as_ref().ok());
    let answer = match handled {
        Ok(result) => {
            let takes_reply = F::REPLIES && origin.takes_reply();
            Answer::to(result, takes_reply, &origin.trace, &app.publisher).await
        }
        Err(panic) => Answer::Panicked(format!("the handler panicked: {}", panic_text(&*panic))),
    };
    let took = started.elapsed();
    log::<F>(origin, asset.as_deref(), &answer, took);
    spans::handled(F::NAME, origin, asset.as_deref(), &answer, took);
    answer.into_response()
}

/// How a sender is told that it is not heard.
pub(crate) fn refusal(refusal: Refusal) -> (StatusCode, String) {
    match refusal {
        Refusal::Unproven(reason) => (StatusCode::UNAUTHORIZED, reason),
        Refusal::Stranger(reason) => (StatusCode::FORBIDDEN, reason),
        Refusal::Undecided(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason),
    }
}

/// The asset that the event is about: its subject, or that of the events it led to.
fn asset_of(origin: &Origin, result: Option<&Result<Events, Failure>>) -> Option<String> {
    let sent = || match result? {
        Ok(events) => events
            .as_slice()
            .first()
            .map(|event| event.subject.to_string()),
        Err(Failure::Permanent { report, .. }) => {
            report.as_ref().map(|event| event.subject.to_string())
        }
        Err(Failure::Transient { .. }) => None,
    };
    // Events from outside name other things in their subject.
    origin
        .subject
        .clone()
        .filter(|_| origin.ty.starts_with("io.reeldrop."))
        .or_else(sent)
}

fn log<F: Function>(origin: &Origin, asset: Option<&str>, answer: &Answer, took: Duration) {
    let outcome = answer.outcome();
    metrics::event_handled(F::NAME, &origin.ty, outcome, took);
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let (ty, id, reason) = (&origin.ty, origin.id.as_deref(), answer.reason());
    match answer {
        Answer::Done(_) => tracing::info!(
            function = F::NAME, asset.id = asset, event.type = ty, event.id = id, outcome, duration_ms,
            "event handled"
        ),
        Answer::Failed(..) | Answer::Permanent(_) | Answer::Transient(_) => tracing::warn!(
            function = F::NAME, asset.id = asset, event.type = ty, event.id = id, outcome, duration_ms, reason,
            "event not handled"
        ),
        Answer::Panicked(_) => tracing::error!(
            function = F::NAME, asset.id = asset, event.type = ty, event.id = id, outcome, duration_ms, reason,
            "event not handled"
        ),
    }
}

fn refuse<F: Function>(status: StatusCode, reason: &str, started: Instant) -> Response {
    metrics::event_handled(F::NAME, "invalid", "refused", started.elapsed());
    tracing::warn!(
        function = F::NAME,
        outcome = "refused",
        reason,
        "request refused"
    );
    failure_response(status, reason)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
