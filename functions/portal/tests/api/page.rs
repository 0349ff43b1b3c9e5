//! The page, and what every answer says to browsers.

use axum::http::{StatusCode, header};

use crate::support::{Stage, bytes, unknown};

#[tokio::test]
async fn the_page_is_served_under_both_its_addresses_or_says_how_to_build_it() {
    let stage = Stage::new().await;
    for (path, base) in [
        ("/".to_owned(), "./"),
        (format!("/watch/{}", unknown()), "../"),
    ] {
        let response = stage.get(&path).await;
        let built = response.status() == StatusCode::OK;
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        let html = String::from_utf8(bytes(response).await).unwrap();
        match built {
            true => assert!(html.contains(&format!("<base href=\"{base}\"")), "{html}"),
            false => assert!(html.contains("make page"), "{html}"),
        }
    }
}

#[tokio::test]
async fn browsers_are_told_to_load_nothing_from_elsewhere() {
    let stage = Stage::new().await;
    let response = stage.get("/").await;
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self';",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(response.headers()[name], value);
    }
}
