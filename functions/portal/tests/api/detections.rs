//! What is seen, shown and searched.

use axum::http::{Method, StatusCode};
use reeldrop_events::AssetId;
use serde_json::json;

use crate::support::{Stage, unknown};

/// A title with a person and a dog at the same time, and a car later.
async fn looked_at(stage: &Stage) -> AssetId {
    let asset = stage.received("Holiday.mp4").await;
    stage.make_ready(asset).await;
    let rows = [
        ("person", 0.9, 1_000, 9_000, "person dog"),
        ("dog", 0.8, 4_500, 7_000, "dog person"),
        ("car", 0.7, 30_000, 31_000, "car"),
    ];
    for (number, (label, score, start_ms, end_ms, together)) in rows.into_iter().enumerate() {
        let name = "seen-1";
        stage
            .sql(&format!(
                "insert into detections values ('{asset}', '{name}', {number}, '{label}', {score},
                     0.1, 0.2, 0.3, 0.4, {start_ms}, {start_ms}, {end_ms}, 'yolox-nano', 'e8af0749',
                     to_tsvector('english', '{label}'), {number},
                     to_tsvector('english', '{together}'))"
            ))
            .await;
    }
    stage
        .sql(&format!(
            "insert into analyses values ('{asset}', 'completed', null, 'seen-1',
                 '{asset}/seen/seen-1.json', 60000, 1, '{{car,dog,person}}',
                 to_tsvector('english', 'car dog person'), 1)"
        ))
        .await;
    asset
}

#[tokio::test]
async fn what_is_seen_is_listed_page_by_page() {
    let stage = Stage::new().await;
    let asset = looked_at(&stage).await;
    let path = format!("/api/assets/{asset}/detections");
    let (status, seen) = stage.get_json(&path).await;
    assert_eq!(status, StatusCode::OK);
    let base = format!("http://portal.example:8080/media/{asset}/seen/seen-1");
    assert_eq!(seen["analysis"]["all"], json!(format!("{base}.json")));
    assert_eq!(
        seen["analysis"]["boxes"],
        json!(format!("{base}/{{n}}.json"))
    );
    assert_eq!(
        seen["analysis"]["stills"],
        json!(format!("{base}/best-{{n}}.jpg"))
    );
    assert_eq!(seen["next"], json!(null));
    let dog = &seen["detections"][1];
    assert_eq!(
        (&dog["label"], &dog["number"], &dog["x"], &dog["model"]),
        (&json!("dog"), &json!(1), &json!(0.1), &json!("yolox-nano"))
    );
    assert_eq!(dog["still"], json!(1));
    let (_, first) = stage.get_json(&format!("{path}?limit=2")).await;
    assert_eq!(first["next"], json!(2));
    let (_, second) = stage.get_json(&format!("{path}?limit=2&from=2")).await;
    assert_eq!(second["detections"][0]["label"], "car");
    let (_, dogs) = stage.get_json(&format!("{path}?label=dog")).await;
    assert_eq!(dogs["detections"].as_array().map(Vec::len), Some(1));
    let other = format!("/api/assets/{}/detections", unknown());
    assert_eq!(stage.get_json(&other).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn things_are_found_that_are_seen_at_once() {
    let stage = Stage::new().await;
    let asset = looked_at(&stage).await;
    let labels = async |words: &str| {
        let (_, found) = stage.get_json(&format!("/api/search?q={words}")).await;
        let sightings = found["sightings"].as_array().unwrap().clone();
        let labels = sightings
            .iter()
            .map(|s| s["label"].as_str().unwrap().to_owned());
        labels.collect::<Vec<_>>()
    };
    assert_eq!(labels("dogs").await, ["dog"]);
    assert_eq!(labels("person+dog").await, ["person", "dog"]);
    assert!(labels("car+dog").await.is_empty(), "never at once");
    assert!(labels("cat").await.is_empty());
    let (_, found) = stage.get_json("/api/search?q=dog").await;
    assert_eq!(
        found["sightings"][0]["watch"],
        json!(format!("http://portal.example:8080/watch/{asset}?t=4.5"))
    );
    // What was seen stays while the title is looked at again.
    stage.sql("update analyses set state = 'planned'").await;
    assert_eq!(labels("dogs").await, ["dog"]);
    stage.sql("update analyses set name = null").await;
    assert!(labels("dogs").await.is_empty(), "not before all is joined");
}

#[tokio::test]
async fn a_title_that_nobody_looked_at_says_why_and_can_be_tried_again() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    stage
        .sql(&format!(
            "insert into analyses values ('{asset}', 'skipped', 'skipped: no model')"
        ))
        .await;
    let (_, shown) = stage.get_json(&format!("/api/assets/{asset}")).await;
    assert_eq!(shown["analysis"]["reason"], "skipped: no model");
    let retry = format!("/api/assets/{asset}/retry");
    let (status, _) = stage.json(Method::POST, &retry, json!(null)).await;
    assert_eq!(status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_title_is_looked_at_again_as_is_asked_and_shows_what_was_seen_until_then() {
    let stage = Stage::new().await;
    let asset = looked_at(&stage).await;
    let path = format!("/api/assets/{asset}/analysis");
    let early = json!({"mode": "realtime"});
    let (status, problem) = stage.json(Method::POST, &path, early.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");

    stage
        .sql(&format!(
            "update assets set media = '{{\"duration_ns\": 10000000000}}' where id = '{asset}';
             update analyses set state = 'planned', mode = 'realtime', revision = 1,
                 objects = 'nanodet-m', pictures = 20, dropped = 4"
        ))
        .await;
    let (status, said) = stage.json(Method::POST, &path, early).await;
    assert_eq!(
        (status, &said["mode"]),
        (StatusCode::ACCEPTED, &json!("realtime"))
    );
    let (ty, data) = stage.broker.first().await;
    assert_eq!(ty, "io.reeldrop.analysis.requested.v1");
    assert_eq!(
        (&data["asset"], &data["mode"], &data["objects"]),
        (&json!(asset), &json!("realtime"), &json!(null))
    );
    stage.sql("update assets set media = null").await;
    let (_, shown) = stage.get_json(&format!("/api/assets/{asset}")).await;
    let analysis = &shown["analysis"];
    assert_eq!(
        (&analysis["state"], &analysis["mode"], &analysis["objects"]),
        (&json!("planned"), &json!("realtime"), &json!("nanodet-m"))
    );
    assert_eq!(
        (
            &analysis["seen_mode"],
            &analysis["pictures"],
            &analysis["dropped"]
        ),
        (&json!("batch"), &json!(20), &json!(4))
    );
    assert!(
        analysis["boxes"].is_string(),
        "what was seen stays: {analysis}"
    );
}

#[tokio::test]
async fn each_request_is_a_new_one_and_names_a_mode_and_a_model_or_leaves_them_out() {
    let stage = Stage::new().await;
    let asset = looked_at(&stage).await;
    let media = r#"update assets set media = '{"duration_ns": 10000000000}'"#;
    stage.sql(media).await;
    let path = format!("/api/assets/{asset}/analysis");
    for (body, expected) in [
        (json!({}), StatusCode::ACCEPTED),
        (
            json!({"mode": "batch", "objects": "nanodet-m"}),
            StatusCode::ACCEPTED,
        ),
        (json!({"mode": "fast"}), StatusCode::BAD_REQUEST),
        (json!({"objects": "a\nb"}), StatusCode::BAD_REQUEST),
    ] {
        let (status, answer) = stage.json(Method::POST, &path, body).await;
        assert_eq!(status, expected, "{answer}");
    }
    let requests: std::collections::BTreeSet<String> = stage
        .broker
        .events()
        .iter()
        .map(|(_, data)| data["request"].to_string())
        .collect();
    assert_eq!(requests.len(), 2, "each request is a new one");
    let other = format!("/api/assets/{}/analysis", unknown());
    let (status, _) = stage.json(Method::POST, &other, json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
