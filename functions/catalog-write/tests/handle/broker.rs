//! What the function sends, and a sink that can be out of order.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use reeldrop_runtime::Publisher;
use serde_json::Value;
use tokio::net::TcpListener;

/// A sent event: its type, id and data.
pub(crate) type Sent = (String, String, Value);

#[derive(Clone, Default)]
pub(crate) struct Broker {
    sent: Arc<Mutex<Vec<Sent>>>,
    down: Arc<AtomicBool>,
}

impl Broker {
    pub(crate) async fn start() -> (Self, Publisher) {
        let broker = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/", post(accept))
            .with_state(broker.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (broker, Publisher::to("catalog-write", &address).unwrap())
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    /// What was sent since the last call.
    pub(crate) fn take(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    /// The data of what was sent of one type since the last call.
    pub(crate) fn take_of(&self, noun: &str) -> Vec<Value> {
        let ty = format!("io.reeldrop.{noun}.v1");
        let sent = self.take().into_iter().filter(|sent| sent.0 == ty);
        sent.map(|sent| sent.2).collect()
    }
}

async fn accept(
    State(broker): State<Broker>,
    headers: HeaderMap,
    Json(data): Json<Value>,
) -> StatusCode {
    if broker.down.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let header = |name| headers[name].to_str().unwrap().to_owned();
    broker
        .sent
        .lock()
        .unwrap()
        .push((header("ce-type"), header("ce-id"), data));
    StatusCode::ACCEPTED
}
