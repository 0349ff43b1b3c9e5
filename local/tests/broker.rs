//! The broker against small functions: what Knative promises, and that nothing is lost.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::{sync::Arc, time::Duration};

use axum::{body::Body, response::Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use reeldrop::broker::{Broker, serve};
use support::{Subscriber, broker, delivery, event, status, topology};
use tempfile::tempdir;

const NO_WAIT: Duration = Duration::ZERO;

/// A broker with one Trigger for function `f`, whose dead letters go to `dead`.
async fn one_trigger(
    folder: &std::path::Path,
    spec: &str,
    f: &Subscriber,
) -> (Arc<Broker>, Subscriber) {
    let dead = Subscriber::start(NO_WAIT, |_, _| status(200)).await;
    let topology = topology(&[("f", 0), ("dead", 0)], &[("t", "f", spec)]).unwrap();
    (
        broker(
            &folder.join("queue"),
            topology,
            &[("f", f), ("dead", &dead)],
        ),
        dead,
    )
}

/// Filters, and the types of the events that they let through.
const DIALECTS: &[(&str, &str, &[&str])] = &[
    ("all-events", "", &["a.b.v1", "a.b.v2", "c.d.v1"]),
    ("exact", "  filters: [{exact: {type: a.b.v1}}]", &["a.b.v1"]),
    (
        "prefix",
        "  filters: [{prefix: {type: a.}}]",
        &["a.b.v1", "a.b.v2"],
    ),
    ("suffix", "  filters: [{suffix: {type: .v2}}]", &["a.b.v2"]),
    (
        "all",
        "  filters: [{all: [{prefix: {type: a.}}, {suffix: {type: .v2}}]}]",
        &["a.b.v2"],
    ),
    (
        "any",
        "  filters: [{any: [{exact: {type: a.b.v1}}, {exact: {type: c.d.v1}}]}]",
        &["a.b.v1", "c.d.v1"],
    ),
    (
        "not",
        "  filters: [{not: {prefix: {type: a.}}}]",
        &["c.d.v1"],
    ),
    (
        "list",
        "  filters: [{prefix: {type: a.}}, {exact: {colour: red}}]",
        &["a.b.v2"],
    ),
    (
        "legacy",
        "  filter: {attributes: {type: a.b.v2, colour: ''}}",
        &["a.b.v2"],
    ),
];

#[tokio::test]
async fn each_trigger_gets_what_its_filters_let_through() {
    let folder = tempdir().unwrap();
    let names: Vec<_> = DIALECTS.iter().map(|(name, ..)| (*name, 0)).collect();
    let triggers: Vec<_> = DIALECTS
        .iter()
        .map(|(name, spec, _)| (*name, *name, *spec))
        .collect();
    let mut subscribers = Vec::new();
    for (name, ..) in DIALECTS {
        subscribers.push((*name, Subscriber::start(NO_WAIT, |_, _| status(200)).await));
    }
    let by_name: Vec<_> = subscribers
        .iter()
        .map(|(name, subscriber)| (*name, subscriber))
        .collect();
    let topology = topology(&names, &triggers).unwrap();
    let broker = broker(&folder.path().join("queue"), topology, &by_name);
    broker.publish(event("a.b.v1", "1")).await.unwrap();
    broker
        .publish(event("a.b.v2", "2").with("colour", "red"))
        .await
        .unwrap();
    broker.publish(event("c.d.v1", "3")).await.unwrap();
    for ((_, subscriber), (_, _, expected)) in subscribers.iter().zip(DIALECTS) {
        subscriber.wait_for(expected.len()).await;
    }
    broker.stop(Duration::from_secs(1)).await;
    for ((name, subscriber), (_, _, expected)) in subscribers.iter().zip(DIALECTS) {
        let mut types = subscriber.types();
        types.sort();
        assert_eq!(types, *expected, "trigger {name}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_the_rest_is_a_dead_letter_at_once() {
    for (code, attempts) in [
        (404, 3),
        (408, 3),
        (409, 3),
        (429, 3),
        (500, 3),
        (503, 3),
        (300, 1),
        (400, 1),
        (403, 1),
        (410, 1),
        (422, 1),
    ] {
        let folder = tempdir().unwrap();
        let f = Subscriber::start(NO_WAIT, move |_, _| status(code)).await;
        let spec = delivery(2, "exponential", "PT0.001S", "dead");
        let (broker, dead) = one_trigger(folder.path(), &spec, &f).await;
        broker.publish(event("a", "1")).await.unwrap();
        dead.wait_for(1).await;
        assert_eq!(f.seen().len(), attempts, "status {code}");
    }
}

#[tokio::test]
async fn the_wait_between_attempts_grows() {
    for (policy, least) in [("exponential", [100, 200, 400]), ("linear", [0, 100, 200])] {
        let folder = tempdir().unwrap();
        let f = Subscriber::start(NO_WAIT, |_, _| status(503)).await;
        let (broker, dead) =
            one_trigger(folder.path(), &delivery(3, policy, "PT0.1S", "dead"), &f).await;
        broker.publish(event("a", "1")).await.unwrap();
        dead.wait_for(1).await;
        let seen = f.seen();
        let waits: Vec<_> = seen
            .windows(2)
            .map(|two| (two[1].at - two[0].at).as_millis())
            .collect();
        assert_eq!(waits.len(), 3);
        for (wait, least) in waits.iter().zip(least) {
            assert!(
                *wait >= least && *wait < least + 90,
                "{policy}: {waits:?} ms"
            );
        }
    }
}

#[tokio::test]
async fn a_dead_letter_says_who_failed_and_how() {
    let folder = tempdir().unwrap();
    let reason = "x".repeat(2_000);
    let body = reason.clone();
    let f = Subscriber::start(NO_WAIT, move |_, _| {
        Response::builder()
            .status(422)
            .body(Body::from(body.clone()))
            .unwrap()
    })
    .await;
    let (broker, dead) =
        one_trigger(folder.path(), &delivery(2, "linear", "PT0.1S", "dead"), &f).await;
    broker.publish(event("a", "1")).await.unwrap();
    let letter = dead.wait_for(1).await.remove(0).event;
    assert_eq!(letter.attribute("type"), Some("a"));
    assert_eq!(letter.attribute("id"), Some("1"));
    assert_eq!(letter.attribute("knativeerrorcode"), Some("422"));
    assert_eq!(
        letter.attribute("knativeerrordest"),
        Some("http://f.default.svc.cluster.local")
    );
    let data = letter.attribute("knativeerrordata").unwrap();
    assert_eq!(data.len(), 1024);
    assert_eq!(
        BASE64_STANDARD.decode(data).unwrap(),
        reason.as_bytes()[..768]
    );
}

#[tokio::test]
async fn no_answer_in_time_is_a_failure() {
    let folder = tempdir().unwrap();
    let f = Subscriber::start(Duration::from_secs(2), |_, _| status(200)).await;
    let (broker, dead) = one_trigger(
        folder.path(),
        &delivery(1, "linear", "PT0.001S", "dead"),
        &f,
    )
    .await;
    broker.publish(event("a", "1")).await.unwrap();
    let letter = dead.wait_for(1).await.remove(0).event;
    assert_eq!(letter.attribute("knativeerrorcode"), Some("504"));
    assert_eq!(f.seen().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_an_event_enters_the_broker() {
    let folder = tempdir().unwrap();
    let first = Subscriber::start(NO_WAIT, |_, _| {
        let mut answer = Response::new(Body::from("{}"));
        answer.headers_mut().extend(event("second", "2").headers());
        answer
    })
    .await;
    let second = Subscriber::start(NO_WAIT, |_, _| status(204)).await;
    let topology = topology(
        &[("first", 0), ("second", 0)],
        &[
            ("first", "first", "  filters: [{exact: {type: first}}]"),
            ("second", "second", "  filters: [{exact: {type: second}}]"),
        ],
    )
    .unwrap();
    let by_name = [("first", &first), ("second", &second)];
    let broker = broker(&folder.path().join("queue"), topology, &by_name);
    broker.publish(event("first", "1")).await.unwrap();
    let seen = second.wait_for(1).await.remove(0).event;
    assert_eq!(seen, event("second", "2"));
    assert_eq!(first.seen().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_no_event_is_a_failure() {
    let folder = tempdir().unwrap();
    let f = Subscriber::start(NO_WAIT, |_, _| Response::new(Body::from("done"))).await;
    let (broker, dead) =
        one_trigger(folder.path(), &delivery(0, "linear", "PT0.1S", "dead"), &f).await;
    broker.publish(event("a", "1")).await.unwrap();
    let letter = dead.wait_for(1).await.remove(0).event;
    assert_eq!(letter.attribute("knativeerrorcode"), Some("502"));
}

#[tokio::test]
async fn a_restart_goes_on_where_the_last_run_stopped() {
    let folder = tempdir().unwrap();
    let spec = delivery(3, "exponential", "PT0.2S", "dead");
    let failing = Subscriber::start(NO_WAIT, |_, _| status(503)).await;
    let (first, _) = one_trigger(folder.path(), &spec, &failing).await;
    for id in ["1", "2", "3"] {
        first.publish(event("a", id)).await.unwrap();
    }
    failing.wait_for(3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    first.stop(Duration::from_secs(1)).await;

    // The attempts so far count: after two more it is the dead-letter sink's turn.
    let (second, dead) = one_trigger(folder.path(), &spec, &failing).await;
    dead.wait_for(3).await;
    assert_eq!(failing.seen().len(), 3 * 4);
    second.stop(Duration::from_secs(1)).await;

    let (third, dead) = one_trigger(folder.path(), &spec, &failing).await;
    third.stop(Duration::from_millis(200)).await;
    assert!(
        dead.seen().is_empty(),
        "what was delivered is not delivered again"
    );
}

#[tokio::test]
async fn what_was_cut_off_is_delivered_again() {
    let folder = tempdir().unwrap();
    let slow = Subscriber::start(Duration::from_millis(250), |_, _| status(200)).await;
    let spec = delivery(0, "linear", "PT0.1S", "dead");
    let (first, _) = one_trigger(folder.path(), &spec, &slow).await;
    first.publish(event("a", "1")).await.unwrap();
    slow.wait_for(1).await;
    first.stop(Duration::ZERO).await;
    let (_second, dead) = one_trigger(folder.path(), &spec, &slow).await;
    slow.wait_for(2).await;
    assert!(dead.seen().is_empty());
}

#[tokio::test]
async fn no_more_at_a_time_than_container_concurrency_and_oldest_first() {
    let folder = tempdir().unwrap();
    let f = Subscriber::start(Duration::from_millis(20), |_, _| status(200)).await;
    let triggers = [
        ("odd", "f", "  filters: [{exact: {type: odd}}]"),
        ("even", "f", "  filters: [{exact: {type: even}}]"),
    ];
    let topology = topology(&[("f", 2)], &triggers).unwrap();
    let broker = broker(&folder.path().join("queue"), topology, &[("f", &f)]);
    for id in 0..10 {
        let ty = if id % 2 == 0 { "even" } else { "odd" };
        broker.publish(event(ty, &format!("{id}"))).await.unwrap();
    }
    let seen = f.wait_for(10).await;
    assert_eq!(f.most(), 2);
    let number = |id: &str| id.parse::<i32>().unwrap();
    let ids: Vec<_> = seen
        .iter()
        .map(|seen| number(seen.event.attribute("id").unwrap()))
        .collect();
    // Two at a time may overtake each other by one.
    assert!(
        ids.iter()
            .zip(0..)
            .all(|(id, place)| (id - place).abs() <= 1),
        "{ids:?}"
    );
}

#[tokio::test]
async fn the_ingress_takes_both_modes_and_refuses_what_is_no_event() {
    let folder = tempdir().unwrap();
    let f = Subscriber::start(NO_WAIT, |_, _| status(200)).await;
    let (broker, _dead) =
        one_trigger(folder.path(), &delivery(0, "linear", "PT0.1S", "dead"), &f).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/default/b", listener.local_addr().unwrap());
    tokio::spawn(serve(broker, listener, std::future::pending()));

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let binary = client
        .post(&url)
        .headers(event("a", "1").headers())
        .body("{}");
    assert_eq!(binary.send().await.unwrap().status(), 202);
    let structured = r#"{"specversion":"1.0","type":"a","source":"/test","id":"2","data":{}}"#;
    let post = |ty: &str, body: &str| {
        client
            .post(&url)
            .header("content-type", ty)
            .body(body.to_owned())
            .send()
    };
    let answer = post("application/cloudevents+json", structured)
        .await
        .unwrap();
    assert_eq!(answer.status(), 202);
    let seen = f.wait_for(2).await;
    assert_eq!(seen[0].event, event("a", "1"));
    assert_eq!(seen[1].event, event("a", "2"));

    assert_eq!(post("application/json", "{}").await.unwrap().status(), 400);
    assert_eq!(
        post("application/cloudevents+json", "{")
            .await
            .unwrap()
            .status(),
        400
    );
    assert_eq!(
        post("application/cloudevents-batch+json", "[]")
            .await
            .unwrap()
            .status(),
        400
    );
    let incomplete = client
        .post(&url)
        .header("ce-specversion", "1.0")
        .header("ce-id", "1");
    assert_eq!(incomplete.send().await.unwrap().status(), 400);
}
