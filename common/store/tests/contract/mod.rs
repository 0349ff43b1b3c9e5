//! What Reeldrop relies on, whoever provides the buckets: `crate::Buckets` says who.

mod objects;
mod reading;
mod signing;
mod streaming;

use std::{collections::BTreeMap, time::Duration};

use reeldrop_store::{Bucket, Location, SignedRequest};

use crate::Buckets;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

pub(crate) fn upload(object: &str) -> Location {
    Buckets::location(Bucket::Uploads, object)
}

/// Puts an object as an uploader would.
pub(crate) async fn put(buckets: &Buckets, object: &str, body: Vec<u8>) -> Location {
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
pub(crate) async fn send(signed: &SignedRequest, body: Vec<u8>) -> reqwest::Response {
    let method = signed.method.parse().unwrap();
    let mut request = reqwest::Client::new()
        .request(method, &signed.url)
        .body(body);
    for (name, value) in &signed.headers {
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}
