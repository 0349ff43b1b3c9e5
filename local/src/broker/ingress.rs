//! Where functions and sources post their events.

use std::{future::Future, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use tokio::net::TcpListener;

use super::{Broker, BrokerError, Event};

/// The largest event that is taken, bytes.
const EVENT_LIMIT: usize = 4 << 20;

/// Serves the broker's address until `stop` is done.
///
/// # Errors
/// Where the listener fails.
pub async fn serve(
    broker: Arc<Broker>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/", post(accept))
        .route("/{*path}", post(accept))
        .layer(DefaultBodyLimit::max(EVENT_LIMIT))
        .with_state(broker);
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // Without it small answers wait for the other side's delayed acknowledgement.
        drop(stream.set_nodelay(true));
    });
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

/// 202 once the event is on the disk for everyone who is to get it.
async fn accept(
    State(broker): State<Arc<Broker>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    match Event::from_http(&headers, &body) {
        Ok(Some(event)) => match broker.publish(event).await {
            Ok(()) => (StatusCode::ACCEPTED, String::new()),
            Err(error @ (BrokerError::NotWritten | BrokerError::Stopped)) => {
                (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            Err(
                error @ (BrokerError::Database(_) | BrokerError::Io(_) | BrokerError::Client(_)),
            ) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        },
        Ok(None) => (
            StatusCode::BAD_REQUEST,
            "the request is not an event".to_owned(),
        ),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()),
    }
}
