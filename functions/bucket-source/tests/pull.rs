//! Pulling, against a Pub/Sub and a metadata server in this process.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use bucket_source::{BucketSource, Callers, Config, Puller, Subscription};
use reeldrop_runtime::{Function, Publisher};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

const PUBSUB: &str = include_str!("fixtures/pubsub.json");
const NAME: &str = "projects/p/subscriptions/s";

/// What the fake holds and has heard.
#[derive(Clone, Default)]
struct Fake {
    messages: Arc<Mutex<Vec<Value>>>,
    tokens_given: Arc<Mutex<usize>>,
}

async fn token(State(fake): State<Fake>, headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers["metadata-flavor"], "Google");
    *fake.tokens_given.lock().unwrap() += 1;
    Json(json!({"access_token": "abc", "expires_in": 3_600, "token_type": "Bearer"}))
}

type Acknowledged = mpsc::UnboundedSender<Value>;

async fn call(
    State((fake, acknowledged)): State<(Fake, Acknowledged)>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Json<Value> {
    assert_eq!(headers["authorization"], "Bearer abc");
    let body: Value = serde_json::from_slice(&body).unwrap();
    match path.strip_prefix(NAME).unwrap() {
        ":pull" => {
            assert!(body["maxMessages"].as_u64().unwrap() > 0);
            let messages = std::mem::take(&mut *fake.messages.lock().unwrap());
            if messages.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                return Json(json!({}));
            }
            Json(json!({"receivedMessages": messages}))
        }
        ":acknowledge" => {
            acknowledged.send(body["ackIds"].clone()).unwrap();
            Json(json!({}))
        }
        other => panic!("{other}"),
    }
}

async fn listen(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn what_the_sink_has_taken_is_acknowledged_and_nothing_else() {
    let fake = Fake::default();
    let message = serde_json::from_str::<Value>(PUBSUB).unwrap()["message"].clone();
    *fake.messages.lock().unwrap() = vec![
        json!({"ackId": "broken", "message": {"attributes": {}}}),
        json!({"ackId": "upload", "message": message}),
    ];
    let (acknowledged, mut acknowledgements) = mpsc::unbounded_channel();
    let pubsub = Router::new()
        .route("/v1/{*path}", post(call))
        .with_state((fake.clone(), acknowledged));
    let metadata = Router::new()
        .route("/token", get(token))
        .with_state(fake.clone());
    let (events, mut announced) = mpsc::unbounded_channel();
    let sink = move |headers: HeaderMap| async move {
        events
            .send(headers["ce-type"].to_str().unwrap().to_owned())
            .unwrap();
        StatusCode::ACCEPTED
    };
    let sink = listen(Router::new().route("/", post(sink))).await;
    let subscription = Subscription {
        name: NAME.to_owned(),
        url: listen(pubsub).await,
        token_url: format!("{}/token", listen(metadata).await),
    };
    let function = BucketSource::new(Config {
        uploads_bucket: "reeldrop-uploads".to_owned(),
        callers: Callers::Anyone,
    });
    let publisher = Publisher::to(BucketSource::NAME, &sink).unwrap();
    let pulling = tokio::spawn(Puller::new(subscription, function, publisher).run());

    let limit = Duration::from_secs(10);
    let acknowledged = timeout(limit, acknowledgements.recv()).await.unwrap();
    assert_eq!(acknowledged, Some(json!(["upload"])));
    assert_eq!(
        announced.recv().await.unwrap(),
        "io.reeldrop.upload.finalized.v1"
    );
    assert!(
        announced.try_recv().is_err(),
        "one upload is announced once"
    );
    // Some more pulls of nothing, with the same token.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(acknowledgements.try_recv().is_err());
    assert_eq!(*fake.tokens_given.lock().unwrap(), 1);
    pulling.abort();
}
