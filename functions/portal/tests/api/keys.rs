//! Licences, the owner's key, and packaging under another key.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use reeldrop_catalog::{ContentKey, KeyStore, MasterKey};
use reeldrop_events::PackageNo;
use reeldrop_store::{Bucket, testing::TestBuckets};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{EARLIER_MASTER_KEY, KEY, KEY_HEX, KID, KID_HEX, Stage, bytes, request};

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
    let token = stage.token(asset).await;
    let path = format!("/api/assets/{asset}/packages/1/license?token={token}");
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
    let token = stage.token(asset).await;
    for (package, kid) in [(1, KEY), (2, KID)] {
        let path = format!("/api/assets/{asset}/packages/{package}/license?token={token}");
        let (status, problem) = stage
            .json(Method::POST, &path, json!({ "kids": [kid] }))
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{problem}");
    }
    let path = format!("/api/assets/{asset}/packages/1/license?token={token}");
    let (status, _) = stage.json(Method::POST, &path, json!("nonsense")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_owner_and_identity_players_get_the_same_key() {
    let stage = Stage::new().await;
    let asset = with_key(&stage).await;
    let (_, key) = stage.get_json(&format!("/api/assets/{asset}/key")).await;
    assert_eq!(key, json!({ "key": KEY_HEX, "kid": KID_HEX }));
    let token = stage.token(asset).await;
    let response = stage
        .get(&format!("/api/assets/{asset}/packages/1/key?token={token}"))
        .await;
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(hex::encode(bytes(response).await), KEY_HEX);
}

#[tokio::test]
async fn keys_of_an_earlier_master_key_are_wrapped_again() {
    let stage = Stage::new().await;
    let asset = with_key(&stage).await;
    let under = |master| KeyStore::new(stage.database.catalog.clone(), master);
    let earlier = under(MasterKey::new(&EARLIER_MASTER_KEY));
    let key = ContentKey::with_random_iv(Uuid::from_u128(7), [7; 16]);
    earlier.stage(asset, &key).await.unwrap();
    let rewrap = async |body| stage.json(Method::POST, "/api/keys/rewrap", body).await;
    let done = |rewrapped: u8| json!({ "looked_at": 2, "rewrapped": rewrapped, "unreadable": 0, "next": null });
    assert_eq!(rewrap(json!({})).await, (StatusCode::OK, done(1)));
    assert_eq!(rewrap(json!({})).await, (StatusCode::OK, done(0)));
    let after = json!({ "after": { "asset": asset, "kid": Uuid::max() } });
    let (_, rest) = rewrap(after).await;
    assert_eq!(rest["looked_at"], 0);
    let found = under(MasterKey::new(&[3; 32])).by_kid(asset, key.kid).await;
    assert_eq!(found.unwrap(), Some(key));
    let (status, _) = rewrap(json!({ "after": "x" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
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

#[tokio::test]
async fn a_player_without_the_titles_own_token_gets_no_key_and_is_told_why() {
    let stage = Stage::new().await;
    let asset = with_key(&stage).await;
    let other = stage.received("b.mp4").await;
    stage.make_ready(other).await;
    let foreign = stage.token(other).await;
    for (token, says) in [
        (String::new(), "has no token"),
        ("?token=nonsense".to_owned(), "is none"),
        (format!("?token={foreign}"), "not for this title"),
    ] {
        let path = format!("/api/assets/{asset}/packages/1/key{token}");
        let (status, problem) = stage.get_json(&path).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(
            problem["error"].as_str().unwrap().contains(says),
            "{problem}"
        );
        assert!(
            problem["next"].as_str().unwrap().contains("/api/assets/"),
            "{problem}"
        );
        let path = format!("/api/assets/{asset}/packages/1/license{token}");
        let body = json!({ "kids": [KID] });
        let (status, _) = stage.json(Method::POST, &path, body).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn manifests_carry_the_token_to_the_licence_service() {
    let stage = Stage::new().await;
    let asset = with_key(&stage).await;
    let license = format!("/api/assets/{asset}/packages/1/license");
    let mpd = format!("<MPD><dashif:Laurl>{license}</dashif:Laurl></MPD>");
    let object = format!("{asset}/1/stream.mpd");
    stage.put(Bucket::Media, &object, mpd.as_bytes()).await;
    let token = stage.token(asset).await;

    let path = format!("/media/{object}?token={token}");
    let response = stage.get(&path).await;
    assert_eq!(
        response.headers()[header::CACHE_CONTROL],
        "private, max-age=1"
    );
    let etag = response.headers()[header::ETAG].clone();
    let text = String::from_utf8(bytes(response).await).unwrap();
    assert!(
        text.contains(&format!("{license}?token={token}<")),
        "{text}"
    );
    let body = json!({ "kids": [KID] });
    let (status, _) = stage
        .json(Method::POST, &format!("{license}?token={token}"), body)
        .await;
    assert_eq!(status, StatusCode::OK);

    let mut again = request(Method::GET, &path, Body::empty());
    again.headers_mut().insert(header::IF_NONE_MATCH, etag);
    assert_eq!(stage.send(again).await.status(), StatusCode::NOT_MODIFIED);

    // Without a token it is what it is for everyone, and what is no token comes into no manifest.
    let plain = bytes(stage.get(&format!("/media/{object}")).await).await;
    assert_eq!(plain, mpd.as_bytes());
    let wrong = stage
        .get(&format!("/media/{object}?token=%22%3E%3Cx%3E"))
        .await;
    assert_eq!(wrong.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn playlists_come_with_gzip() {
    let stage = Stage::new().await;
    let asset = with_key(&stage).await;
    let playlist = "#EXTM3U\n#EXTINF:6.000000,\n000000.m4s\n".repeat(20);
    let object = format!("{asset}/1/v/index.m3u8");
    let at = TestBuckets::location(Bucket::Media, &object);
    let kind = Some("application/vnd.apple.mpegurl");
    stage.buckets.put(&at, kind, &[], playlist).await;
    let token = stage.token(asset).await;
    for query in [String::new(), format!("?token={token}")] {
        let path = format!("/media/{object}{query}");
        let mut asked = request(Method::GET, &path, Body::empty());
        asked
            .headers_mut()
            .insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
        let response = stage.send(asked).await;
        assert_eq!(
            response.headers()[header::CONTENT_ENCODING],
            "gzip",
            "{path}"
        );
    }
}

#[tokio::test]
async fn who_asks_for_keys_without_end_has_to_wait() {
    let stage = Stage::new().await;
    let asset = with_key(&stage).await;
    let path = |token: &str| format!("/api/assets/{asset}/packages/1/key?token={token}");
    // Who guesses uses up nothing of what others have.
    for _ in 0..200 {
        let refused = stage.get(&path("guess")).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
    let path = path(&stage.token(asset).await);
    let mut last = stage.get(&path).await;
    assert_eq!(last.status(), StatusCode::OK);
    for _ in 0..200 {
        if last.status() == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        last = stage.get(&path).await;
    }
    assert_eq!(last.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers().contains_key(header::RETRY_AFTER));
}
