//! Keys as key servers bring them.

use axum::http::{Method, StatusCode, header};
use reeldrop_events::PackageNo;
use serde_json::json;
use uuid::Uuid;

use crate::support::{KEY, KEY_HEX, KID, KID_HEX, Stage, bytes};

/// A box of Widevine for the key id.
const PSSH: &str = "AAAANHBzc2gAAAAA7e+LqXnWSs6jyCfc1R0h7QAAABQIARIQoW5AK5BW43HzbTSKpiu3SQ==";

/// What a key server answers: the key, and Widevine's and FairPlay's initialisation data.
fn document() -> String {
    let kid = Uuid::parse_str(KID_HEX).unwrap();
    format!(
        r#"<CPIX xmlns="urn:dashif:org:cpix" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc">
  <ContentKeyList>
    <ContentKey kid="{kid}" explicitIV="CQkJCQkJCQkJCQkJCQkJCQ==" commonEncryptionScheme="cbcs">
      <Data><pskc:Secret><pskc:PlainValue>{KEY}==</pskc:PlainValue></pskc:Secret></Data>
    </ContentKey>
  </ContentKeyList>
  <DRMSystemList>
    <DRMSystem kid="{kid}" systemId="edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"><PSSH>{PSSH}</PSSH></DRMSystem>
    <DRMSystem kid="{kid}" systemId="94ce86fb-07ff-4f43-adb8-93d2fa968ca2">
      <URIExtXKey>c2tkOi8va2V5LmV4YW1wbGUvMQ==</URIExtXKey>
    </DRMSystem>
  </DRMSystemList>
</CPIX>"#
    )
}

#[tokio::test]
async fn a_title_is_packaged_again_with_what_a_key_server_says() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    let path = format!("/api/assets/{asset}/rekey");
    let (status, answer) = stage
        .json(Method::POST, &path, json!({ "cpix": document() }))
        .await;
    assert_eq!(
        (status, &answer["scheme"]),
        (StatusCode::ACCEPTED, &json!("cbcs"))
    );
    let kid = Uuid::parse_str(KID_HEX).unwrap();
    let kept = stage.keys.by_kid(asset, kid).await.unwrap().unwrap();
    assert_eq!(
        (hex::encode(kept.key), kept.iv),
        (KEY_HEX.to_owned(), [9; 16])
    );
    let said = kept.document.unwrap();
    assert!(said.contains(PSSH) && !said.contains(KEY), "{said}");
    let (_, data) = stage.broker.first().await;
    assert_eq!(data["described"], 1, "{data}");

    // The key alone leaves what is known of it.
    let again = json!({ "key": KEY, "kid": KID });
    stage.json(Method::POST, &path, again).await;
    let kept = stage.keys.by_kid(asset, kid).await.unwrap().unwrap();
    assert_eq!(kept.document, Some(said));
}

#[tokio::test]
async fn each_change_of_what_a_key_server_says_is_another_request() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    let path = format!("/api/assets/{asset}/rekey");
    let other = document().replace("c2tkOi8va2V5LmV4YW1wbGUvMQ==", "c2tkOi8vYg==");
    for (document, described) in [
        (document(), 1),
        (document(), 1),
        (other, 2),
        (document(), 3),
    ] {
        let asked = json!({ "cpix": document });
        stage.json(Method::POST, &path, asked).await;
        let (_, data) = stage.broker.events().pop().unwrap();
        assert_eq!(data["described"], described);
    }
}

#[tokio::test]
async fn an_upload_brings_what_a_key_server_says() {
    let stage = Stage::new().await;
    let new = json!({ "name": "a.mp4", "size_bytes": 5, "cpix": document() });
    let (status, plan) = stage.json(Method::POST, "/api/uploads", new).await;
    assert_eq!(status, StatusCode::CREATED, "{plan}");
    let object = plan["object"].as_str().unwrap();
    let said = stage.keys.upload_document(object).await.unwrap().unwrap();
    assert!(said.contains(PSSH) && !said.contains(KEY), "{said}");
    assert_eq!(
        plan["headers"]["x-amz-meta-reeldrop-kid"], KID_HEX,
        "{plan}"
    );
    assert_eq!(plan["headers"]["x-amz-meta-reeldrop-scheme"], "cbcs");
    assert!(!plan.to_string().contains(KEY));
}

#[tokio::test]
async fn a_document_that_cannot_be_used_says_why() {
    let stage = Stage::new().await;
    let whole = document();
    let two = whole.replacen(
        "</ContentKeyList>",
        &format!(
            r#"<ContentKey kid="{}"><Data><pskc:Secret><pskc:PlainValue>{KEY}==</pskc:PlainValue>
               </pskc:Secret></Data></ContentKey></ContentKeyList>"#,
            Uuid::from_u128(1)
        ),
        1,
    );
    for (new, says) in [
        (json!({ "cpix": "<CPIX" }), "CPIX document"),
        (json!({ "cpix": two }), "several keys"),
        (
            json!({ "cpix": whole, "scheme": "cenc" }),
            "wants cbcs and not cenc",
        ),
        (
            json!({ "cpix": whole, "key": KEY, "kid": KID }),
            "beside a CPIX document",
        ),
        (
            json!({ "cpix": whole.replace(PSSH, "AAAA") }),
            "not one whole pssh box",
        ),
        (
            json!({ "cpix": whole.replace(&format!("{KEY}=="), "AAAA") }),
            "CPIX document",
        ),
    ] {
        let mut new = new;
        new["name"] = json!("a.mp4");
        new["size_bytes"] = json!(5);
        let (status, problem) = stage.json(Method::POST, "/api/uploads", new).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        let error = problem["error"].as_str().unwrap();
        assert!(
            error.contains(says) && !error.contains(KEY),
            "{says}: {error}"
        );
    }
}

#[tokio::test]
async fn the_owner_gets_the_key_as_a_document_that_can_be_sent_again() {
    let stage = Stage::new().await;
    let asset = stage.received("a.mp4").await;
    stage.make_ready(asset).await;
    let (key, _) = {
        let path = format!("/api/assets/{asset}/rekey");
        let asked = json!({ "cpix": document() });
        stage.json(Method::POST, &path, asked).await;
        let kid = Uuid::parse_str(KID_HEX).unwrap();
        let key = stage.keys.by_kid(asset, kid).await.unwrap().unwrap();
        let first = stage.keys.get_or_insert(asset, PackageNo::FIRST, key);
        (first.await.unwrap(), ())
    };
    let response = stage.get(&format!("/api/assets/{asset}/key.cpix")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/xml");
    let text = String::from_utf8(bytes(response).await).unwrap();
    assert!(
        text.contains(PSSH) && text.contains(&asset.to_string()),
        "{text}"
    );
    let other = stage.received("b.mp4").await;
    let path = format!("/api/assets/{other}/rekey");
    let (status, problem) = stage
        .json(Method::POST, &path, json!({ "cpix": text }))
        .await;
    assert_eq!(status, StatusCode::ACCEPTED, "{problem}");
    let kept = stage.keys.by_kid(other, key.kid).await.unwrap().unwrap();
    assert_eq!(kept, key);
    let (status, _) = stage
        .get_json(&format!("/api/assets/{}/key.cpix", Uuid::nil()))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
