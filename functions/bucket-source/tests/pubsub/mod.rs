//! A Pub/Sub with one subscription, and a metadata server, in this process: the calls that a puller
//! makes, answered as Google documents them, and no others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bucket_source::Subscription;
use serde_json::{Value, json};

const NAME: &str = "projects/p/subscriptions/s";
/// The subscription's deadline: the shortest that Pub/Sub knows.
const DEADLINE: Duration = Duration::from_secs(10);

struct Held {
    message: Value,
    /// When it may be given out (again).
    free_at: Instant,
    given_out: usize,
}

#[derive(Default)]
struct Kept {
    messages: BTreeMap<String, Held>,
    tokens: usize,
    refused: bool,
}

/// The fake, shared with what serves it.
#[derive(Clone, Default)]
pub(crate) struct PubSub(Arc<Mutex<Kept>>);

impl PubSub {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    /// Puts a message into the subscription; it is acknowledged by this id.
    pub(crate) fn publish(&self, id: &str, message: Value) {
        let held = Held {
            message,
            free_at: Instant::now(),
            given_out: 0,
        };
        self.kept().messages.insert(id.to_owned(), held);
    }

    /// Ids of what nobody has acknowledged.
    pub(crate) fn waiting(&self) -> Vec<String> {
        self.kept().messages.keys().cloned().collect()
    }

    /// How often a message that is still there was given out.
    pub(crate) fn given_out(&self, id: &str) -> usize {
        self.kept().messages[id].given_out
    }

    /// How long nobody else gets a message that is still there.
    pub(crate) fn leased_for(&self, id: &str) -> Duration {
        let free_at = self.kept().messages[id].free_at;
        free_at.saturating_duration_since(Instant::now())
    }

    /// Tokens that were asked for.
    pub(crate) fn tokens(&self) -> usize {
        self.kept().tokens
    }

    /// Whether tokens that were given out until now hold no longer.
    pub(crate) fn refuse(&self) {
        self.kept().refused = true;
    }

    /// Starts it.
    pub(crate) async fn start(&self) -> Subscription {
        let router = Router::new()
            .route("/token", get(token))
            .route("/v1/{*path}", post(call))
            .with_state(self.clone());
        let url = listen(router).await;
        Subscription {
            name: NAME.to_owned(),
            token_url: format!("{url}/token"),
            url,
        }
    }

    fn pull(&self, most: usize) -> Value {
        let now = Instant::now();
        let mut kept = self.kept();
        let free = kept.messages.iter_mut();
        let free = free.filter(|(_, held)| held.free_at <= now).take(most);
        let received: Vec<_> = free
            .map(|(id, held)| {
                held.free_at = now + DEADLINE;
                held.given_out += 1;
                json!({"ackId": id, "message": held.message})
            })
            .collect();
        if received.is_empty() {
            return json!({});
        }
        json!({"receivedMessages": received})
    }

    fn change(&self, body: &Value, change: impl Fn(&mut BTreeMap<String, Held>, &str)) {
        let mut kept = self.kept();
        for id in body["ackIds"].as_array().unwrap() {
            change(&mut kept.messages, id.as_str().unwrap());
        }
    }
}

async fn token(State(pubsub): State<PubSub>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers["metadata-flavor"], "Google");
    let mut kept = pubsub.kept();
    kept.tokens += 1;
    kept.refused = false;
    let token = format!("token {}", kept.tokens);
    Json(json!({"access_token": token, "expires_in": 3_600, "token_type": "Bearer"}))
}

async fn call(
    State(pubsub): State<PubSub>,
    Path(path): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let expected = format!("Bearer token {}", pubsub.tokens());
    if pubsub.kept().refused || headers["authorization"] != *expected {
        let error = json!({"error": {"code": 401, "message": "invalid credentials"}});
        return (StatusCode::UNAUTHORIZED, Json(error)).into_response();
    }
    match path.strip_prefix(NAME).unwrap() {
        ":pull" => {
            let most = usize::try_from(body["maxMessages"].as_u64().unwrap()).unwrap();
            let pulled = pubsub.pull(most);
            if pulled == json!({}) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Json(pulled).into_response()
        }
        ":acknowledge" => {
            pubsub.change(&body, |messages, id| drop(messages.remove(id)));
            Json(json!({})).into_response()
        }
        ":modifyAckDeadline" => {
            let lasts = Duration::from_secs(body["ackDeadlineSeconds"].as_u64().unwrap());
            pubsub.change(&body, |messages, id| {
                if let Some(held) = messages.get_mut(id) {
                    held.free_at = Instant::now() + lasts;
                }
            });
            Json(json!({})).into_response()
        }
        other => panic!("the fake does not know {other}"),
    }
}

/// Serves on a free port.
pub(crate) async fn listen(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    address
}
