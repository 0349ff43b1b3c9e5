//! The older packaging platform's addresses, with a test that plays the catalog's writer.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use reeldrop_events::AssetId;
use reeldrop_store::{Bucket, testing::TestBuckets};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{KEY, KID, KID_HEX, Stage, answer, bytes, request};

fn form(field: &str, size: usize) -> axum::http::Request<Body> {
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n\
         --b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"Clip 1.mp4\"\r\n\
         Content-Type: video/mp4\r\n\r\n"
    );
    let body = [head.into_bytes(), vec![7; size], b"\r\n--b--\r\n".to_vec()].concat();
    let mut request = request(Method::POST, "/packaging/success", Body::from(body));
    let kind = "multipart/form-data; boundary=b".parse().unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    request
}

/// The upload's object, once it is in the bucket.
async fn uploaded(stage: &Stage) -> String {
    let store = &stage.buckets.store;
    loop {
        if let Some(object) = stage.buckets.names(Bucket::Uploads).into_iter().next() {
            let at = TestBuckets::location(Bucket::Uploads, &object);
            if store.head(&at).await.unwrap().is_some() {
                return object;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn ingest_answers_with_the_number_of_the_title() {
    let stage = Stage::new().await;
    assert_eq!(stage.get("/packaging/").await.status(), StatusCode::OK);
    // More than one part of a multipart upload, and more than any default limit of a body.
    let size = 9 << 20;
    let consumer = async {
        let object = uploaded(&stage).await;
        let asset = stage.received(&object).await;
        stage.announce(asset).await;
        (object, asset)
    };
    let (response, (object, asset)) = tokio::join!(stage.send(form("file", size)), consumer);
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        response.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    let html = String::from_utf8(bytes(response).await).unwrap();
    let (_, shown) = stage.get_json(&format!("/api/assets/{asset}")).await;
    assert!(
        html.contains(&format!("input_content_id: {}", shown["number"])),
        "{html}"
    );
    assert_eq!(shown["file"], "Clip 1.mp4");
    let stored = stage.head(Bucket::Uploads, &object).await.unwrap();
    assert_eq!(stored.size_bytes, size as u64);
}

#[tokio::test]
async fn a_form_without_a_file_is_refused() {
    let stage = Stage::new().await;
    let (status, problem) = answer(stage.send(form("film", 10)).await).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["error"].as_str().unwrap().contains("field `file`"));
}

/// Plays the catalog's writer: the request becomes package 2, in this state.
async fn become_package(stage: &Stage, asset: AssetId, state: &str) {
    stage.broker.first().await;
    stage
        .sql(&format!(
            "insert into packages (asset, package, number, kid, scheme, state, from_package)
             values ('{asset}', 2, 73, '{}', 'cbcs', '{state}', 1)",
            Uuid::parse_str(KID_HEX).unwrap()
        ))
        .await;
    stage.announce(asset).await;
}

fn package(prefer: Option<&str>) -> axum::http::Request<Body> {
    let body = json!({ "input_content_id": 17, "key": KEY, "kid": KID }).to_string();
    let mut request = request(
        Method::POST,
        "/packaging/packaged_content",
        Body::from(body),
    );
    if let Some(prefer) = prefer {
        request
            .headers_mut()
            .insert("prefer", prefer.parse().unwrap());
    }
    request
}

async fn number_17(stage: &Stage) -> AssetId {
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    stage.sql("update assets set number = 17").await;
    asset
}

#[tokio::test]
async fn packaging_answers_when_it_is_done() {
    let stage = Stage::new().await;
    let asset = number_17(&stage).await;
    let consumer = async {
        become_package(&stage, asset, "processing").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        stage
            .sql(&format!(
                "update packages set state = 'ready', dash = '{asset}/2/stream.mpd' where package = 2"
            ))
            .await;
        stage.announce(asset).await;
    };
    let (response, ()) = tokio::join!(stage.send(package(None)), consumer);
    let token = stage.token(asset).await;
    let url = format!("http://portal.example:8080/media/{asset}/2/stream.mpd?token={token}");
    let expected = json!({ "packaged_content_id": [73], "url": [url] });
    assert_eq!(answer(response).await, (StatusCode::OK, expected));

    for path in ["packaged_content_id", "packaged_content"] {
        let (_, shown) = stage.get_json(&format!("/packaging/{path}/73")).await;
        assert_eq!(
            shown,
            json!({ "packaged_content_id": 73, "status": "Ready", "url": url })
        );
    }
}

#[tokio::test]
async fn packaging_answers_at_once_when_that_is_preferred() {
    let stage = Stage::new().await;
    let asset = number_17(&stage).await;
    let asked = stage.send(package(Some("wait=5, respond-async")));
    let (response, ()) = tokio::join!(asked, become_package(&stage, asset, "waiting"));
    assert_eq!(response.headers()["preference-applied"], "respond-async");
    assert_eq!(
        response.headers()[header::LOCATION],
        "/packaging/packaged_content/73"
    );
    let expected = json!({ "packaged_content_id": [73], "status": "Ingested" });
    assert_eq!(answer(response).await, (StatusCode::ACCEPTED, expected));
}

#[tokio::test]
async fn a_package_that_fails_says_why() {
    let stage = Stage::new().await;
    let asset = number_17(&stage).await;
    let (response, ()) = tokio::join!(stage.send(package(None)), async {
        become_package(&stage, asset, "processing").await;
        stage
            .sql("update packages set state = 'failed', reason = 'A segment is missing.' where package = 2")
            .await;
        stage.announce(asset).await;
    });
    let (status, problem) = answer(response).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["error"], "A segment is missing.");
    let (_, shown) = stage.get_json("/packaging/packaged_content/73").await;
    assert_eq!(
        (&shown["status"], &shown["reason"]),
        (&json!("Failed"), &json!("A segment is missing."))
    );
}

#[tokio::test]
async fn the_older_platforms_words_follow_the_package() {
    let stage = Stage::new().await;
    let asset = number_17(&stage).await;
    let parts = |state: &str| {
        format!(
            "insert into parts (asset, package, kind, index, first_segment, segments, state)
             values ('{asset}', 1, 'chunk', 0, 0, 1, '{state}')
             on conflict (asset, package, kind, rendition, index) do update set state = excluded.state"
        )
    };
    let path = "/packaging/packaged_content/1";
    stage
        .sql("update assets set state = 'processing'; update packages set number = 1, state = 'processing', dash = null")
        .await;
    for (change, word) in [
        (parts("planned"), "Ingested"),
        (parts("packaged"), "Encrypted"),
        (
            "update packages set state = 'ready', dash = 'x/1/stream.mpd'".to_owned(),
            "Ready",
        ),
        ("update packages set state = 'failed'".to_owned(), "Failed"),
    ] {
        stage.sql(&change).await;
        let (_, shown) = stage.get_json(path).await;
        assert_eq!(shown["status"], word, "{shown}");
    }
}

#[tokio::test]
async fn unknown_ids_and_bad_keys_are_refused() {
    let stage = Stage::new().await;
    number_17(&stage).await;
    let post = |body: Value| stage.json(Method::POST, "/packaging/packaged_content", body);
    for (body, status) in [
        (
            json!({ "input_content_id": 99, "key": KEY, "kid": KID }),
            StatusCode::NOT_FOUND,
        ),
        (
            json!({ "input_content_id": 17, "key": "bad", "kid": KID }),
            StatusCode::BAD_REQUEST,
        ),
        (json!({ "input_content_id": 17 }), StatusCode::BAD_REQUEST),
        (json!({ "key": KEY, "kid": KID }), StatusCode::BAD_REQUEST),
    ] {
        let (answered, problem) = post(body).await;
        assert_eq!(answered, status, "{problem}");
        assert!(problem["error"].is_string());
    }
    for path in ["packaged_content_id/99", "packaged_content/99"] {
        let (status, problem) = stage.get_json(&format!("/packaging/{path}")).await;
        assert_eq!(
            (status, &problem["error"]),
            (
                StatusCode::NOT_FOUND,
                &json!("There is no packaged content 99.")
            )
        );
    }
    assert!(stage.broker.events().is_empty());
}
