//! What Reeldrop relies on, against a real S3 endpoint.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod endpoint;

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use bytes::Bytes;
use endpoint::{Endpoint, send};
use futures::TryStreamExt;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reeldrop_events::{AssetId, PackageNo};
use reeldrop_store::{Bucket, Key, Location, StoreError};
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);
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

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

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
    let endpoint = Endpoint::start().await;
    for name in NAMES {
        let at = endpoint.put(name, name.as_bytes().to_vec()).await;
        let info = endpoint.store.head(&at).await.unwrap().unwrap();
        assert_eq!(info.size_bytes, name.len() as u64, "{name}");
        assert!(
            !info.version.is_empty() && !info.version.contains('"'),
            "{}",
            info.version
        );
        assert_eq!(
            endpoint.store.get(&at, 1000).await.unwrap(),
            name.as_bytes()
        );
        let signed = endpoint.store.presign_get(&at, MINUTE).await.unwrap();
        assert_eq!(
            send(&signed, Vec::new()).await.bytes().await.unwrap(),
            name.as_bytes()
        );
        endpoint.store.delete(&at).await.unwrap();
        assert_eq!(endpoint.store.head(&at).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn ranges_are_cut_at_the_end_of_the_object() {
    let endpoint = Endpoint::start().await;
    let at = endpoint.put("ranges", bytes(1000)).await;
    let all = bytes(1000);
    for range in [
        0..1,
        0..1000,
        999..1000,
        100..900,
        990..2000,
        1000..1001,
        5000..6000,
        7..7,
    ] {
        let (start, end) = (range.start.min(1000) as usize, range.end.min(1000) as usize);
        assert_eq!(
            endpoint.store.get_range(&at, range.clone()).await.unwrap(),
            all[start..end],
            "{range:?}"
        );
    }
}

#[tokio::test]
async fn a_stream_of_a_range_knows_the_whole_objects_size() {
    let endpoint = Endpoint::start().await;
    let at = endpoint.put("stream", bytes(100_000)).await;
    let (info, pieces) = endpoint.store.stream(&at, Some(10..50_010)).await.unwrap();
    let pieces: Vec<Bytes> = pieces.try_collect().await.unwrap();
    assert_eq!(info.size_bytes, 100_000);
    assert_eq!(pieces.concat(), bytes(100_000)[10..50_010]);
    let (info, pieces) = endpoint.store.stream(&at, None).await.unwrap();
    let whole: Vec<Bytes> = pieces.try_collect().await.unwrap();
    assert_eq!((info.size_bytes, whole.concat().len()), (100_000, 100_000));
    let beyond = endpoint.store.stream(&at, Some(100_000..100_001)).await;
    assert!(matches!(beyond.err().unwrap(), StoreError::OutOfRange(_)));
}

#[tokio::test]
async fn a_key_is_written_with_its_type_and_cache_rule_and_written_again() {
    let endpoint = Endpoint::start().await;
    let key = segment(AssetId(Uuid::from_u128(1)), 7);
    for body in ["first", "second"] {
        endpoint.store.put(&key, Bytes::from(body)).await.unwrap();
        assert_eq!(
            endpoint
                .store
                .get(&endpoint.store.at(&key), 100)
                .await
                .unwrap(),
            body
        );
    }
    let info = endpoint
        .store
        .head(&endpoint.store.at(&key))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(info.content_type.as_deref(), Some(key.content_type()));
    assert_eq!(info.cache_control.as_deref(), Some(key.cache_control()));
}

#[tokio::test]
async fn metadata_goes_round_through_a_signed_upload() {
    let endpoint = Endpoint::start().await;
    let at = Endpoint::upload("with metadata.mp4");
    let name = utf8_percent_encode("Grüße \"漢字\".mp4", NON_ALPHANUMERIC).to_string();
    let metadata = BTreeMap::from([
        ("reeldrop-name".to_owned(), name),
        ("reeldrop-scheme".to_owned(), "cenc".to_owned()),
    ]);
    let signed = endpoint
        .store
        .presign_put(&at, Some("video/mp4"), &metadata, MINUTE)
        .await
        .unwrap();
    assert_eq!(send(&signed, bytes(10)).await.status(), 200);
    let info = endpoint.store.head(&at).await.unwrap().unwrap();
    assert_eq!(info.metadata, metadata);
    assert_eq!(info.content_type.as_deref(), Some("video/mp4"));
    let name = percent_decode_str(&info.metadata["reeldrop-name"])
        .decode_utf8()
        .unwrap();
    assert_eq!(name, "Grüße \"漢字\".mp4");
}

#[tokio::test]
async fn a_signed_upload_is_good_for_its_object_only() {
    let endpoint = Endpoint::start().await;
    let at = Endpoint::upload("mine.mp4");
    let mut signed = endpoint
        .store
        .presign_put(&at, None, &BTreeMap::new(), MINUTE)
        .await
        .unwrap();
    signed.url = signed.url.replace("mine.mp4", "other.mp4");
    assert_eq!(send(&signed, bytes(10)).await.status(), 403);
    let year = Duration::from_secs(365 * 24 * 3600);
    assert!(endpoint.store.presign_get(&at, year).await.is_err());
}

#[tokio::test]
async fn signed_parts_become_one_object_when_they_are_joined() {
    let endpoint = Endpoint::start().await;
    let at = Endpoint::upload("parts of it.mp4");
    let metadata = BTreeMap::from([("reeldrop-scheme".to_owned(), "none".to_owned())]);
    let id = endpoint
        .store
        .create_multipart(&at, Some("video/mp4"), &metadata)
        .await
        .unwrap();
    let (first, second) = (bytes(5 << 20), bytes(77));
    let mut parts = Vec::new();
    for (number, body) in [(1, first.clone()), (2, second.clone())] {
        let signed = endpoint
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
        endpoint.store.head(&at).await.unwrap(),
        None,
        "not before it is whole"
    );
    endpoint
        .store
        .complete_multipart(&at, &id, parts.clone())
        .await
        .unwrap();
    let info = endpoint.store.head(&at).await.unwrap().unwrap();
    assert_eq!(
        (info.size_bytes, &info.metadata),
        ((5 << 20) + 77, &metadata)
    );
    assert_eq!(
        endpoint.store.get(&at, u64::MAX).await.unwrap(),
        [first, second].concat()
    );
}

#[tokio::test]
async fn a_dropped_upload_leaves_nothing() {
    let endpoint = Endpoint::start().await;
    let at = Endpoint::upload("dropped.mp4");
    let id = endpoint
        .store
        .create_multipart(&at, None, &BTreeMap::new())
        .await
        .unwrap();
    endpoint.store.abort_multipart(&at, &id).await.unwrap();
    assert_eq!(endpoint.store.head(&at).await.unwrap(), None);
}

#[tokio::test]
async fn a_stream_of_any_length_is_stored_whole_or_not_at_all() {
    let endpoint = Endpoint::start().await;
    let metadata = BTreeMap::from([("reeldrop-scheme".to_owned(), "cbcs".to_owned())]);
    for (name, pieces) in [("none", 0), ("short", 3), ("long", 25)] {
        let at = Endpoint::upload(name);
        let body = futures::stream::iter(
            (0..pieces).map(|_| Ok::<_, Infallible>(Bytes::from(bytes(1 << 20)))),
        );
        let info = endpoint
            .store
            .put_stream(&at, body, Some("video/mp4"), &metadata)
            .await
            .unwrap();
        assert_eq!(info.size_bytes, pieces << 20);
        assert_eq!(info.metadata, metadata);
        assert_eq!(info.content_type.as_deref(), Some("video/mp4"));
        assert_eq!(Some(info), endpoint.store.head(&at).await.unwrap());
    }
    for pieces in [1, 12] {
        let at = Endpoint::upload("broken off");
        let good = (0..pieces).map(|_| Ok(Bytes::from(bytes(1 << 20))));
        let body = futures::stream::iter(good.chain([Err("the line went dead")]));
        let error = endpoint
            .store
            .put_stream(&at, body, None, &metadata)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("the line went dead"), "{error}");
        assert!(error.is_transient());
        assert_eq!(endpoint.store.head(&at).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_prefix_is_deleted_and_nothing_else() {
    let endpoint = Endpoint::start().await;
    let (mine, other) = (AssetId(Uuid::from_u128(1)), AssetId(Uuid::from_u128(2)));
    for asset in [mine, other] {
        for number in 0..12 {
            endpoint
                .store
                .put(&segment(asset, number), Bytes::from_static(b"x"))
                .await
                .unwrap();
        }
    }
    let deleted = endpoint
        .store
        .delete_prefix(Bucket::Media, &format!("{mine}/"))
        .await
        .unwrap();
    assert_eq!(deleted, 12);
    assert_eq!(
        endpoint
            .store
            .delete_prefix(Bucket::Media, &format!("{mine}/"))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        endpoint
            .store
            .head(&endpoint.store.at(&segment(mine, 3)))
            .await
            .unwrap(),
        None
    );
    assert!(
        endpoint
            .store
            .head(&endpoint.store.at(&segment(other, 3)))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn what_is_not_there_or_too_large_is_told_apart() {
    let endpoint = Endpoint::start().await;
    let missing = Endpoint::upload("missing");
    let error = endpoint.store.get(&missing, 100).await.unwrap_err();
    assert!(
        matches!(error, StoreError::NotFound(_)) && !error.is_transient(),
        "{error}"
    );
    assert_eq!(endpoint.store.head(&missing).await.unwrap(), None);
    endpoint.store.delete(&missing).await.unwrap();
    let large = endpoint.put("large", bytes(101)).await;
    let error = endpoint.store.get(&large, 100).await.unwrap_err();
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
    let error = endpoint.store.get(&no_bucket, 100).await.unwrap_err();
    assert!(!matches!(error, StoreError::TooLarge { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_reads_across_blocks_and_not_more_than_it_must() {
    const SIZE: usize = 30 << 20;
    let endpoint = Endpoint::start().await;
    let at = endpoint.put("film.mp4", bytes(SIZE)).await;
    let reader = endpoint.store.reader(at, SIZE as u64);
    tokio::task::spawn_blocking(move || {
        let all = bytes(SIZE);
        let block = 256 << 10;
        for (offset, len) in [
            (0, 8),
            (SIZE - 8, 8),
            (block - 3, 6),
            (3 * block - 1, 2 * block),
            (SIZE - 2, 100),
            (SIZE, 10),
            (SIZE + 7, 10),
            (0, 5 << 20),
        ] {
            let expected = &all[offset.min(SIZE)..(offset + len).min(SIZE)];
            assert_eq!(
                reader.read_at(offset as u64, len).unwrap(),
                expected,
                "{len} at {offset}"
            );
        }
        let read = reader.bytes_read();
        assert!(read < 8 << 20, "{read} bytes for a few blocks and 5 MiB");
        for offset in (0..SIZE).step_by(1000) {
            let expected = &all[offset..(offset + 1000).min(SIZE)];
            assert_eq!(
                reader.read_at(offset as u64, 1000).unwrap(),
                expected,
                "at {offset}"
            );
        }
        let read = reader.bytes_read() - read;
        assert!(read <= SIZE as u64, "{read} bytes for one pass");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_a_version_notices_that_it_was_replaced() {
    let endpoint = Endpoint::start().await;
    let at = endpoint.put("film.mp4", bytes(1 << 20)).await;
    let version = endpoint.store.head(&at).await.unwrap().unwrap().version;
    let reader = endpoint
        .store
        .reader(at.clone(), 1 << 20)
        .of_version(&version);
    let other = endpoint.store.reader(at.clone(), 2 << 20);
    let before = reader.clone();
    let read = tokio::task::spawn_blocking(move || before.read_at(0, 10))
        .await
        .unwrap();
    assert_eq!(read.unwrap().len(), 10);
    endpoint.put("film.mp4", vec![0; 1 << 20]).await;
    let read = tokio::task::spawn_blocking(move || reader.read_at(900_000, 10))
        .await
        .unwrap();
    assert!(matches!(read.unwrap_err(), StoreError::Changed(_)));
    let read = tokio::task::spawn_blocking(move || other.read_at(0, 2 << 20))
        .await
        .unwrap();
    assert!(
        matches!(read.unwrap_err(), StoreError::Changed(_)),
        "it is not as long as it was said to be"
    );
}
