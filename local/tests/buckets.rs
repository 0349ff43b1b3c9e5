//! The S3 endpoint by an ordinary client.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod endpoint;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    time::{Duration, SystemTime},
};

use aws_sdk_s3::{
    Client,
    types::{CompletedMultipartUpload, CompletedPart},
};
use endpoint::{UPLOADS, Webhook, body, endpoint};
use tempfile::tempdir;

const MEDIA: &str = "reeldrop-media";

#[tokio::test]
async fn objects_of_any_name_are_put_read_listed_and_deleted() {
    let folder = tempdir().unwrap();
    let webhook = Webhook::default();
    let (client, _stop) = endpoint(folder.path(), &webhook.start(0).await).await;
    let long = "long/".repeat(40);
    let mut names = [
        "a/b.mp4",
        "Ünï cödé + 100% \"q\".MP4",
        "a/%2E",
        "日本語/映画.mkv",
        "x//y",
        &long,
    ];
    for name in names {
        put_and_read(&client, name).await;
    }
    names.sort_unstable();
    let listed = client.list_objects_v2().bucket(MEDIA).send().await.unwrap();
    let keys: Vec<_> = listed
        .contents()
        .iter()
        .map(|object| object.key().unwrap())
        .collect();
    assert_eq!(keys, names);
    let list = client
        .list_objects_v2()
        .bucket(MEDIA)
        .prefix("a/")
        .delimiter("/");
    assert_eq!(list.send().await.unwrap().contents().len(), 2);
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

async fn put_and_read(client: &Client, name: &str) {
    let put = client
        .put_object()
        .bucket(MEDIA)
        .key(name)
        .content_type("video/x-test");
    put.metadata("reeldrop-name", "n")
        .body(body("0123456789"))
        .send()
        .await
        .unwrap();
    let head = client
        .head_object()
        .bucket(MEDIA)
        .key(name)
        .send()
        .await
        .unwrap();
    // The MD5 of the content.
    assert_eq!(head.e_tag(), Some("\"781e5e245d69b566979b86e28d23f2c7\""));
    assert_eq!(head.content_type(), Some("video/x-test"));
    assert_eq!(head.metadata().unwrap()["reeldrop-name"], "n");
    let get = client
        .get_object()
        .bucket(MEDIA)
        .key(name)
        .range("bytes=2-4");
    let get = get.send().await.unwrap();
    assert_eq!(get.content_range(), Some("bytes 2-4/10"));
    assert_eq!(get.body.collect().await.unwrap().into_bytes(), "234");
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

/// Sends parts, some of them twice in other words; gives the upload's id and the last of each.
async fn send_parts(client: &Client) -> (String, CompletedMultipartUpload) {
    let begin = client
        .create_multipart_upload()
        .bucket(UPLOADS)
        .key("big.mp4")
        .metadata("k", "v");
    let id = begin.send().await.unwrap().upload_id.unwrap();
    let mut parts = BTreeMap::new();
    for (number, text) in [(2, "world"), (1, "rubbish"), (1, "hello ")] {
        let part = client
            .upload_part()
            .bucket(UPLOADS)
            .key("big.mp4")
            .upload_id(&id)
            .part_number(number);
        let etag = part.body(body(text)).send().await.unwrap().e_tag;
        parts.insert(
            number,
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(etag)
                .build(),
        );
    }
    let parts = Some(parts.into_values().collect());
    (
        id,
        CompletedMultipartUpload::builder().set_parts(parts).build(),
    )
}

#[tokio::test]
async fn an_upload_in_parts_is_joined_and_announced_once_complete() {
    let folder = tempdir().unwrap();
    let webhook = Webhook::default();
    let (client, _stop) = endpoint(folder.path(), &webhook.start(0).await).await;
    let (id, parts) = send_parts(&client).await;
    assert!(webhook.announced().is_empty());
    let complete = || {
        let complete = client
            .complete_multipart_upload()
            .bucket(UPLOADS)
            .key("big.mp4");
        complete
            .upload_id(&id)
            .multipart_upload(parts.clone())
            .send()
    };
    let first = complete().await.unwrap().e_tag.unwrap();
    assert!(first.ends_with("-2\""), "{first}");
    let again = complete().await.unwrap().e_tag.unwrap();
    assert_eq!(again, first, "said twice, it is still complete");
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

#[tokio::test]
async fn what_has_lain_in_the_work_bucket_for_more_than_a_day_is_deleted() {
    let folder = tempdir().unwrap();
    let url = Webhook::default().start(0).await;
    let old = SystemTime::now() - Duration::from_secs(25 * 3_600);
    let names = [
        "reeldrop-work/title/old",
        "reeldrop-work/title/young",
        "reeldrop-media/title/old",
    ];
    for name in names {
        let path = folder.path().join("buckets").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = File::create(path).unwrap();
        if name.ends_with("old") {
            file.set_modified(old).unwrap();
        }
    }
    let (_client, _stop) = endpoint(folder.path(), &url).await;
    let there = |name: &str| folder.path().join("buckets").join(name).exists();
    for _ in 0..500 {
        if !there(names[0]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(names.map(there), [false, true, true]);
}
