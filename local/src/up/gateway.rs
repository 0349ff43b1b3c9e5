//! Questions from one Service to another, as Knative's own gateway passes them on: who is asked is started.

use std::{
    future::{Future, IntoFuture},
    io,
    net::Ipv4Addr,
    sync::Arc,
    time::Duration,
};

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

/// The gateway's address, which is not served yet.
pub(super) struct Gateway {
    listener: TcpListener,
    url: String,
}

#[derive(Clone)]
struct Asking {
    subscribers: Arc<dyn Subscribers>,
    client: reqwest::Client,
}

impl Gateway {
    /// Takes a free port.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, url })
    }

    /// Where Services are asked, without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Serves `POST /<service>/ask` until `stop` is done.
    ///
    /// # Errors
    /// Where the listener fails.
    pub(super) fn serve(
        self,
        subscribers: &Arc<dyn Subscribers>,
        client: &reqwest::Client,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let router = Router::new()
            .route("/{service}/ask", post(pass_on))
            .layer(DefaultBodyLimit::max(LIMIT_BYTES))
            .with_state(Asking {
                subscribers: Arc::clone(subscribers),
                client: client.clone(),
            });
        axum::serve(self.listener, router)
            .with_graceful_shutdown(stop)
            .into_future()
    }
}

async fn pass_on(
    State(asking): State<Asking>,
    Path(service): Path<String>,
    question: Bytes,
) -> Response {
    match asking.ask(&service, question).await {
        Ok((status, answer)) => (status, answer).into_response(),
        Err(reason) => (StatusCode::BAD_GATEWAY, reason).into_response(),
    }
}

impl Asking {
    async fn ask(&self, service: &str, question: Bytes) -> Result<(StatusCode, Bytes), String> {
        let said = |error: reqwest::Error| error.to_string();
        let lease = self.subscribers.lease(service).await?;
        let request = self.client.post(format!("{}ask", lease.url()));
        let answer = request.body(question).timeout(TIMEOUT).send().await;
        let answer = answer.map_err(said)?;
        Ok((answer.status(), answer.bytes().await.map_err(said)?))
    }
}
