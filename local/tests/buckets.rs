//! The S3 endpoint by an ordinary client, and what it announces.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use axum::{Router, http::StatusCode, routing::post};
use reeldrop::{
    broker::{Broker, FixedAddresses},
    manifests::Topology,
    s3::{Endpoint, Settings},
};
use serde_json::Value;
use tempfile::tempdir;
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::{CancellationToken, DropGuard};

const UPLOADS: &str = "reeldrop-uploads";
const MEDIA: &str = "reeldrop-media";

/// What plays bucket-source: keeps the bodies, and refuses the first ones.
#[derive(Clone, Default)]
struct Webhook(Arc<Mutex<Vec<Value>>>);

impl Webhook {
    async fn start(&self, refuse: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (seen, left) = (self.0.clone(), Arc::new(Mutex::new(refuse)));
        let take = async move |body: String| {
            let mut left = left.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            seen.lock()
                .unwrap()
                .push(serde_json::from_str(&body).unwrap());
            StatusCode::ACCEPTED
        };
        tokio::spawn(async { axum::serve(listener, Router::new().route("/", post(take))).await });
        url
    }

    /// Names and ETags of what was announced.
    fn announced(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let object = |body: &Value| {
            let object = &body["Records"][0]["s3"]["object"];
            (text(&object["key"]), text(&object["eTag"]))
        };
        self.0.lock().unwrap().iter().map(object).collect()
    }

    async fn wait_for(&self, count: usize) -> Vec<(String, String)> {
        for _ in 0..500 {
            if self.announced().len() >= count {
                return self.announced();
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("announced: {:?}", self.announced());
    }
}

fn settings(folder: &Path) -> Settings {
    Settings {
        root: folder.join("buckets"),
        drop: folder.join("uploads"),
        records: folder.to_owned(),
        uploads: UPLOADS.to_owned(),
        others: vec![MEDIA.to_owned()],
        access_key: "access".to_owned(),
        secret_key: "secret".to_owned(),
    }
}

/// An endpoint over the folder that calls this webhook, until the guard is dropped.
async fn endpoint(folder: &Path, webhook: &str) -> (Client, DropGuard) {
    let addresses = BTreeMap::from([("bucket-source".to_owned(), webhook.to_owned())]);
    let addresses = Arc::new(FixedAddresses(addresses));
    let topology = Arc::new(Topology::default());
    let queue = folder.join(format!("queue-{}", uuid::Uuid::new_v4()));
    let broker = Arc::new(Broker::open(&queue, topology, addresses.clone()).unwrap());
    let endpoint = Endpoint::open(settings(folder), addresses, broker).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
        .credentials_provider(Credentials::new("access", "secret", None, None, "test"))
        .force_path_style(true)
        .build();
    let stop = CancellationToken::new();
    tokio::spawn(endpoint.serve(listener, stop.clone().cancelled_owned()));
    (Client::from_conf(config), stop.drop_guard())
}

fn body(text: &'static str) -> ByteStream {
    ByteStream::from_static(text.as_bytes())
}

#[tokio::test]
async fn objects_of_any_name_are_put_read_listed_and_deleted() {
    let folder = tempdir().unwrap();
    let webhook = Webhook::default();
    let (client, _stop) = endpoint(folder.path(), &webhook.start(0).await).await;
    let names = [
        "a/b.mp4",
        "Ünï cödé + 100% \"q\".MP4",
        "a/%2E",
        "日本語/映画.mkv",
        "x//y",
        "long/".repeat(40).leak(),
    ];
    for name in names {
        let put = client
            .put_object()
            .bucket(MEDIA)
            .key(name)
            .content_type("video/x-test")
            .metadata("reeldrop-name", "n");
        put.body(body("0123456789")).send().await.unwrap();
        let head = client
            .head_object()
            .bucket(MEDIA)
            .key(name)
            .send()
            .await
            .unwrap();
        assert_eq!(
            head.e_tag(),
            Some("\"781e5e245d69b566979b86e28d23f2c7\""),
            "MD5 of the content"
        );
        assert_eq!(head.content_type(), Some("video/x-test"));
        assert_eq!(head.metadata().unwrap()["reeldrop-name"], "n");
        let get = client
            .get_object()
            .bucket(MEDIA)
            .key(name)
            .range("bytes=2-4")
            .send()
            .await
            .unwrap();
        assert_eq!(get.content_range(), Some("bytes 2-4/10"));
        assert_eq!(get.body.collect().await.unwrap().into_bytes(), "234");
    }
    let listed = client.list_objects_v2().bucket(MEDIA).send().await.unwrap();
    let mut expected = names.to_vec();
    expected.sort_unstable();
    let keys: Vec<_> = listed
        .contents()
        .iter()
        .map(|object| object.key().unwrap())
        .collect();
    assert_eq!(keys, expected);
    let listed = client
        .list_objects_v2()
        .bucket(MEDIA)
        .prefix("a/")
        .delimiter("/")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.contents().len(), 2);
    for name in names {
        client
            .delete_object()
            .bucket(MEDIA)
            .key(name)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(
        std::fs::read_dir(folder.path().join("buckets").join(MEDIA))
            .unwrap()
            .count(),
        0
    );
    let gone = client
        .get_object()
        .bucket(MEDIA)
        .key("a/b.mp4")
        .send()
        .await;
    assert!(gone.unwrap_err().into_service_error().is_no_such_key());
    assert!(webhook.announced().is_empty(), "only uploads are announced");
}

#[tokio::test]
async fn a_listing_comes_in_pages() {
    let folder = tempdir().unwrap();
    let (client, _stop) = endpoint(folder.path(), &Webhook::default().start(0).await).await;
    for number in 0..25 {
        client
            .put_object()
            .bucket(MEDIA)
            .key(format!("t/{number:02}"))
            .body(body("x"))
            .send()
            .await
            .unwrap();
    }
    let mut pages = client
        .list_objects_v2()
        .bucket(MEDIA)
        .prefix("t/")
        .max_keys(10)
        .into_paginator()
        .send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        keys.extend(
            page.unwrap()
                .contents()
                .iter()
                .map(|object| object.key().unwrap().to_owned()),
        );
    }
    assert_eq!(
        keys,
        (0..25)
            .map(|number| format!("t/{number:02}"))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn an_upload_in_parts_is_joined_and_announced_once_complete() {
    let folder = tempdir().unwrap();
    let webhook = Webhook::default();
    let (client, _stop) = endpoint(folder.path(), &webhook.start(0).await).await;
    let begun = client
        .create_multipart_upload()
        .bucket(UPLOADS)
        .key("big.mp4")
        .metadata("k", "v")
        .send()
        .await;
    let id = begun.unwrap().upload_id.unwrap();
    let mut parts = Vec::new();
    for (number, text) in [(2, "world"), (1, "rubbish"), (1, "hello ")] {
        let part = client
            .upload_part()
            .bucket(UPLOADS)
            .key("big.mp4")
            .upload_id(&id)
            .part_number(number);
        let etag = part.body(body(text)).send().await.unwrap().e_tag;
        parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(etag)
                .build(),
        );
    }
    parts.remove(1);
    parts.reverse();
    assert!(webhook.announced().is_empty());
    let parts = CompletedMultipartUpload::builder()
        .set_parts(Some(parts))
        .build();
    let complete = || {
        let complete = client
            .complete_multipart_upload()
            .bucket(UPLOADS)
            .key("big.mp4")
            .upload_id(&id);
        complete.multipart_upload(parts.clone()).send()
    };
    let first = complete().await.unwrap().e_tag.unwrap();
    assert!(first.ends_with("-2\""), "{first}");
    assert_eq!(
        complete().await.unwrap().e_tag.unwrap(),
        first,
        "said twice, it is still complete"
    );
    let get = client
        .get_object()
        .bucket(UPLOADS)
        .key("big.mp4")
        .send()
        .await
        .unwrap();
    assert_eq!(get.metadata().unwrap()["k"], "v");
    assert_eq!(
        get.body.collect().await.unwrap().into_bytes(),
        "hello world"
    );
    assert_eq!(webhook.wait_for(1).await[0].0, "big.mp4");
}

#[tokio::test]
async fn an_upload_is_announced_until_somebody_listens() {
    let folder = tempdir().unwrap();
    let webhook = Webhook::default();
    let (client, _stop) = endpoint(folder.path(), &webhook.start(3).await).await;
    client
        .put_object()
        .bucket(UPLOADS)
        .key("a b+c.mp4")
        .body(body("x"))
        .send()
        .await
        .unwrap();
    assert_eq!(webhook.wait_for(1).await[0].0, "a+b%2Bc.mp4");
}

#[tokio::test]
async fn what_a_kill_left_unannounced_is_announced_at_the_next_start_and_only_once() {
    let folder = tempdir().unwrap();
    let dead = "http://127.0.0.1:9/";
    let (client, stop) = endpoint(folder.path(), dead).await;
    client
        .put_object()
        .bucket(UPLOADS)
        .key("lost.mp4")
        .body(body("x"))
        .send()
        .await
        .unwrap();
    drop(stop);
    sleep(Duration::from_millis(300)).await;

    let webhook = Webhook::default();
    let (_client, stop) = endpoint(folder.path(), &webhook.start(0).await).await;
    assert_eq!(webhook.wait_for(1).await[0].0, "lost.mp4");
    sleep(Duration::from_millis(100)).await;
    drop(stop);
    sleep(Duration::from_millis(300)).await;

    let webhook = Webhook::default();
    let (_client, _stop) = endpoint(folder.path(), &webhook.start(0).await).await;
    sleep(Duration::from_millis(300)).await;
    assert!(webhook.announced().is_empty());
}

#[tokio::test]
async fn a_dropped_file_is_an_upload_and_stays_where_it_is() {
    let folder = tempdir().unwrap();
    let webhook = Webhook::default();
    let url = webhook.start(0).await;
    let (client, stop) = endpoint(folder.path(), &url).await;
    let dropped = folder.path().join("uploads/holiday.MOV");
    std::fs::write(&dropped, "first").unwrap();
    std::fs::write(folder.path().join("uploads/unfinished.mp4.part"), "x").unwrap();
    let first = webhook.wait_for(1).await;
    assert_eq!(first[0].0, "holiday.MOV");
    let head = client
        .head_object()
        .bucket(UPLOADS)
        .key("holiday.MOV")
        .send()
        .await
        .unwrap();
    assert_eq!(head.e_tag().unwrap().trim_matches('"'), first[0].1);
    assert_eq!(head.content_type(), Some("video/quicktime"));

    // Changed in its place it is another version; the same again, or a restart, is none.
    std::fs::write(&dropped, "second").unwrap();
    let second = webhook.wait_for(2).await;
    assert_ne!(second[1].1, first[0].1);
    client
        .delete_object()
        .bucket(UPLOADS)
        .key("holiday.MOV")
        .send()
        .await
        .unwrap();
    drop(stop);
    sleep(Duration::from_millis(300)).await;
    let (_client, _stop) = endpoint(folder.path(), &url).await;
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!(
        webhook.announced().len(),
        2,
        "a deleted title does not come back"
    );
    assert_eq!(std::fs::read_to_string(dropped).unwrap(), "second");
}

#[tokio::test]
async fn a_browser_may_use_signed_addresses_and_nobody_unsigned_ones() {
    let folder = tempdir().unwrap();
    let (client, _stop) = endpoint(folder.path(), &Webhook::default().start(0).await).await;
    let expiry =
        aws_sdk_s3::presigning::PresigningConfig::expires_in(Duration::from_secs(60)).unwrap();
    let signed = client
        .put_object()
        .bucket(UPLOADS)
        .key("a b.mp4")
        .presigned(expiry)
        .await
        .unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let options = http
        .request(reqwest::Method::OPTIONS, signed.uri())
        .header("origin", "http://127.0.0.1:8080");
    let preflight = options
        .header("access-control-request-method", "PUT")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    let put = http
        .put(signed.uri())
        .header("origin", "http://127.0.0.1:8080")
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), 200);
    assert_eq!(put.headers()["access-control-expose-headers"], "etag");
    let unsigned = signed.uri().split('?').next().unwrap();
    assert_eq!(
        http.put(unsigned).body("x").send().await.unwrap().status(),
        403
    );
    assert_eq!(http.get(unsigned).send().await.unwrap().status(), 403);
}
