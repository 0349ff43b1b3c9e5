//! What lies in the buckets, put there and looked at as others would.

use reeldrop_store::{Bucket, ObjectInfo, testing::TestBuckets};
use serde_json::Value;

use super::Stage;

impl Stage {
    /// Stores an object as another program would.
    pub(crate) async fn put(&self, bucket: Bucket, object: &str, body: &[u8]) {
        let at = TestBuckets::location(bucket, object);
        let kind = Some("video/iso.segment");
        self.buckets.put(&at, kind, &[], body.to_vec()).await;
    }

    pub(crate) async fn head(&self, bucket: Bucket, object: &str) -> Option<ObjectInfo> {
        let at = TestBuckets::location(bucket, object);
        self.buckets.store.head(&at).await.unwrap()
    }
}

/// Puts a body where the portal said, as a browser would; answers with the ETag.
pub(crate) async fn put(url: &Value, headers: &Value, body: Vec<u8>) -> String {
    let mut request = reqwest::Client::new().put(url.as_str().unwrap()).body(body);
    for (name, value) in headers.as_object().into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap());
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    response.headers()["etag"].to_str().unwrap().to_owned()
}
