//! Questions that are no events: short JSON in, short JSON out, and nothing happens by them.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Json,
    extract::{State, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderMap, StatusCode};

use crate::{
    Failure, Function,
    answer::failure_response,
    handler::{App, refusal},
    metrics,
};

/// Where functions are asked.
pub(crate) const PATH: &str = "/ask";

/// Longest question, bytes.
pub(crate) const LIMIT_BYTES: usize = 4 << 10;

pub(crate) async fn ask<F: Function>(
    State(app): State<Arc<App<F>>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let _in_flight = metrics::InFlight::enter();
    if let Err(refused) = app.function.admit(&headers).await {
        let (status, reason) = refusal(refused);
        return failure_response(status, &reason);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return failure_response(rejection.status(), &rejection.body_text()),
    };
    let question = match serde_json::from_slice(&body) {
        Ok(question) => question,
        Err(error) => return failure_response(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let answered = AssertUnwindSafe(app.function.answer(question))
        .catch_unwind()
        .await;
    let (status, reason) = match answered {
        Ok(Ok(Some(answer))) => return Json(answer).into_response(),
        Ok(Ok(None)) => return StatusCode::NOT_FOUND.into_response(),
        Ok(Err(Failure::Permanent { reason, report: _ })) => {
            (StatusCode::UNPROCESSABLE_ENTITY, reason)
        }
        Ok(Err(Failure::Transient { reason })) => (StatusCode::SERVICE_UNAVAILABLE, reason),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the answer panicked".to_owned(),
        ),
    };
    tracing::warn!(function = F::NAME, reason, "question not answered");
    failure_response(status, &reason)
}
