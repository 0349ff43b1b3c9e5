//! Moments that look like words, where a stand-in for analyze says what these mean.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::post};
use reeldrop_events::{AssetId, Embedding};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};

use crate::support::Stage;

/// What the stand-in does, by the first of the words; how often it was asked.
async fn answer(
    State(asked): State<Arc<AtomicUsize>>,
    Json(question): Json<Value>,
) -> impl IntoResponse {
    asked.fetch_add(1, Ordering::SeqCst);
    let words = question["words"].as_str().unwrap().to_owned();
    let meaning = |numbers: &[f32]| {
        let embedding = Embedding::of(numbers);
        json!({ "space": "colours", "embedding": embedding, "alike": 0.9 }).to_string()
    };
    match words.split(' ').next().unwrap_or_default() {
        "red" => (StatusCode::OK, meaning(&[1.0, 0.0])),
        "nothing" => (StatusCode::OK, meaning(&[])),
        "unknown" => (StatusCode::NOT_FOUND, String::new()),
        "broken" => (StatusCode::SERVICE_UNAVAILABLE, "no memory".to_owned()),
        "long" => (StatusCode::OK, "x".repeat(1 << 20)),
        "slow" => {
            sleep(Duration::from_secs(20)).await;
            (StatusCode::OK, meaning(&[1.0, 0.0]))
        }
        _ => (StatusCode::OK, "no JSON".to_owned()),
    }
}

/// A portal that asks the stand-in.
async fn stage() -> (Stage, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/analyze", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let router = Router::new()
        .route("/analyze/ask", post(answer))
        .with_state(Arc::clone(&asked));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (Stage::with_urls(None, Some(&url)).await, asked)
}

/// A title with a red and a blue scene.
async fn described(stage: &Stage) -> AssetId {
    let asset = stage.received("Colours.mp4").await;
    stage.make_ready(asset).await;
    stage
        .sql(&format!(
            "insert into analyses (asset, state, name) values ('{asset}', 'completed', 'seen-1');
             insert into scene_embeddings values
               ('{asset}', 'seen-1', 0, 0, 3000, 1500, 'colours', 'clip', '1', '\\x7f05'),
               ('{asset}', 'seen-1', 1, 3000, 6000, 4500, 'colours', 'clip', '1', '\\x057f')"
        ))
        .await;
    asset
}

async fn search(stage: &Stage, words: &str) -> Value {
    let (status, found) = stage.get_json(&format!("/api/search?q={words}")).await;
    assert_eq!(status, StatusCode::OK, "{words}: {found}");
    found
}

#[tokio::test]
async fn a_moment_that_looks_like_the_words_opens_where_it_does() {
    let (stage, _) = stage().await;
    let asset = described(&stage).await;
    let found = search(&stage, "red+car").await;
    assert_eq!(found["alike"].as_array().unwrap().len(), 1, "{found:#}");
    let alike = &found["alike"][0];
    let watch = format!("http://portal.example:8080/watch/{asset}?t=1.5");
    assert_eq!(
        (&alike["watch"], &alike["file"]),
        (&json!(watch), &json!("Colours.mp4"))
    );
    assert_eq!(
        (&alike["start_ms"], &alike["end_ms"]),
        (&json!(0), &json!(3_000))
    );
    assert!(alike["similarity"].as_f64() > Some(0.99), "{alike}");
}

#[tokio::test]
async fn whatever_becomes_of_the_question_the_rest_is_found() {
    let (stage, asked) = stage().await;
    described(&stage).await;
    for words in ["nothing", "unknown", "broken", "long", "else"] {
        let found = search(&stage, words).await;
        assert_eq!(found["alike"], json!([]), "{words}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 5);
    let begun = Instant::now();
    let found = search(&stage, "slow+colours").await;
    assert_eq!(found["alike"], json!([]));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    // Others do not wait for it just now.
    let asked_before = asked.load(Ordering::SeqCst);
    assert_eq!(search(&stage, "red+car").await["alike"], json!([]));
    assert_eq!(asked.load(Ordering::SeqCst), asked_before);
    // The title is found by its name meanwhile.
    let found = search(&stage, "Colours").await;
    assert_eq!(found["titles"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_is_asked_where_nothing_could_be_found_or_nobody_is_there() {
    let (stage, asked) = stage().await;
    stage.received("Colours.mp4").await;
    assert_eq!(search(&stage, "red").await["alike"], json!([]));
    assert_eq!(asked.load(Ordering::SeqCst), 0, "no scene is described");
    let alone = Stage::new().await;
    described(&alone).await;
    assert_eq!(search(&alone, "red").await["alike"], json!([]));
    let gone = Stage::with_urls(None, Some("http://127.0.0.1:9/analyze")).await;
    described(&gone).await;
    assert_eq!(search(&gone, "red").await["alike"], json!([]));
}
