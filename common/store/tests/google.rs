//! The contract of the store, against a fake of Google Cloud Storage that speaks its interfaces.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod contract;

use std::{collections::BTreeMap, convert::Infallible};

use bytes::Bytes;
use contract::{MINUTE, bytes, send, upload};
use futures::stream;
use reeldrop_store::{
    Location, StoreError,
    testing::{Fault, GoogleBuckets as Buckets},
};

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

/// A part, and what it is named by.
async fn part(buckets: &Buckets, at: &Location, id: &str) -> (i32, String) {
    let signed = buckets.store.presign_part(at, id, 1, MINUTE).await;
    let response = send(&signed.unwrap(), bytes(77)).await;
    (1, response.headers()["etag"].to_str().unwrap().to_owned())
}

#[tokio::test]
async fn uploads_in_parts_outlast_what_passes() {
    let buckets = Buckets::start().await;
    let (at, none) = (upload("film.mp4"), BTreeMap::new());
    buckets.fail("?uploads", 2, Fault::Status(503));
    buckets.fail("?uploads", 1, Fault::BreaksOff);
    let id = buckets.store.create_multipart(&at, None, &none).await;
    assert_eq!(buckets.requests("?uploads"), 4);
    let id = id.unwrap();
    let part = part(&buckets, &at, &id).await;
    buckets.fail("POST /uploads/film.mp4?uploadId=", 1, Fault::Status(500));
    let complete = buckets.store.complete_multipart(&at, &id, vec![part]);
    complete.await.unwrap();
    assert_eq!(buckets.store.get(&at, 100).await.unwrap(), bytes(77));
}

#[tokio::test]
async fn an_upload_whose_last_answer_got_lost_is_complete() {
    let buckets = Buckets::start().await;
    let (at, none) = (upload("film.mp4"), BTreeMap::new());
    let id = buckets
        .store
        .create_multipart(&at, None, &none)
        .await
        .unwrap();
    let part = part(&buckets, &at, &id).await;
    buckets.fail("POST /uploads/film.mp4?uploadId=", 1, Fault::AnswerLost);
    let complete = buckets
        .store
        .complete_multipart(&at, &id, vec![part.clone()]);
    complete.await.unwrap();
    assert_eq!(buckets.requests("POST /uploads/film.mp4?uploadId="), 2);
    // Asked again by itself, it is an upload that is not there.
    let again = buckets.store.complete_multipart(&at, &id, vec![part]).await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");

    let id = buckets
        .store
        .create_multipart(&at, None, &none)
        .await
        .unwrap();
    buckets.fail("DELETE /uploads/film.mp4?uploadId=", 1, Fault::AnswerLost);
    buckets.store.abort_multipart(&at, &id).await.unwrap();
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    let buckets = Buckets::start().await;
    let (at, none) = (upload("film.mp4"), BTreeMap::new());
    buckets.fail("?uploads", 9, Fault::Status(403));
    let id = buckets.store.create_multipart(&at, None, &none).await;
    assert!(matches!(id, Err(StoreError::Refused { .. })), "{id:?}");
    assert_eq!(buckets.requests("?uploads"), 1);
}

#[tokio::test]
async fn what_does_not_pass_ends_after_some_tries_and_tells_no_session() {
    let buckets = Buckets::start().await;
    let (at, none) = (upload("film.mp4"), BTreeMap::new());
    buckets.fail("?uploads", 9, Fault::BreaksOff);
    let error = buckets
        .store
        .create_multipart(&at, None, &none)
        .await
        .unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(buckets.requests("?uploads"), 4);

    buckets.fail("upload_id=", 99, Fault::BreaksOff);
    let pieces = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"a film"))]);
    let put = buckets.store.put_stream(&at, pieces, None, &none).await;
    let error = put.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(buckets.requests("upload_id=") > 0, "it went by a session");
    let told = format!("{error} {error:?}");
    assert!(!told.contains("upload_id"), "{told}");
}

#[tokio::test]
async fn a_failed_precondition_of_the_bucket_is_no_other_version() {
    let buckets = Buckets::start().await;
    buckets.fail("GetObject", 1, Fault::Grpc(9));
    let looked = buckets.store.head(&upload("film.mp4")).await;
    assert!(
        matches!(looked, Err(StoreError::Refused { .. })),
        "{looked:?}"
    );
}

#[tokio::test]
async fn who_may_not_sign_is_told_which_role_is_missing_and_not_to_try_again() {
    let at = upload("film.mp4");
    let sign = async |status| {
        let buckets = Buckets::start_unable_to_sign(status).await;
        buckets.store.presign_get(&at, MINUTE).await.unwrap_err()
    };
    let error = sign(403).await;
    assert!(!error.is_transient(), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("roles/iam.serviceAccountTokenCreator"),
        "{text}"
    );
    assert!(text.contains("IAM's words"), "{text}");
    for passing in [408, 429, 500, 503] {
        let error = sign(passing).await;
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    }
    // An account that is not there is not an object that is not there.
    let error = sign(404).await;
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
}
