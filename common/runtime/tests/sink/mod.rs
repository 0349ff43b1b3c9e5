//! A sink that remembers what it accepted.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};

/// Headers and body of each event, in the order of their acceptance.
type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A broker's ingress that accepts so many events and then none.
pub(crate) struct Sink {
    pub(crate) address: String,
    received: Received,
}

impl Sink {
    pub(crate) async fn accepting(count: usize) -> Self {
        let received = Received::default();
        let accept = move |State(received): State<Received>, headers, body| async move {
            let mut received = received.lock().unwrap();
            if received.len() >= count {
                return StatusCode::TOO_MANY_REQUESTS;
            }
            received.push((headers, body));
            StatusCode::ACCEPTED
        };
        let router = Router::new()
            .route("/", post(accept))
            .with_state(Arc::clone(&received));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { address, received }
    }

    pub(crate) fn received(&self) -> Vec<(HeaderMap, Bytes)> {
        self.received.lock().unwrap().clone()
    }
}
