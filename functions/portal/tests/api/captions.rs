//! Captions shown, brought, and searched.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use reeldrop_store::Bucket;
use serde_json::json;

use crate::support::{Stage, answer, request, unknown};

const FILE: &str = "1\n00:00:01,000 --> 00:00:02,000\nHello there.\n\n\
                    2\n00:10:00,000 --> 00:10:01,000\nToo late.\n";

async fn import(stage: &Stage, path: &str, file: &str) -> (StatusCode, serde_json::Value) {
    let request = request(Method::POST, path, Body::from(file.to_owned()));
    answer(stage.send(request).await).await
}

#[tokio::test]
async fn a_file_that_a_person_brings_is_kept_and_said() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    let path = format!("/api/assets/{asset}/captions");
    let (status, _) = import(&stage, &format!("{path}?language=eng"), FILE).await;
    assert_eq!(status, StatusCode::CONFLICT, "nobody knows how long it is");

    stage
        .sql(&format!(
            "update assets set media = '{{\"duration_ns\": 20000000000}}' where id = '{asset}'"
        ))
        .await;
    for (query, file, fault) in [
        ("language=../x", FILE, "no language"),
        ("language=en", "hello", "no SubRip or WebVTT file"),
        (
            "language=en",
            "WEBVTT\n\n10:00.000 --> 10:01.000\nlate\n",
            "none of the file's captions",
        ),
        ("", FILE, "language"),
    ] {
        let (status, problem) = import(&stage, &format!("{path}?{query}"), file).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query} {file:?}");
        assert!(
            problem["error"].as_str().unwrap().contains(fault),
            "{problem}"
        );
    }
    let unnamed = format!("{path}?language=en&label=%20%01%20");
    let (status, kept) = import(&stage, &unnamed, FILE).await;
    assert_eq!(
        (status, &kept["label"]),
        (StatusCode::ACCEPTED, &json!("English"))
    );
    let other = format!("/api/assets/{}/captions?language=en", unknown());
    assert_eq!(import(&stage, &other, FILE).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        stage.buckets.names(Bucket::Work).len(),
        1,
        "no file of another title"
    );
}

#[tokio::test]
async fn a_moment_is_found_with_the_address_that_opens_there() {
    let stage = Stage::new().await;
    let asset = stage.received("Holiday.mp4").await;
    stage.make_ready(asset).await;
    stage
        .sql(&format!(
            "insert into captions values ('{asset}', 'en', 'en-1', 'English', 'speech', 'english',
                 5400000, 1800000, 1, '{asset}/text/en-1.vtt', '{asset}/text/en-1.srt', null);
             insert into cues values ('{asset}', 'en-1', 0, 12500, 14000, 'It was raining.', '',
                 'english', to_tsvector('english', 'It was raining.'));
             insert into transcripts values ('{asset}', 'completed', null)"
        ))
        .await;
    let base = "http://portal.example:8080";
    let (status, found) = stage.get_json("/api/search?q=rain").await;
    assert_eq!(status, StatusCode::OK);
    let moment = &found["moments"][0];
    assert_eq!(
        moment["watch"],
        json!(format!("{base}/watch/{asset}?t=12.5"))
    );
    assert_eq!(
        moment["poster"],
        json!(format!("{base}/media/{asset}/poster.jpg"))
    );
    assert_eq!(
        (&moment["file"], &moment["text"]),
        (&json!("Holiday.mp4"), &json!("It was raining."))
    );
    let (_, found) = stage.get_json("/api/search?q=HOLI").await;
    assert_eq!(found["titles"][0]["asset"], json!(asset));
    let (_, found) = stage.get_json("/api/search?q=").await;
    assert_eq!(
        found,
        json!({"titles": [], "moments": [], "sightings": [], "alike": []})
    );
    let long = format!("/api/search?q={}", "x".repeat(201));
    assert_eq!(stage.get_json(&long).await.0, StatusCode::BAD_REQUEST);

    let (_, shown) = stage.get_json(&format!("/api/assets/{asset}")).await;
    assert_eq!(
        shown["captions"][0]["vtt"],
        json!(format!("{base}/media/{asset}/text/en-1.vtt"))
    );
    assert_eq!(shown["transcript"]["state"], "completed");
}

#[tokio::test]
async fn a_title_that_nobody_listened_to_can_be_tried_again() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    let retry = format!("/api/assets/{asset}/retry");
    let again = || stage.json(Method::POST, &retry, json!(null));
    assert_eq!(again().await.0, StatusCode::CONFLICT);
    stage
        .sql(&format!(
            "insert into transcripts values ('{asset}', 'skipped', 'skipped: no model')"
        ))
        .await;
    assert_eq!(again().await.0, StatusCode::ACCEPTED);
    let (_, shown) = stage.get_json(&format!("/api/assets/{asset}")).await;
    assert_eq!(shown["transcript"]["reason"], "skipped: no model");
}
