//! From what Google says of an upload to its bytes: names and versions are the same on both sides.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{collections::BTreeMap, convert::Infallible};

use axum::body::Bytes;
use base64::{Engine, prelude::BASE64_STANDARD};
use bucket_source::{BucketSource, Callers, Config, Notification};
use futures::stream;
use reeldrop_events::{Incoming, Source, UploadFinalized};
use reeldrop_runtime::Function;
use reeldrop_store::{Bucket, Location, Store, StoreError, testing::GoogleBuckets};
use serde_json::json;

const OBJECT: &str = "Ferien 2026/Gr\u{f6}\u{df}e +1 50%.mkv";

/// Uploads a file, and returns the notification that Google pushes for it.
async fn upload(store: &Store, body: &'static [u8]) -> String {
    let at = GoogleBuckets::location(Bucket::Uploads, OBJECT);
    let pieces = stream::iter([Ok::<_, Infallible>(Bytes::from_static(body))]);
    let none = BTreeMap::new();
    let info = store.put_stream(&at, pieces, None, &none).await.unwrap();
    let resource = json!({"name": OBJECT, "size": info.size_bytes.to_string()});
    let message = json!({"message": {
        "attributes": {
            "eventType": "OBJECT_FINALIZE",
            "bucketId": at.bucket,
            "objectId": OBJECT,
            "objectGeneration": info.version,
        },
        "data": BASE64_STANDARD.encode(resource.to_string()),
    }});
    message.to_string()
}

/// What bucket-source makes of a notification.
async fn source(notification: &str) -> Source {
    let function = BucketSource::new(Config {
        uploads_bucket: "uploads".to_owned(),
        callers: Callers::Anyone,
    });
    let notification = Notification::decode_plain(notification.as_bytes());
    let events = function.handle(notification.unwrap().unwrap()).await;
    let [event] = <[_; 1]>::try_from(events.unwrap().into_vec()).unwrap();
    let finalized: UploadFinalized = serde_json::from_value(event.data).unwrap();
    finalized.source
}

/// Reads the file as functions do: this version of it and no other.
async fn read(store: &Store, source: &Source) -> Result<Bytes, StoreError> {
    let reader = store.reader(Location::from(source), source.size_bytes);
    let reader = reader.of_version(&source.version);
    let whole = usize::try_from(source.size_bytes).unwrap();
    tokio::task::spawn_blocking(move || reader.read_at(0, whole))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_google_announces_is_read_by_what_the_event_says() {
    let buckets = GoogleBuckets::start().await;
    let announced = source(&upload(&buckets.store, b"a film").await).await;
    assert_eq!(announced.object, OBJECT);
    assert_eq!(read(&buckets.store, &announced).await.unwrap(), "a film");
    let again = source(&upload(&buckets.store, b"b film").await).await;
    assert_eq!(read(&buckets.store, &again).await.unwrap(), "b film");
    let error = read(&buckets.store, &announced).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed(_)), "{error}");
}
