//! What Reeldrop relies on, against a real S3 endpoint.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod objects;
mod reading;
mod signing;
mod streaming;

use std::{collections::BTreeMap, time::Duration};

use reeldrop_store::{Bucket, Location, SignedRequest, testing::TestBuckets};

const MINUTE: Duration = Duration::from_secs(60);

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn upload(object: &str) -> Location {
    TestBuckets::location(Bucket::Uploads, object)
}

/// Puts an object as an uploader would.
async fn put(buckets: &TestBuckets, object: &str, body: Vec<u8>) -> Location {
    let at = upload(object);
    let signed = buckets
        .store
        .presign_put(&at, None, &BTreeMap::new(), MINUTE)
        .await
        .unwrap();
    let response = send(&signed, body).await;
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    at
}

/// Sends a signed request, as a browser would: with the headers that it names and no others.
async fn send(signed: &SignedRequest, body: Vec<u8>) -> reqwest::Response {
    let method = signed.method.parse().unwrap();
    let mut request = reqwest::Client::new()
        .request(method, &signed.url)
        .body(body);
    for (name, value) in &signed.headers {
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}
