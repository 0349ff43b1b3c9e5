//! Objects that come piece by piece.

use std::{collections::BTreeMap, convert::Infallible};

use bytes::Bytes;

use super::{bytes, upload};
use crate::Buckets;

#[tokio::test]
async fn a_dropped_upload_leaves_nothing() {
    let buckets = Buckets::start().await;
    let at = upload("dropped.mp4");
    let id = buckets
        .store
        .create_multipart(&at, None, &BTreeMap::new())
        .await
        .unwrap();
    buckets.store.abort_multipart(&at, &id).await.unwrap();
    assert_eq!(buckets.store.head(&at).await.unwrap(), None);
}

#[tokio::test]
async fn a_stream_of_any_length_is_stored_whole_or_not_at_all() {
    let buckets = Buckets::start().await;
    let metadata = BTreeMap::from([("reeldrop-scheme".to_owned(), "cbcs".to_owned())]);
    for (name, pieces) in [("none", 0), ("short", 3), ("long", 25)] {
        let at = upload(name);
        let body = futures::stream::iter(
            (0..pieces).map(|_| Ok::<_, Infallible>(Bytes::from(bytes(1 << 20)))),
        );
        let info = buckets
            .store
            .put_stream(&at, body, Some("video/mp4"), &metadata)
            .await
            .unwrap();
        assert_eq!(info.size_bytes, pieces << 20);
        assert_eq!(info.metadata, metadata);
        assert_eq!(info.content_type.as_deref(), Some("video/mp4"));
        assert_eq!(Some(info), buckets.store.head(&at).await.unwrap());
    }
    for pieces in [1, 12] {
        let at = upload("broken off");
        let good = (0..pieces).map(|_| Ok(Bytes::from(bytes(1 << 20))));
        let body = futures::stream::iter(good.chain([Err("the line went dead")]));
        let error = buckets
            .store
            .put_stream(&at, body, None, &metadata)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("the line went dead"), "{error}");
        assert!(error.is_transient());
        assert_eq!(buckets.store.head(&at).await.unwrap(), None);
    }
}
