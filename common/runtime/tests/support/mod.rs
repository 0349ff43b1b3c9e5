//! A function that does as it is told, and how to tell it.

use axum::{body::Body, http::Request};
use reeldrop_events::{AssetId, Events, Payload, RetryRequested, StepFailed};
use reeldrop_runtime::{Failure, Function};
use serde_json::{Value, json};
use uuid::Uuid;

/// The title that all test events are about.
pub(crate) const ASSET: AssetId =
    AssetId(Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));
pub(crate) const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Told what to do by the request's number.
pub(crate) struct Obedient;

pub(crate) const NO_EVENT: u128 = 0;
pub(crate) const ONE_EVENT: u128 = 1;
pub(crate) const THREE_EVENTS: u128 = 3;
pub(crate) const PERMANENT: u128 = 10;
pub(crate) const REPORTED: u128 = 11;
pub(crate) const TRANSIENT: u128 = 12;
pub(crate) const SLOW: u128 = 14;

impl Function for Obedient {
    const NAME: &'static str = "obedient";
    type Input = RetryRequested;

    async fn handle(&self, told: RetryRequested) -> Result<Events, Failure> {
        match told.request.as_u128() {
            count @ NO_EVENT..=THREE_EVENTS => Ok(retries(count)),
            PERMANENT => Err(Failure::permanent(format!(
                "bad input\n{}",
                "é".repeat(1000)
            ))),
            REPORTED => Err(Failure::step(&StepFailed {
                asset: told.asset,
                step: Self::NAME.to_owned(),
                part: String::new(),
                reason: "the sound is too loud".to_owned(),
            })),
            TRANSIENT => Err(Failure::transient("the store is down")),
            SLOW => {
                tokio::time::sleep(std::time::Duration::from_millis(800)).await;
                Ok(retries(1))
            }
            _ => panic!("told to panic"),
        }
    }

    async fn answer(&self, question: Value) -> Result<Option<Value>, Failure> {
        match question.as_str() {
            Some("nothing") => Ok(None),
            Some("wrong") => Err(Failure::permanent("no such word")),
            Some("later") => Err(Failure::transient("the model is away")),
            Some("panic") => panic!("told to panic"),
            _ => Ok(Some(json!({ "asked": question }))),
        }
    }
}

fn retries(count: u128) -> Events {
    let retries: Vec<_> = (0..count).map(|number| retry(100 + number)).collect();
    Events::none().and_all(&retries)
}

pub(crate) fn retry(number: u128) -> RetryRequested {
    RetryRequested {
        asset: ASSET,
        request: Uuid::from_u128(number),
    }
}

/// A request in binary mode that tells what to do.
pub(crate) fn binary(number: u128) -> Request<Body> {
    let told = retry(number);
    Request::post("/")
        .header("content-type", "application/json")
        .header("ce-specversion", "1.0")
        .header("ce-id", told.id().to_string())
        .header("ce-type", RetryRequested::TYPE)
        .header("ce-source", "/test")
        .header("ce-subject", ASSET.to_string())
        .header(
            "ce-traceparent",
            format!("00-{TRACE_ID}-00f067aa0ba902b7-01"),
        )
        .header("ce-tracestate", "vendor=1")
        .body(Body::from(serde_json::to_vec(&told).unwrap()))
        .unwrap()
}
