//! Whether the process lives, takes requests, and how it fares.

use axum::{Router, response::IntoResponse, routing::get};
use http::StatusCode;

use crate::{drain, metrics};

/// Says which process answers: whoever started one on a port can tell it from another that came to
/// have the same port.
const PROCESS_ID: &str = "reeldrop-process-id";

/// `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(render))
}

async fn ready() -> impl IntoResponse {
    let (status, text) = match drain::begun() {
        true => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        false => (StatusCode::OK, "ready\n"),
    };
    let id = std::process::id().to_string();
    (status, [(PROCESS_ID, id)], text)
}

async fn render() -> impl IntoResponse {
    (
        [("content-type", "text/plain; version=0.0.4; charset=utf-8")],
        metrics::render().await,
    )
}
