//! What others do with addresses that were signed for them.

use std::{collections::BTreeMap, time::Duration};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{MINUTE, bytes, send, upload};
use crate::Buckets;

#[tokio::test]
async fn metadata_goes_round_through_a_signed_upload() {
    let buckets = Buckets::start().await;
    let at = upload("with metadata.mp4");
    let name = utf8_percent_encode("Grüße \"漢字\".mp4", NON_ALPHANUMERIC).to_string();
    let metadata = BTreeMap::from([
        ("reeldrop-name".to_owned(), name),
        ("reeldrop-scheme".to_owned(), "cenc".to_owned()),
    ]);
    let signed = buckets
        .store
        .presign_put(&at, Some("video/mp4"), &metadata, MINUTE)
        .await
        .unwrap();
    assert_eq!(send(&signed, bytes(10)).await.status(), 200);
    let info = buckets.store.head(&at).await.unwrap().unwrap();
    assert_eq!(info.metadata, metadata);
    assert_eq!(info.content_type.as_deref(), Some("video/mp4"));
    let name = percent_decode_str(&info.metadata["reeldrop-name"])
        .decode_utf8()
        .unwrap();
    assert_eq!(name, "Grüße \"漢字\".mp4");
}

#[tokio::test]
async fn a_signed_upload_is_good_for_its_object_only() {
    let buckets = Buckets::start().await;
    let at = upload("mine.mp4");
    let mut signed = buckets
        .store
        .presign_put(&at, None, &BTreeMap::new(), MINUTE)
        .await
        .unwrap();
    signed.url = signed.url.replace("mine.mp4", "other.mp4");
    assert_eq!(send(&signed, bytes(10)).await.status(), 403);
    let year = Duration::from_secs(365 * 24 * 3600);
    assert!(buckets.store.presign_get(&at, year).await.is_err());
}

#[tokio::test]
async fn signed_parts_become_one_object_when_they_are_joined() {
    let buckets = Buckets::start().await;
    let at = upload("parts of it.mp4");
    let metadata = BTreeMap::from([("reeldrop-scheme".to_owned(), "none".to_owned())]);
    let id = buckets
        .store
        .create_multipart(&at, Some("video/mp4"), &metadata)
        .await
        .unwrap();
    let (first, second) = (bytes(5 << 20), bytes(77));
    let mut parts = Vec::new();
    for (number, body) in [(1, first.clone()), (2, second.clone())] {
        let signed = buckets
            .store
            .presign_part(&at, &id, number, MINUTE)
            .await
            .unwrap();
        let response = send(&signed, body).await;
        parts.push((
            number,
            response.headers()["etag"].to_str().unwrap().to_owned(),
        ));
    }
    assert_eq!(
        buckets.store.head(&at).await.unwrap(),
        None,
        "not before it is whole"
    );
    buckets
        .store
        .complete_multipart(&at, &id, parts.clone())
        .await
        .unwrap();
    let info = buckets.store.head(&at).await.unwrap().unwrap();
    assert_eq!(
        (info.size_bytes, &info.metadata),
        ((5 << 20) + 77, &metadata)
    );
    assert_eq!(
        buckets.store.get(&at, u64::MAX).await.unwrap(),
        [first, second].concat()
    );
}
