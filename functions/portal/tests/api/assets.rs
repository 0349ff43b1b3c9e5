//! Titles: list, show, follow, retry, delete.

use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use http_body_util::BodyExt;
use reeldrop_store::Bucket;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::support::{Stage, bytes, request, unknown};

#[tokio::test]
async fn a_ready_title_is_shown_with_absolute_addresses() {
    let stage = Stage::new().await;
    let asset = stage.received("0198/My clip.mp4").await;
    stage.make_ready(asset).await;
    let (status, shown) = stage.get_json(&format!("/api/assets/{asset}")).await;
    assert_eq!(status, StatusCode::OK);
    let base = "http://portal.example:8080";
    let token = stage.token(asset).await;
    let manifest = |file| json!(format!("{base}/media/{asset}/1/{file}?token={token}"));
    for (field, value) in [
        ("asset", json!(asset)),
        ("file", json!("My clip.mp4")),
        ("state", json!("ready")),
        ("reason", Value::Null),
        ("size_bytes", json!(1000)),
        ("first_playable_ms", json!(2000)),
        ("ready_ms", json!(9000)),
        ("watch", json!(format!("{base}/watch/{asset}"))),
        ("dash", manifest("stream.mpd")),
        ("hls", manifest("stream.m3u8")),
        ("hls_js", manifest("stream-clearkey.m3u8")),
        ("poster", json!(format!("{base}/media/{asset}/poster.jpg"))),
        (
            "storyboard",
            json!(format!("{base}/media/{asset}/storyboard/index.vtt")),
        ),
        (
            "preview",
            json!(format!("{base}/media/{asset}/preview.webp")),
        ),
        ("dead_letters", json!([])),
        ("renditions", json!([])),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    let package = &shown["packages"][0];
    assert_eq!(
        (&package["package"], &package["scheme"], &package["state"]),
        (&json!(1), &json!("cbcs"), &json!("ready"))
    );
    assert!(package["number"].is_i64());
    let steps = shown["progress"]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["label"].is_string()));
}

#[tokio::test]
async fn players_begin_a_growing_title_at_its_start_and_are_told_the_time() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    stage
        .sql(&format!(
            "update assets set state = 'playable', ready_at = null where id = '{asset}'"
        ))
        .await;
    let (_, shown) = stage.get_json(&format!("/api/assets/{asset}")).await;
    assert_eq!(shown["state"], "playable");
    let dash = shown["dash"].as_str().unwrap();
    assert!(dash.ends_with("#t=0"), "{dash}");

    let before = OffsetDateTime::now_utc();
    let answer = stage.get("/api/time").await;
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let told = String::from_utf8(bytes(answer).await).unwrap();
    let told = OffsetDateTime::parse(&told, &Rfc3339).unwrap();
    assert!(
        (before..=OffsetDateTime::now_utc()).contains(&told),
        "{told}"
    );
}

#[tokio::test]
async fn a_cdn_takes_the_place_of_the_portals_media_address() {
    let stage = Stage::with_media_url(Some("https://cdn.example/m")).await;
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    let (_, shown) = stage.get_json(&format!("/api/assets/{asset}")).await;
    let cdn = format!("https://cdn.example/m/{asset}");
    assert_eq!(shown["poster"], format!("{cdn}/poster.jpg"));
    // Manifests have the player's token, which no CDN knows how to put there.
    let dash = shown["dash"].as_str().unwrap();
    let path = dash.strip_prefix("http://portal.example:8080").unwrap();
    let manifest = "<MPD>\n</MPD>\n".as_bytes();
    let object = format!("{asset}/1/stream.mpd");
    stage.put(Bucket::Media, &object, manifest).await;
    let answer = String::from_utf8(bytes(stage.get(path).await).await).unwrap();
    assert_eq!(
        answer,
        format!("<MPD>\n  <BaseURL>{cdn}/1/</BaseURL>\n</MPD>\n")
    );
    let page = stage.get("/").await;
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.contains("connect-src 'self' data: http://127.0.0.1:"),
        "{policy}"
    );
    assert!(policy.contains("https://cdn.example"), "{policy}");
}

#[tokio::test]
async fn the_list_is_paged_from_the_newest_and_filtered_by_state() {
    let stage = Stage::new().await;
    for number in 1..=5 {
        stage.received(&format!("{number}.mp4")).await;
    }
    let mut path = "/api/assets?limit=2".to_owned();
    let mut files = Vec::new();
    loop {
        let (_, page) = stage.get_json(&path).await;
        let assets = page["assets"].as_array().unwrap();
        files.extend(
            assets
                .iter()
                .map(|asset| asset["file"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/assets?limit=2&cursor={next}");
    }
    assert_eq!(files, ["5.mp4", "4.mp4", "3.mp4", "2.mp4", "1.mp4"]);
    let (_, ready) = stage.get_json("/api/assets?state=ready").await;
    assert_eq!(ready, json!({ "assets": [], "next": null }));
    for wrong in ["cursor=x", "state=odd", "limit=-1"] {
        let (status, problem) = stage.get_json(&format!("/api/assets?{wrong}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}: {problem}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let stage = Stage::new().await;
    let id = unknown();
    for (method, path) in [
        (Method::GET, format!("/api/assets/{id}")),
        (Method::GET, format!("/api/assets/{id}/events")),
        (Method::GET, format!("/api/assets/{id}/source")),
        (Method::GET, format!("/api/assets/{id}/key")),
        (Method::GET, format!("/api/assets/{id}/key.cpix")),
        (Method::POST, format!("/api/assets/{id}/retry")),
        (Method::DELETE, format!("/api/assets/{id}")),
        (Method::GET, "/api/assets/no-id".to_owned()),
        (Method::GET, "/api/nothing".to_owned()),
        (Method::GET, "/media/nothing.mp4".to_owned()),
        (Method::GET, "/nothing.js".to_owned()),
    ] {
        let (status, problem) = stage.json(method, &path, Value::Null).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            problem["error"].is_string() && problem["next"].is_string(),
            "{path}: {problem}"
        );
    }
}

#[tokio::test]
async fn a_title_is_followed_through_its_states() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    let mut events = stage
        .get(&format!("/api/assets/{asset}/events"))
        .await
        .into_body();
    let (name, data) = next(&mut events).await;
    assert_eq!(
        (name.as_str(), &data["state"]),
        ("asset", &json!("received"))
    );

    stage.make_ready(asset).await;
    let ready = async {
        loop {
            let (name, data) = next(&mut events).await;
            assert_eq!(name, "asset");
            if data["state"] == "ready" {
                return data;
            }
        }
    };
    let data = tokio::time::timeout(Duration::from_secs(10), ready)
        .await
        .unwrap();
    assert_eq!(data["packages"][0]["state"], "ready");

    stage
        .sql(&format!(
            "update assets set deleted_at = now() where id = '{asset}'"
        ))
        .await;
    stage.announce(asset).await;
    assert_eq!(
        next(&mut events).await,
        ("deleted".to_owned(), json!({ "asset": asset }))
    );
}

#[tokio::test]
async fn the_list_is_followed_too() {
    let stage = Stage::new().await;
    let mut events = stage.get("/api/events").await.into_body();
    let asset = stage.received("a.mp4").await;
    // The listener may connect only now: it is announced until it is heard.
    let heard = async {
        loop {
            stage.announce(asset).await;
            let event = tokio::time::timeout(Duration::from_millis(500), next(&mut events)).await;
            if let Ok((name, data)) = event
                && name == "asset"
            {
                return data;
            }
        }
    };
    let data = tokio::time::timeout(Duration::from_secs(10), heard)
        .await
        .unwrap();
    assert_eq!(
        (&data["asset"], &data["file"]),
        (&json!(asset), &json!("a.mp4"))
    );
    assert!(data.get("packages").is_none());
}

#[tokio::test]
async fn only_what_has_failed_is_retried() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    let path = format!("/api/assets/{asset}/retry");
    let (status, problem) = stage.json(Method::POST, &path, Value::Null).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");

    let failed =
        "update assets set state = 'failed', failed_step = 'transcode', reason = 'It broke.'";
    stage.sql(failed).await;
    let (status, _) = stage.json(Method::POST, &path, Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (ty, data) = stage.broker.first().await;
    assert_eq!(ty, "io.reeldrop.retry.requested.v1");
    assert_eq!(data["asset"], json!(asset));
}

#[tokio::test]
async fn deleting_says_so_and_removes_every_object() {
    let stage = Stage::new().await;
    stage.put(Bucket::Uploads, "a b.mp4", b"video").await;
    let version = stage
        .head(Bucket::Uploads, "a b.mp4")
        .await
        .unwrap()
        .version;
    let asset = stage.received("a b.mp4").await;
    stage
        .sql(&format!("update assets set version = '{version}'"))
        .await;
    for (bucket, path) in [
        (Bucket::Media, "1/v/init.mp4"),
        (Bucket::Work, "clear/v/000000.m4s"),
    ] {
        stage.put(bucket, &format!("{asset}/{path}"), b"x").await;
        stage
            .put(bucket, &format!("{}/{path}", unknown()), b"x")
            .await;
    }
    let path = format!("/api/assets/{asset}");
    let (status, _) = stage.json(Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(stage.broker.first().await.0, "io.reeldrop.asset.deleted.v1");
    assert!(stage.head(Bucket::Uploads, "a b.mp4").await.is_none());
    for (bucket, path) in [
        (Bucket::Media, "1/v/init.mp4"),
        (Bucket::Work, "clear/v/000000.m4s"),
    ] {
        assert!(
            stage
                .head(bucket, &format!("{asset}/{path}"))
                .await
                .is_none()
        );
        assert!(
            stage
                .head(bucket, &format!("{}/{path}", unknown()))
                .await
                .is_some()
        );
    }
}

#[tokio::test]
async fn deleting_a_title_leaves_a_newer_version_of_its_file() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    stage.put(Bucket::Uploads, "a.mp4", b"newer").await;
    let (status, _) = stage
        .json(Method::DELETE, &format!("/api/assets/{asset}"), Value::Null)
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(stage.head(Bucket::Uploads, "a.mp4").await.is_some());
}

#[tokio::test]
async fn the_uploaded_file_can_be_fetched_back() {
    let stage = Stage::new().await;
    stage.put(Bucket::Uploads, "a b.mp4", b"video").await;
    let version = stage
        .head(Bucket::Uploads, "a b.mp4")
        .await
        .unwrap()
        .version;
    let asset = stage.received("a b.mp4").await;
    let path = format!("/api/assets/{asset}/source");
    assert_eq!(stage.get(&path).await.status(), StatusCode::NOT_FOUND);
    stage
        .sql(&format!("update assets set version = '{version}'"))
        .await;
    let response = stage.get(&path).await;
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    let to = response.headers()[header::LOCATION].to_str().unwrap();
    assert_eq!(
        reqwest::get(to).await.unwrap().text().await.unwrap(),
        "video"
    );
}

#[tokio::test]
async fn another_sites_page_changes_nothing() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    let mut foreign = request(
        Method::POST,
        &format!("/api/assets/{asset}/retry"),
        axum::body::Body::empty(),
    );
    foreign
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(stage.send(foreign).await.status(), StatusCode::FORBIDDEN);
}

/// The next event of a stream, past its comments: name and data.
async fn next(body: &mut axum::body::Body) -> (String, Value) {
    loop {
        let frame = body.frame().await.unwrap().unwrap();
        let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
        };
        if let (Some(name), Some(data)) = (field("event:"), field("data:")) {
            return (name, serde_json::from_str(&data).unwrap());
        }
    }
}
