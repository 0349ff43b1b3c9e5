//! Questions from one Service to another, as Knative's own gateway passes them on: who is asked is started.

use std::{future::Future, io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use tokio::net::TcpListener;

use crate::broker::Subscribers;

/// Longest question, bytes.
const LIMIT_BYTES: usize = 64 << 10;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Gateway {
    subscribers: Arc<dyn Subscribers>,
    client: reqwest::Client,
}

/// Serves `POST /<service>/ask` until `stop` is done.
///
/// # Errors
/// Where the listener fails.
pub(super) async fn serve(
    subscribers: Arc<dyn Subscribers>,
    client: reqwest::Client,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/{service}/ask", post(pass_on))
        .layer(DefaultBodyLimit::max(LIMIT_BYTES))
        .with_state(Gateway {
            subscribers,
            client,
        });
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

async fn pass_on(
    State(gateway): State<Gateway>,
    Path(service): Path<String>,
    question: Bytes,
) -> Response {
    match gateway.ask(&service, question).await {
        Ok((status, answer)) => (status, answer).into_response(),
        Err(reason) => (StatusCode::BAD_GATEWAY, reason).into_response(),
    }
}

impl Gateway {
    async fn ask(&self, service: &str, question: Bytes) -> Result<(StatusCode, Bytes), String> {
        let said = |error: reqwest::Error| error.to_string();
        let lease = self.subscribers.lease(service).await?;
        let request = self.client.post(format!("{}ask", lease.url()));
        let answer = request.body(question).timeout(TIMEOUT).send().await;
        let answer = answer.map_err(said)?;
        Ok((answer.status(), answer.bytes().await.map_err(said)?))
    }
}
