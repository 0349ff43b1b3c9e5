//! New uploads are announced, whatever happens, and dropped files are uploads.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod endpoint;

use std::time::Duration;

use endpoint::{UPLOADS, Webhook, body, endpoint};
use tempfile::tempdir;
use tokio::time::sleep;

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
