//! Licences, the owner's key, and packaging under another key.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use reeldrop_catalog::ContentKey;
use reeldrop_events::PackageNo;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{KEY, KEY_HEX, KID, KID_HEX, Stage, bytes, request};

async fn with_key(stage: &Stage) -> reeldrop_events::AssetId {
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    let mut key = [0; 16];
    hex::decode_to_slice(KEY_HEX, &mut key).unwrap();
    let key = ContentKey::with_random_iv(Uuid::parse_str(KID_HEX).unwrap(), key);
    stage
        .keys
        .get_or_insert(asset, PackageNo::FIRST, key)
        .await
        .unwrap();
    asset
}

#[tokio::test]
async fn a_clear_key_player_gets_its_licence_from_any_site() {
    let stage = Stage::new().await;
    let asset = with_key(&stage).await;
    let path = format!("/api/assets/{asset}/packages/1/license");
    let body = json!({ "kids": [KID], "type": "temporary" }).to_string();
    let mut asked = request(Method::POST, &path, Body::from(body));
    // As Shaka Player sends it from another site's page.
    asked.headers_mut().remove(header::CONTENT_TYPE);
    asked
        .headers_mut()
        .insert(header::ORIGIN, "https://player.example".parse().unwrap());
    asked
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    let response = stage.send(asked).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let license: Value = serde_json::from_slice(&bytes(response).await).unwrap();
    let expected = json!({ "keys": [{ "kty": "oct", "kid": KID, "k": KEY }], "type": "temporary" });
    assert_eq!(license, expected);

    let mut preflight = request(Method::OPTIONS, &path, Body::empty());
    for (name, value) in [
        ("origin", "https://p.example"),
        ("access-control-request-method", "POST"),
    ] {
        preflight.headers_mut().insert(name, value.parse().unwrap());
    }
    let response = stage.send(preflight).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn a_licence_names_only_keys_of_the_package() {
    let stage = Stage::new().await;
    let asset = with_key(&stage).await;
    for (package, kid) in [(1, KEY), (2, KID)] {
        let path = format!("/api/assets/{asset}/packages/{package}/license");
        let (status, problem) = stage
            .json(Method::POST, &path, json!({ "kids": [kid] }))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{problem}");
    }
    let path = format!("/api/assets/{asset}/packages/1/license");
    let (status, _) = stage.json(Method::POST, &path, json!("nonsense")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_owner_and_identity_players_get_the_same_key() {
    let stage = Stage::new().await;
    let asset = with_key(&stage).await;
    let (_, key) = stage.get_json(&format!("/api/assets/{asset}/key")).await;
    assert_eq!(key, json!({ "key": KEY_HEX, "kid": KID_HEX }));
    let response = stage
        .get(&format!("/api/assets/{asset}/packages/1/key"))
        .await;
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(hex::encode(bytes(response).await), KEY_HEX);
}

#[tokio::test]
async fn rekey_keeps_the_key_and_asks_for_a_package_without_naming_it() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    let path = format!("/api/assets/{asset}/rekey");
    let new = json!({ "key": KEY, "kid": KID, "scheme": "cenc" });
    let (status, answer) = stage.json(Method::POST, &path, new).await;
    assert_eq!(
        (status, &answer["scheme"]),
        (StatusCode::ACCEPTED, &json!("cenc"))
    );

    let kid = Uuid::parse_str(KID_HEX).unwrap();
    let (ty, data) = stage.broker.first().await;
    assert_eq!(ty, "io.reeldrop.rekey.requested.v1");
    assert_eq!(
        data,
        json!({ "asset": asset, "kid": kid, "scheme": "cenc" })
    );
    let kept = stage.keys.by_kid(asset, kid).await.unwrap().unwrap();
    assert_eq!(hex::encode(kept.key), KEY_HEX);

    let other = json!({ "key": KID, "kid": KID });
    let (status, problem) = stage.json(Method::POST, &path, other).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    assert!(
        problem["error"]
            .as_str()
            .unwrap()
            .contains("already names another key")
    );
}

#[tokio::test]
async fn rekey_needs_both_halves_of_a_key_and_a_title_that_can_be_one() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    let path = format!("/api/assets/{asset}/rekey");
    for wrong in [
        json!({}),
        json!({ "key": KEY }),
        json!({ "key": KEY, "kid": KID, "scheme": "none" }),
    ] {
        let (status, problem) = stage.json(Method::POST, &path, wrong).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
    }
    stage
        .sql("update assets set state = 'rejected', rejection = 'No.', reason = 'No.'")
        .await;
    let (status, problem) = stage
        .json(Method::POST, &path, json!({ "key": KEY, "kid": KID }))
        .await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    assert!(stage.broker.events().is_empty());
}
