//! A fake of the Cloud Vision API: `images:annotate` of version 1, over HTTP on this machine.
//!
//! The real one needs an account and costs money for each picture, and what it sees may change any day. This
//! one speaks the same JSON and keeps its rules (one key, 16 pictures and 10 MB a request, JPEGs in
//! base64), says of each picture what a test tells it to, and keeps what it was sent.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    thread,
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, Uri},
    routing::post,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime};

/// What a request may have: pictures, and bytes.
const MOST_PICTURES: usize = 16;
const MOST_BYTES: usize = 10_000_000;

/// A request that it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) uri: String,
    pub(crate) key: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) pictures: Vec<Vec<u8>>,
    /// Features asked of the first picture.
    pub(crate) features: Vec<String>,
}

#[derive(Default)]
struct Told {
    received: Vec<Received>,
    /// How the next requests are refused.
    refusals: VecDeque<(u16, String)>,
    /// What is said of the next pictures.
    images: VecDeque<Value>,
}

/// The running fake; its thread ends with the test's process.
pub(crate) struct FakeVision {
    address: String,
    told: Arc<Mutex<Told>>,
}

impl FakeVision {
    pub(crate) fn start(key: &'static str) -> Self {
        let told = Arc::new(Mutex::new(Told::default()));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!(
            "http://{}/v1/images:annotate",
            listener.local_addr().unwrap()
        );
        let router = Router::new()
            .route("/v1/images:annotate", post(annotate))
            .layer(DefaultBodyLimit::max(MOST_BYTES))
            .with_state((key, told.clone()));
        thread::spawn(move || runtime.block_on(async { axum::serve(listener, router).await }));
        Self { address, told }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What it says of the next pictures, in order; of further ones it says that it sees nothing.
    pub(crate) fn says(&self, images: impl IntoIterator<Item = Value>) {
        self.told.lock().unwrap().images = images.into_iter().collect();
    }

    /// Refuses one more of the next requests.
    pub(crate) fn refuses(&self, status: u16, message: &str) {
        let mut told = self.told.lock().unwrap();
        told.refusals.push_back((status, message.to_owned()));
    }

    /// All requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.told.lock().unwrap().received.clone()
    }
}

type Answer = (StatusCode, Json<Value>);

fn refusal(status: u16, message: &str) -> Answer {
    let body = json!({"error": {"code": status, "message": message}});
    (StatusCode::from_u16(status).unwrap(), Json(body))
}

async fn annotate(
    State((key, told)): State<(&'static str, Arc<Mutex<Told>>)>,
    uri: Uri,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Answer {
    let header = |name: &str| Some(headers.get(name)?.to_str().unwrap().to_owned());
    let requests = request["requests"].as_array().unwrap();
    let content = |request: &Value| {
        let text = request["image"]["content"].as_str().unwrap();
        BASE64_STANDARD.decode(text).unwrap()
    };
    let features = requests[0]["features"].as_array().unwrap().iter();
    let received = Received {
        uri: uri.to_string(),
        key: header("x-goog-api-key"),
        token: header("authorization"),
        pictures: requests.iter().map(content).collect(),
        features: features
            .map(|f| f["type"].as_str().unwrap().to_owned())
            .collect(),
    };
    let mut told = told.lock().unwrap();
    told.received.push(received.clone());
    if let Some((status, message)) = told.refusals.pop_front() {
        return refusal(status, &message);
    }
    let given = received
        .key
        .or(received.token.map(|token| token.replace("Bearer ", "")));
    if given.as_deref() != Some(key) {
        let message = format!("Requests of {} are blocked.", given.unwrap_or_default());
        return refusal(403, &message);
    }
    if received.pictures.len() > MOST_PICTURES {
        return refusal(400, "Too many images per request");
    }
    let mut of_picture = |jpeg: &Vec<u8>| match jpeg.starts_with(&[0xff, 0xd8]) {
        true => told.images.pop_front().unwrap_or_else(|| json!({})),
        false => json!({"error": {"code": 3, "message": "Bad image data."}}),
    };
    let responses: Vec<Value> = received.pictures.iter().map(&mut of_picture).collect();
    (StatusCode::OK, Json(json!({"responses": responses})))
}
