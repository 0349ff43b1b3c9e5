//! What a Knative broker sees of a function.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod sink;
mod support;

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode},
    response::Response,
};
use http_body_util::BodyExt;
use reeldrop_events::{AssetDeleted, Payload, RetryRequested, StepFailed};
use reeldrop_runtime::{Function, Publisher, router};
use sink::Sink;
use support::{
    ASSET, NO_EVENT, ONE_EVENT, Obedient, PERMANENT, REPORTED, THREE_EVENTS, TRACE_ID, TRANSIENT,
    binary, retry,
};
use tower::ServiceExt;

const NO_SINK: &str = "http://127.0.0.1:9/";
/// No number that the function knows.
const PANIC: u128 = 13;

/// The same request in structured mode.
fn structured(number: u128) -> Request<Body> {
    let told = retry(number);
    let event = serde_json::json!({
        "specversion": "1.0",
        "id": told.id(),
        "type": RetryRequested::TYPE,
        "source": "/test",
        "subject": ASSET,
        "traceparent": format!("00-{TRACE_ID}-00f067aa0ba902b7-01"),
        "tracestate": "vendor=1",
        "datacontenttype": "application/json",
        "data": told,
    });
    Request::post("/")
        .header(
            "content-type",
            "application/cloudevents+json; charset=utf-8",
        )
        .body(Body::from(event.to_string()))
        .unwrap()
}

/// An event of a type that the function does not take.
fn foreign() -> Request<Body> {
    let deleted = AssetDeleted { asset: ASSET };
    let mut request = binary(ONE_EVENT);
    request
        .headers_mut()
        .insert("ce-type", AssetDeleted::TYPE.parse().unwrap());
    *request.body_mut() = Body::from(serde_json::to_vec(&deleted).unwrap());
    request
}

async fn send(sink: &str, request: Request<Body>) -> Response {
    let publisher = Publisher::to(Obedient::NAME, sink).unwrap();
    router(Obedient, publisher).oneshot(request).await.unwrap()
}

async fn body(response: Response) -> String {
    String::from_utf8(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec(),
    )
    .unwrap()
}

/// What redelivery must repeat of an event's headers: all but the time and the span.
fn repeated(headers: &HeaderMap) -> Vec<(String, String)> {
    let names = [
        "ce-id",
        "ce-type",
        "ce-source",
        "ce-subject",
        "ce-specversion",
        "content-type",
    ];
    names
        .map(|name| (name.to_owned(), headers[name].to_str().unwrap().to_owned()))
        .to_vec()
}

#[tokio::test]
async fn one_event_is_the_reply_and_the_same_at_redelivery() {
    let first = send(NO_SINK, binary(ONE_EVENT)).await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(first.headers()["ce-type"], RetryRequested::TYPE);
    assert_eq!(first.headers()["ce-source"], "/reeldrop/obedient");
    assert_eq!(first.headers()["ce-subject"], ASSET.to_string().as_str());
    assert_eq!(
        first.headers()["ce-id"],
        retry(100).id().to_string().as_str()
    );
    assert!(first.headers().contains_key("ce-time"));
    for again in [binary(ONE_EVENT), structured(ONE_EVENT)] {
        let again = send(NO_SINK, again).await;
        assert_eq!(repeated(again.headers()), repeated(first.headers()));
    }
    let data: RetryRequested = serde_json::from_str(&body(first).await).unwrap();
    assert_eq!(data, retry(100));
}

#[tokio::test]
async fn no_event_is_an_empty_success() {
    let response = send(NO_SINK, binary(NO_EVENT)).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(body(response).await, "");
}

#[tokio::test]
async fn several_events_are_at_the_sink_in_order_before_the_answer() {
    let sink = Sink::accepting(10).await;
    let response = send(&sink.address, binary(THREE_EVENTS)).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    assert_eq!(body(response).await, "");
    let ids: Vec<_> = sink
        .received()
        .iter()
        .map(|(headers, _)| headers["ce-id"].clone())
        .collect();
    let expected = [100, 101, 102].map(|number| retry(number).id().to_string());
    assert_eq!(ids, expected);
    for (_, data) in sink.received() {
        serde_json::from_slice::<RetryRequested>(&data).unwrap();
    }
}

#[tokio::test]
async fn a_sink_that_stops_accepting_asks_for_another_delivery() {
    let sink = Sink::accepting(2).await;
    let response = send(&sink.address, binary(THREE_EVENTS)).await;
    assert_eq!(
        response.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "never the sink's own 429"
    );
    assert!(body(response).await.contains("429"));
    assert_eq!(sink.received().len(), 2);
}

#[tokio::test]
async fn without_a_sink_several_events_say_so() {
    let publisher = Publisher::from_env(Obedient::NAME).unwrap();
    let response = router(Obedient, publisher)
        .oneshot(binary(THREE_EVENTS))
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        body(response).await,
        "K_SINK is not set: 3 events cannot be sent"
    );
}

#[tokio::test]
async fn the_trace_goes_on_in_replies_and_in_sent_events() {
    let sink = Sink::accepting(10).await;
    let reply = send(NO_SINK, binary(ONE_EVENT)).await.headers().clone();
    let structured = send(NO_SINK, structured(ONE_EVENT)).await.headers().clone();
    send(&sink.address, binary(THREE_EVENTS)).await;
    let sent = sink.received().into_iter().map(|(headers, _)| headers);
    for headers in sent.chain([reply, structured]) {
        let parent = headers["ce-traceparent"].to_str().unwrap();
        assert!(parent.starts_with(&format!("00-{TRACE_ID}-")), "{parent}");
        assert!(
            !parent.contains("00f067aa0ba902b7"),
            "a span of its own: {parent}"
        );
    }
}

#[tokio::test]
async fn the_trace_of_the_http_request_counts_where_the_event_has_none() {
    let mut request = binary(ONE_EVENT);
    let parent = request.headers_mut().remove("ce-traceparent").unwrap();
    request.headers_mut().insert("traceparent", parent);
    let response = send(NO_SINK, request).await;
    assert!(
        response.headers()["ce-traceparent"]
            .to_str()
            .unwrap()
            .contains(TRACE_ID)
    );
    let mut request = binary(ONE_EVENT);
    request.headers_mut().remove("ce-traceparent");
    let response = send(NO_SINK, request).await;
    assert!(
        !response.headers()["ce-traceparent"]
            .to_str()
            .unwrap()
            .contains(TRACE_ID)
    );
}

#[tokio::test]
async fn failures_become_the_statuses_that_knative_acts_on() {
    let permanent = send(NO_SINK, binary(PERMANENT)).await;
    assert_eq!(permanent.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let reason = body(permanent).await;
    assert!(
        reason.starts_with("bad input é") && reason.len() < 768 && !reason.contains('\n'),
        "{reason}"
    );

    let transient = send(NO_SINK, binary(TRANSIENT)).await;
    assert_eq!(transient.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(transient.headers()["retry-after"], "1");
    assert_eq!(body(transient).await, "the store is down");
}

#[tokio::test]
async fn a_failed_step_of_a_known_title_is_an_event_not_a_dead_letter() {
    let response = send(NO_SINK, binary(REPORTED)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["ce-type"], StepFailed::TYPE);
    let failed: StepFailed = serde_json::from_str(&body(response).await).unwrap();
    assert_eq!(
        (failed.asset, failed.reason.as_str()),
        (ASSET, "the sound is too loud")
    );
}

#[tokio::test]
async fn a_panic_is_a_503_and_the_next_event_is_handled() {
    let publisher = Publisher::to(Obedient::NAME, NO_SINK).unwrap();
    let router = router(Obedient, publisher);
    let panicked = router.clone().oneshot(binary(PANIC)).await.unwrap();
    assert_eq!(panicked.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body(panicked).await, "the handler panicked: told to panic");
    assert_eq!(
        router.oneshot(binary(ONE_EVENT)).await.unwrap().status(),
        StatusCode::OK
    );
}

fn with_body(mut request: Request<Body>, content_type: &'static str, body: &str) -> Request<Body> {
    request
        .headers_mut()
        .insert("content-type", content_type.parse().unwrap());
    *request.body_mut() = Body::from(body.to_owned());
    request
}

fn without(name: &str) -> Request<Body> {
    let mut request = binary(ONE_EVENT);
    request.headers_mut().remove(name).unwrap();
    request
}

#[tokio::test]
async fn what_is_no_event_for_this_function_is_a_400_that_says_why() {
    let structured = "application/cloudevents+json";
    let plain = Request::post("/").body(Body::from("{}")).unwrap();
    let cases = [
        (plain, "not a CloudEvent"),
        (without("ce-id"), "the event has no id"),
        (without("ce-type"), "the event has no type"),
        (without("ce-source"), "the event has no source"),
        (without("ce-specversion"), "the event has no specversion"),
        (
            foreign(),
            "unexpected event type io.reeldrop.asset.deleted.v1",
        ),
        (
            with_body(binary(1), "application/json", ""),
            "event has no data",
        ),
        (
            with_body(binary(1), "application/json", "{}"),
            "missing field `asset`",
        ),
        (
            with_body(binary(1), "application/json", "{"),
            "event data does not fit",
        ),
        (
            with_body(binary(1), "application/cloudevents-batch+json", "[]"),
            "batches are not taken",
        ),
        (with_body(binary(1), structured, "{"), "not a CloudEvent"),
        (
            with_body(
                binary(1),
                structured,
                "{\"specversion\": \"1.0\", \"id\": \"1\"}",
            ),
            "missing field",
        ),
        (
            with_body(
                binary(1),
                structured,
                r#"{"specversion": "1.0", "id": "", "type": "a", "source": "b"}"#,
            ),
            "the event has no id",
        ),
    ];
    for (request, expected) in cases {
        let response = send(NO_SINK, request).await;
        let (status, reason) = (response.status(), body(response).await);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{expected}: {reason}");
        assert!(
            reason.contains(expected) && !reason.contains('\n'),
            "{reason:?} is not {expected:?}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let request = with_body(
        binary(ONE_EVENT),
        "application/json",
        &" ".repeat((4 << 20) + 1),
    );
    assert_eq!(
        send(NO_SINK, request).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[tokio::test]
async fn metrics_count_events_by_type_and_outcome() {
    let publisher = Publisher::to(Obedient::NAME, NO_SINK).unwrap();
    let router = router(Obedient, publisher);
    let get = |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request)
    };
    get("/metrics").await.unwrap();
    for number in [ONE_EVENT, TRANSIENT] {
        router.clone().oneshot(binary(number)).await.unwrap();
    }
    router.clone().oneshot(foreign()).await.unwrap();
    let text = body(get("/metrics").await.unwrap()).await;
    for expected in [
        r#"reeldrop_events_handled_total{function="obedient",type="io.reeldrop.retry.requested.v1",outcome="done"}"#,
        r#"outcome="transient"}"#,
        r#"type="invalid",outcome="refused"}"#,
        r#"reeldrop_event_duration_seconds_bucket{function="obedient""#,
        "reeldrop_events_sent_total",
        "reeldrop_in_flight",
        "process_resident_memory_bytes",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert_eq!(get("/healthz").await.unwrap().status(), StatusCode::OK);
    assert_eq!(get("/readyz").await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_question_is_answered_beside_events_and_a_long_one_is_not_read() {
    let ask = async |question: &str| {
        let request = Request::post("/ask").body(Body::from(question.to_owned()));
        let response = send(NO_SINK, request.unwrap()).await;
        (response.status(), body(response).await)
    };
    let (status, answer) = ask(r#"{"words": "a dog"}"#).await;
    assert_eq!(
        (status, answer.as_str()),
        (StatusCode::OK, r#"{"asked":{"words":"a dog"}}"#)
    );
    for (question, status, says) in [
        (r#""nothing""#, StatusCode::NOT_FOUND, ""),
        (
            r#""wrong""#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "no such word",
        ),
        (
            r#""later""#,
            StatusCode::SERVICE_UNAVAILABLE,
            "the model is away",
        ),
        (r#""panic""#, StatusCode::SERVICE_UNAVAILABLE, "panicked"),
        ("no json", StatusCode::BAD_REQUEST, "expected"),
        (
            &format!("\"{}\"", "x".repeat(5_000)),
            StatusCode::PAYLOAD_TOO_LARGE,
            "",
        ),
    ] {
        let answered = ask(question).await;
        assert_eq!(answered.0, status, "{question}: {}", answered.1);
        assert!(answered.1.contains(says), "{question}: {}", answered.1);
    }
}
