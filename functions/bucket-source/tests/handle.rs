//! The function as the runtime calls it, and over HTTP as a store calls it.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode},
    response::Response,
    routing::post,
};
use bucket_source::{BucketSource, Callers, Config, Notification};
use http_body_util::BodyExt;
use reeldrop_events::{Events, Incoming, Source, UploadFinalized};
use reeldrop_runtime::{Function, Publisher, router};
use tokio::sync::mpsc;
use tower::ServiceExt;

const S3: &str = include_str!("fixtures/s3.json");
const MINIO: &str = include_str!("fixtures/minio.json");
const S3_TEST: &str = include_str!("fixtures/s3-test.json");
const EVENT_BRIDGE: &str = include_str!("fixtures/eventbridge.json");
const PUBSUB: &str = include_str!("fixtures/pubsub.json");
const EVENTARC: &str = include_str!("fixtures/eventarc.json");

fn function() -> BucketSource {
    BucketSource::new(Config {
        uploads_bucket: "reeldrop-uploads".to_owned(),
        callers: Callers::Anyone,
    })
}

async fn handle(body: &str) -> Vec<Source> {
    let notification = Notification::decode_plain(body.as_bytes())
        .unwrap()
        .unwrap();
    let once = function().handle(notification.clone()).await.unwrap();
    let twice = function().handle(notification).await.unwrap();
    assert_eq!(
        once, twice,
        "a notification that comes again gives the same events"
    );
    sources(once)
}

fn sources(events: Events) -> Vec<Source> {
    let finalized = events
        .into_vec()
        .into_iter()
        .map(|event| serde_json::from_value(event.data).unwrap());
    finalized
        .map(|upload: UploadFinalized| upload.source)
        .collect()
}

fn source(object: &str, version: &str, size_bytes: u64) -> Source {
    Source {
        bucket: "reeldrop-uploads".to_owned(),
        object: object.to_owned(),
        version: version.to_owned(),
        size_bytes,
    }
}

#[tokio::test]
async fn s3_names_are_form_decoded() {
    let object = "Ferien 2026/Über 100% \"gut\" 1+1.MP4";
    let version = "d41d8cd98f00b204e9800998ecf8427e-3";
    assert_eq!(handle(S3).await, [source(object, version, 1_048_576)]);
}

#[tokio::test]
async fn of_minios_records_the_new_files_of_the_uploads_bucket_count() {
    let expected = [
        source("a b+c.mov", "e1", 7),
        source("漢字/empty.mp4", "e2", 0),
    ];
    assert_eq!(handle(MINIO).await, expected);
}

#[tokio::test]
async fn event_bridge_names_are_as_they_are() {
    let expected = source("1+1 = 100%25.mp4", "b1946ac92492d2347c6235b4d2611184", 5);
    assert_eq!(handle(EVENT_BRIDGE).await, [expected]);
}

#[tokio::test]
async fn pubsub_names_are_as_they_are() {
    assert_eq!(
        handle(PUBSUB).await,
        [source("Größe +1 50%.mkv", "1763719200000001", 42)]
    );
}

#[tokio::test]
async fn what_is_no_new_file_says_nothing() {
    let removed = S3.replace(
        "ObjectCreated:CompleteMultipartUpload",
        "ObjectRemoved:Delete",
    );
    let elsewhere = PUBSUB.replace("reeldrop-uploads", "reeldrop-work");
    let deleted = PUBSUB.replace("OBJECT_FINALIZE", "OBJECT_DELETE");
    let access = EVENT_BRIDGE.replace("Object Created", "Object Access Tier Changed");
    let none = r#"{"Records": []}"#;
    for body in [S3_TEST, &removed, &elsewhere, &deleted, &access, none] {
        assert_eq!(handle(body).await, [], "{body}");
    }
}

#[tokio::test]
async fn a_notification_that_does_not_say_enough_is_refused_with_what_is_missing() {
    let cases = [
        (S3.replace("\"size\"", "\"length\""), "has no size"),
        (S3.replace("\"eTag\"", "\"tag\""), "has no ETag"),
        (EVENT_BRIDGE.replace("\"etag\"", "\"tag\""), "has no ETag"),
        (S3.replace("%C3%9C", "%FF"), "not UTF-8"),
        (
            S3.replace("\"bucket\"", "\"bin\""),
            "malformed S3 notification: missing field `bucket`",
        ),
        (
            PUBSUB.replace("\"data\": \"", "\"data\": \"!"),
            "not base64",
        ),
        (PUBSUB.replace("\"data\"", "\"payload\""), "has no size"),
        (
            PUBSUB.replace("objectGeneration", "generation"),
            "missing field `objectGeneration`",
        ),
        ("{}".to_owned(), "not a notification of S3"),
        ("[".to_owned(), "malformed bucket notification"),
    ];
    for (body, expected) in cases {
        let error = Notification::decode_plain(body.as_bytes())
            .unwrap()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(expected),
            "{error:?} does not say {expected:?}"
        );
    }
}

/// A sink that passes on what it is sent.
async fn sink() -> (String, mpsc::UnboundedReceiver<(HeaderMap, Bytes)>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let accept = move |headers: HeaderMap, body: Bytes| async move {
        sender.send((headers, body)).unwrap();
        StatusCode::ACCEPTED
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, Router::new().route("/", post(accept))).await });
    (address, receiver)
}

async fn send(sink: &str, request: Request<Body>) -> Response {
    let publisher = Publisher::to(BucketSource::NAME, sink).unwrap();
    router(function(), publisher)
        .oneshot(request)
        .await
        .unwrap()
}

fn plain(body: &str) -> Request<Body> {
    let request = Request::post("/").header("content-type", "application/json");
    request.body(Body::from(body.to_owned())).unwrap()
}

fn eventarc(ty: &str, body: &str) -> Request<Body> {
    let request = Request::post("/")
        .header("content-type", "application/json; charset=utf-8")
        .header("ce-specversion", "1.0")
        .header("ce-id", "3099171283160126")
        .header(
            "ce-source",
            "//storage.googleapis.com/projects/_/buckets/reeldrop-uploads",
        )
        .header("ce-subject", "objects/Urlaub%20%221%22+2.webm")
        .header("ce-bucket", "reeldrop-uploads")
        .header("ce-type", ty);
    request.body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn a_webhooks_uploads_go_to_the_sink() {
    let (address, mut received) = sink().await;
    for (body, count) in [(S3, 1), (MINIO, 2)] {
        assert_eq!(
            send(&address, plain(body)).await.status(),
            StatusCode::ACCEPTED
        );
        for _ in 0..count {
            let (headers, _) = received.recv().await.unwrap();
            assert_eq!(headers["ce-type"], "io.reeldrop.upload.finalized.v1");
            assert_eq!(headers["ce-source"], "/reeldrop/bucket-source");
        }
        assert!(received.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_sink_out_of_reach_asks_for_another_delivery() {
    let response = send("http://127.0.0.1:9/", plain(S3)).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// Eventarc throws the answer to its request away.
#[tokio::test]
async fn eventarcs_upload_goes_to_the_sink_too() {
    let (address, mut received) = sink().await;
    let response = send(
        &address,
        eventarc("google.cloud.storage.object.v1.finalized", EVENTARC),
    )
    .await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    let (headers, body) = received.recv().await.unwrap();
    assert_eq!(headers["ce-type"], "io.reeldrop.upload.finalized.v1");
    let upload: UploadFinalized = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        upload.source,
        source("Urlaub \"1\"+2.webm", "1763719200000002", 352)
    );
}

#[tokio::test]
async fn other_events_are_taken_or_refused() {
    let none = "http://127.0.0.1:9/";
    let deleted = eventarc("google.cloud.storage.object.v1.deleted", EVENTARC);
    assert_eq!(send(none, deleted).await.status(), StatusCode::NO_CONTENT);
    let foreign = eventarc("com.example.thing", EVENTARC);
    assert_eq!(send(none, foreign).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        send(none, plain("[")).await.status(),
        StatusCode::BAD_REQUEST
    );
    let sizeless = EVENTARC.replace("\"size\"", "\"length\"");
    let response = send(
        none,
        eventarc("google.cloud.storage.object.v1.finalized", &sizeless),
    )
    .await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(
        &body[..],
        br#"the Eventarc notification of "Urlaub \"1\"+2.webm" has no size"#
    );
}

/// As Knative's IntegrationSource brings a message of an SQS queue.
#[tokio::test]
async fn what_a_queue_says_goes_to_the_sink() {
    let (address, mut received) = sink().await;
    let queued = eventarc("dev.knative.connector.event.aws-sqs", S3);
    assert_eq!(send(&address, queued).await.status(), StatusCode::ACCEPTED);
    let (headers, _) = received.recv().await.unwrap();
    assert_eq!(headers["ce-type"], "io.reeldrop.upload.finalized.v1");
}

#[tokio::test]
async fn who_does_not_prove_it_is_not_heard() {
    let (address, mut received) = sink().await;
    let post = async |authorization: &'static str| {
        let function = BucketSource::new(Config {
            uploads_bucket: "reeldrop-uploads".to_owned(),
            callers: Callers::Token("secret".to_owned()),
        });
        let mut request = plain(S3);
        let value = authorization.parse().unwrap();
        request.headers_mut().insert("authorization", value);
        let publisher = Publisher::to(BucketSource::NAME, &address).unwrap();
        let answer = router(function, publisher).oneshot(request).await.unwrap();
        answer.status()
    };
    assert_eq!(post("Basic dTpw").await, StatusCode::UNAUTHORIZED);
    assert_eq!(post("Bearer guess").await, StatusCode::FORBIDDEN);
    assert!(received.try_recv().is_err(), "nothing was announced");
    assert_eq!(post("Bearer secret").await, StatusCode::ACCEPTED);
    assert!(received.recv().await.is_some());
}
