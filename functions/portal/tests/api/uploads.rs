//! Uploads straight to the store.

use axum::http::{Method, StatusCode};
use reeldrop_store::Bucket;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{KEY, KEY_HEX, KID, KID_HEX, Stage, put};

#[tokio::test]
async fn a_small_file_goes_up_in_one_request_with_its_wrapped_key() {
    let stage = Stage::new().await;
    let new = json!({
        "name": "Grüße + 100 % \"x\".MOV", "size_bytes": 5, "content_type": "video/quicktime",
        "key": KEY, "kid": KID, "scheme": "cenc", "analysis_mode": "realtime",
    });
    let (status, plan) = stage.json(Method::POST, "/api/uploads", new).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(plan["method"], "PUT");
    put(&plan["url"], &plan["headers"], b"video".to_vec()).await;

    let object = plan["object"].as_str().unwrap();
    assert_eq!(
        object,
        format!(
            "{}/Grüße + 100 % \"x\".MOV",
            plan["upload"].as_str().unwrap()
        )
    );
    let stored = stage.head(Bucket::Uploads, object).await.unwrap();
    assert_eq!(stored.metadata["reeldrop-scheme"], "cenc");
    assert_eq!(stored.metadata["reeldrop-analysis-mode"], "realtime");
    assert_eq!(stored.metadata["reeldrop-kid"], KID_HEX);
    let wrapped = &stored.metadata["reeldrop-wrapped-key"];
    let context = format!("upload {}", Uuid::parse_str(KID_HEX).unwrap());
    let key = stage.keys.master().unwrap(wrapped, &context).unwrap();
    assert_eq!(hex::encode(key), KEY_HEX);
    // The key itself is nowhere to be read.
    assert!(!plan.to_string().contains(KEY) && !plan.to_string().contains(KEY_HEX));
}

#[tokio::test]
async fn a_large_file_goes_up_in_parts_and_completing_twice_is_harmless() {
    let stage = Stage::new().await;
    let size = (64 << 20) + 1;
    let new = json!({ "name": "long.mp4", "size_bytes": size });
    let (_, plan) = stage.json(Method::POST, "/api/uploads", new).await;
    assert_eq!(plan["part_size"], 16 << 20);
    assert_eq!(plan["parts"].as_array().unwrap().len(), 5);
    let upload = plan["upload"].as_str().unwrap();

    let again = json!({ "upload_id": plan["upload_id"], "object": plan["object"], "numbers": [2] });
    let (status, signed) = stage
        .json(Method::POST, &format!("/api/uploads/{upload}/parts"), again)
        .await;
    assert_eq!(
        (status, &signed["parts"][0]["number"]),
        (StatusCode::OK, &json!(2))
    );

    let first = put(&plan["parts"][0]["url"], &Value::Null, vec![1; 5 << 20]).await;
    let second = put(&signed["parts"][0]["url"], &Value::Null, vec![2; 100]).await;
    let done = json!({
        "upload_id": plan["upload_id"], "object": plan["object"],
        "parts": [{ "number": 2, "etag": second }, { "number": 1, "etag": first }],
    });
    for _ in 0..2 {
        let path = format!("/api/uploads/{upload}/complete");
        let (status, state) = stage.json(Method::POST, &path, done.clone()).await;
        assert_eq!(
            (status, &state["state"]),
            (StatusCode::OK, &json!("uploading")),
            "{state}"
        );
    }
    let stored = stage
        .head(Bucket::Uploads, plan["object"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(stored.size_bytes, (5 << 20) + 100);
}

#[tokio::test]
async fn an_upload_given_up_is_gone() {
    let stage = Stage::new().await;
    let new = json!({ "name": "long.mp4", "size_bytes": 65 << 20 });
    let (_, plan) = stage.json(Method::POST, "/api/uploads", new).await;
    let started = json!({ "upload_id": plan["upload_id"], "object": plan["object"] });
    let path = format!("/api/uploads/{}", plan["upload"].as_str().unwrap());
    let (status, _) = stage
        .json(Method::POST, &format!("{path}/abort"), started)
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);

    let done = json!({ "upload_id": plan["upload_id"], "object": plan["object"], "parts": [] });
    let (status, _) = stage
        .json(Method::POST, &format!("{path}/complete"), done)
        .await;
    assert!(
        status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE,
        "{status}"
    );
}

#[tokio::test]
async fn an_upload_names_the_title_that_it_became() {
    let stage = Stage::new().await;
    let upload = Uuid::now_v7();
    let path = format!("/api/uploads/{upload}");
    let (_, state) = stage.get_json(&path).await;
    assert_eq!(
        state,
        json!({ "upload": upload, "asset": null, "state": "uploading" })
    );

    let asset = stage.received(&format!("{upload}/clip_100%.mp4")).await;
    stage
        .received(&format!("{}/clip.mp4", Uuid::now_v7()))
        .await;
    let (_, state) = stage.get_json(&path).await;
    assert_eq!(
        state,
        json!({ "upload": upload, "asset": asset, "state": "received" })
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_upload_is_said_in_two_sentences() {
    let stage = Stage::new().await;
    for (new, said) in [
        (
            json!({ "name": "a.mp4", "size_bytes": 1, "key": KEY }),
            "The key comes without its KID.",
        ),
        (
            json!({ "name": "a.mp4", "size_bytes": 1, "kid": KID }),
            "The KID comes without its key.",
        ),
        (
            json!({ "name": "a.mp4", "size_bytes": 1, "key": "x", "kid": KID }),
            "The key is not 16 bytes.",
        ),
        (
            json!({ "name": "a.mp4", "size_bytes": 1, "key": KEY, "kid": KID, "scheme": "none" }),
            "A key comes with scheme none, which encrypts nothing.",
        ),
        (
            json!({ "name": "a.mp4", "size_bytes": 0 }),
            "The file is empty.",
        ),
        (
            json!({ "name": "..", "size_bytes": 1 }),
            "The file has no usable name.",
        ),
    ] {
        let (status, problem) = stage.json(Method::POST, "/api/uploads", new).await;
        assert_eq!(
            (status, &problem["error"]),
            (StatusCode::BAD_REQUEST, &json!(said))
        );
        assert!(problem["next"].as_str().unwrap().ends_with('.'));
    }
    let unknown = json!({ "name": "a.mp4", "size_bytes": 1, "scheme": "rot13" });
    let (status, problem) = stage.json(Method::POST, "/api/uploads", unknown).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["error"].as_str().unwrap().contains("rot13"));
}

#[tokio::test]
async fn one_upload_cannot_complete_another_ones_object() {
    let stage = Stage::new().await;
    let body =
        json!({ "upload_id": "x", "object": format!("{}/a.mp4", Uuid::now_v7()), "parts": [] });
    let path = format!("/api/uploads/{}/complete", Uuid::now_v7());
    let (status, problem) = stage.json(Method::POST, &path, body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
}
