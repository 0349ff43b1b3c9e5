//! Whole objects: written, looked at, read, deleted.

use bytes::Bytes;
use reeldrop_events::{AssetId, PackageNo};
use reeldrop_store::{Bucket, Key, Location, StoreError};
use uuid::Uuid;

use super::{MINUTE, bytes, put, send, upload};
use crate::Buckets;

const NAMES: [&str; 9] = [
    "plain.mp4",
    "with space.MP4",
    "a+b=c&d.mov",
    "100% \"good\" it's.mkv",
    "%20 stays %2B.webm",
    "Über/größe é e\u{301}.avi",
    "漢字 🎬.ts",
    "a;b,c:d@e$f!g*(h)[i]{j}.mp4",
    "#hash?query=1.mp4",
];

fn segment(asset: AssetId, number: u32) -> Key<'static> {
    Key::Segment {
        asset,
        package: PackageNo::FIRST,
        rendition: "h264-720p",
        number,
    }
}

#[tokio::test]
async fn any_name_is_stored_and_found_again() {
    let buckets = Buckets::start().await;
    for name in NAMES {
        let at = put(&buckets, name, name.as_bytes().to_vec()).await;
        let info = buckets.store.head(&at).await.unwrap().unwrap();
        assert_eq!(info.size_bytes, name.len() as u64, "{name}");
        assert!(
            !info.version.is_empty() && !info.version.contains('"'),
            "{}",
            info.version
        );
        assert_eq!(buckets.store.get(&at, 1000).await.unwrap(), name.as_bytes());
        let signed = buckets.store.presign_get(&at, MINUTE).await.unwrap();
        assert_eq!(
            send(&signed, Vec::new()).await.bytes().await.unwrap(),
            name.as_bytes()
        );
        buckets.store.delete(&at).await.unwrap();
        assert_eq!(buckets.store.head(&at).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn a_key_is_written_with_its_type_and_cache_rule_and_written_again() {
    let buckets = Buckets::start().await;
    let key = segment(AssetId(Uuid::from_u128(1)), 7);
    for body in ["first", "second"] {
        buckets.store.put(&key, Bytes::from(body)).await.unwrap();
        assert_eq!(
            buckets
                .store
                .get(&buckets.store.at(&key), 100)
                .await
                .unwrap(),
            body
        );
    }
    let info = buckets
        .store
        .head(&buckets.store.at(&key))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(info.content_type.as_deref(), Some(key.content_type()));
    assert_eq!(info.cache_control.as_deref(), Some(key.cache_control()));
}

#[tokio::test]
async fn what_is_written_once_stays_what_it_was() {
    let buckets = Buckets::start().await;
    let key = segment(AssetId(Uuid::from_u128(1)), 7);
    for (body, written) in [("first", true), ("second", false)] {
        let done = buckets.store.put_new(&key, Bytes::from(body)).await;
        assert_eq!(done.unwrap(), written, "{body}");
        let stored = buckets.store.get(&buckets.store.at(&key), 100).await;
        assert_eq!(stored.unwrap(), "first");
    }
    let info = buckets.store.head(&buckets.store.at(&key)).await.unwrap();
    assert_eq!(
        info.unwrap().cache_control.as_deref(),
        Some(key.cache_control())
    );
}

#[tokio::test]
async fn a_prefix_is_deleted_and_nothing_else() {
    let buckets = Buckets::start().await;
    let (mine, other) = (AssetId(Uuid::from_u128(1)), AssetId(Uuid::from_u128(2)));
    for asset in [mine, other] {
        for number in 0..12 {
            buckets
                .store
                .put(&segment(asset, number), Bytes::from_static(b"x"))
                .await
                .unwrap();
        }
    }
    let deleted = buckets
        .store
        .delete_prefix(Bucket::Media, &format!("{mine}/"))
        .await
        .unwrap();
    assert_eq!(deleted, 12);
    assert_eq!(
        buckets
            .store
            .delete_prefix(Bucket::Media, &format!("{mine}/"))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        buckets
            .store
            .head(&buckets.store.at(&segment(mine, 3)))
            .await
            .unwrap(),
        None
    );
    assert!(
        buckets
            .store
            .head(&buckets.store.at(&segment(other, 3)))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn what_is_not_there_or_too_large_is_told_apart() {
    let buckets = Buckets::start().await;
    let missing = upload("missing");
    let error = buckets.store.get(&missing, 100).await.unwrap_err();
    assert!(
        matches!(error, StoreError::NotFound(_)) && !error.is_transient(),
        "{error}"
    );
    assert_eq!(buckets.store.head(&missing).await.unwrap(), None);
    buckets.store.delete(&missing).await.unwrap();
    let large = put(&buckets, "large", bytes(101)).await;
    let error = buckets.store.get(&large, 100).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::TooLarge {
                limit_bytes: 100,
                ..
            }
        ),
        "{error}"
    );
    let no_bucket = Location {
        bucket: "no-such-bucket".to_owned(),
        object: "x".to_owned(),
    };
    let error = buckets.store.get(&no_bucket, 100).await.unwrap_err();
    assert!(!matches!(error, StoreError::TooLarge { .. }), "{error}");
}
