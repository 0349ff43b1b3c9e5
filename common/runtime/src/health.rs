//! Whether the process lives, takes requests, and how it fares.

use axum::{Router, response::IntoResponse, routing::get};
use http::StatusCode;

use crate::{drain, metrics};

/// `/healthz`, `/readyz` and `/metrics`.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(render))
}

async fn ready() -> impl IntoResponse {
    if drain::begun() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

async fn render() -> impl IntoResponse {
    (
        [("content-type", "text/plain; version=0.0.4; charset=utf-8")],
        metrics::render().await,
    )
}
