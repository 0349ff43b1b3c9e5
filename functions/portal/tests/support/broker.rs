//! A sink that keeps the events it accepts.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use serde_json::Value;
use tokio::net::TcpListener;

type Kept = Arc<Mutex<Vec<(String, Value)>>>;

pub(crate) struct Broker {
    pub(crate) address: String,
    kept: Kept,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        let kept = Kept::default();
        let router = Router::new()
            .route("/", post(keep))
            .with_state(kept.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, kept }
    }

    /// The events accepted so far: type and data.
    pub(crate) fn events(&self) -> Vec<(String, Value)> {
        self.kept.lock().unwrap().clone()
    }

    /// Waits for the next event.
    pub(crate) async fn first(&self) -> (String, Value) {
        loop {
            if let Some(event) = self.events().into_iter().next() {
                return event;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}

async fn keep(State(kept): State<Kept>, headers: HeaderMap, Json(data): Json<Value>) {
    let ty = headers["ce-type"].to_str().unwrap().to_owned();
    kept.lock().unwrap().push((ty, data));
}
