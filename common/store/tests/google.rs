//! The contract of the store, against a fake of Google Cloud Storage that speaks its interfaces.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod contract;

use std::collections::BTreeMap;

use contract::{MINUTE, bytes, send, upload};
use reeldrop_store::testing::GoogleBuckets as Buckets;

#[tokio::test]
async fn a_version_is_the_generation_that_events_name() {
    let buckets = Buckets::start().await;
    let at = upload("film.mp4");
    let (mut generations, none) = (Vec::new(), BTreeMap::new());
    for body in [bytes(10), bytes(20)] {
        let put = buckets.store.presign_put(&at, None, &none, MINUTE);
        assert_eq!(send(&put.await.unwrap(), body).await.status(), 200);
        let info = buckets.store.head(&at).await.unwrap().unwrap();
        generations.push(info.version.parse::<i64>().unwrap());
    }
    assert!(generations[0] < generations[1], "{generations:?}");
}

#[tokio::test]
async fn metadata_that_is_not_ascii_is_not_signed() {
    let buckets = Buckets::start().await;
    let metadata = BTreeMap::from([("reeldrop-name".to_owned(), "Gr\u{fc}\u{df}e".to_owned())]);
    let put = buckets
        .store
        .presign_put(&upload("film.mp4"), None, &metadata, MINUTE)
        .await;
    let error = put.unwrap_err().to_string();
    assert!(error.contains("x-goog-meta-reeldrop-name"), "{error}");
}
