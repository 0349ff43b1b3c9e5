//! The media bucket, as players fetch from it.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use reeldrop_store::Bucket;

use crate::support::{Stage, bytes, request};

const PATH: &str = "/media/a/1/v/000001.m4s";
const OBJECT: &str = "a/1/v/000001.m4s";

async fn stage() -> Stage {
    let stage = Stage::new().await;
    let body: Vec<u8> = (0..=255).cycle().take(1000).collect();
    stage.put(Bucket::Media, OBJECT, &body).await;
    stage
}

#[tokio::test]
async fn a_segment_is_served_whole_to_any_site() {
    let stage = stage().await;
    let response = stage.get(PATH).await;
    assert_eq!(response.status(), StatusCode::OK);
    for (name, value) in [
        ("content-length", "1000"),
        ("content-type", "video/iso.segment"),
        ("accept-ranges", "bytes"),
        ("access-control-allow-origin", "*"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    assert_eq!(bytes(response).await.len(), 1000);
}

#[tokio::test]
async fn ranges_are_served_as_they_were_asked_for() {
    let stage = stage().await;
    for (range, status, named, first, length) in [
        ("bytes=0-9", 206, "bytes 0-9/1000", 0, 10),
        ("bytes=990-", 206, "bytes 990-999/1000", 222, 10),
        ("bytes=990-5000", 206, "bytes 990-999/1000", 222, 10),
        ("bytes=-10", 206, "bytes 990-999/1000", 222, 10),
        ("lines=1-2", 200, "", 0, 1000),
    ] {
        let mut asked = request(Method::GET, PATH, Body::empty());
        asked
            .headers_mut()
            .insert(header::RANGE, range.parse().unwrap());
        let response = stage.send(asked).await;
        assert_eq!(response.status().as_u16(), status, "{range}");
        let header = response.headers().get(header::CONTENT_RANGE);
        assert_eq!(
            header.map_or("", |value| value.to_str().unwrap()),
            named,
            "{range}"
        );
        assert_eq!(
            response.headers()[header::CONTENT_LENGTH],
            length.to_string()
        );
        let body = bytes(response).await;
        assert_eq!((body.len(), body[0]), (length, first), "{range}");
    }
}

#[tokio::test]
async fn a_range_past_the_end_is_refused_with_the_size() {
    let stage = stage().await;
    let mut asked = request(Method::GET, PATH, Body::empty());
    asked
        .headers_mut()
        .insert(header::RANGE, "bytes=1000-".parse().unwrap());
    let response = stage.send(asked).await;
    assert_eq!(response.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(response.headers()[header::CONTENT_RANGE], "bytes */1000");
}

#[tokio::test]
async fn what_a_player_has_already_is_not_sent_again() {
    let stage = stage().await;
    let head = stage.send(request(Method::HEAD, PATH, Body::empty())).await;
    assert_eq!(head.headers()[header::CONTENT_LENGTH], "1000");
    let etag = head.headers()[header::ETAG].clone();

    let mut asked = request(Method::GET, PATH, Body::empty());
    asked
        .headers_mut()
        .insert(header::IF_NONE_MATCH, etag.clone());
    let response = stage.send(asked).await;
    assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    assert!(bytes(response).await.is_empty());

    for (condition, status) in [(etag.to_str().unwrap(), 206), ("\"older\"", 200)] {
        let mut asked = request(Method::GET, PATH, Body::empty());
        asked
            .headers_mut()
            .insert(header::RANGE, "bytes=0-9".parse().unwrap());
        asked
            .headers_mut()
            .insert(header::IF_RANGE, condition.parse().unwrap());
        assert_eq!(stage.send(asked).await.status().as_u16(), status);
    }
}
