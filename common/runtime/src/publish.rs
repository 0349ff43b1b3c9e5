//! Sends events to the broker.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use reeldrop_events::{Events, Outgoing};
use reqwest::{Client, Url};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{Failure, InvalidVariable, config::env_or, metrics, trace::Trace};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Posts events to `K_SINK` in CloudEvents' binary mode.
#[derive(Clone, Debug)]
pub struct Publisher {
    name: &'static str,
    sink: Option<Url>,
    client: Client,
}

impl Publisher {
    /// The publisher of function `name` to the sink that `K_SINK` names, if it names one.
    ///
    /// # Errors
    /// [`InvalidVariable`] where `K_SINK` is no `http` address: TLS to the broker is the mesh's work.
    pub fn from_env(name: &'static str) -> Result<Self, InvalidVariable> {
        let sink = env_or("K_SINK", "");
        if sink.is_empty() {
            return Ok(Self {
                name,
                sink: None,
                client: Client::new(),
            });
        }
        Self::to(name, &sink)
    }

    /// The publisher of function `name` to the address `sink`.
    ///
    /// # Errors
    /// [`InvalidVariable`] where `sink` is no `http` address.
    pub fn to(name: &'static str, sink: &str) -> Result<Self, InvalidVariable> {
        let invalid = |reason: &dyn std::fmt::Display| InvalidVariable::new("K_SINK", sink, reason);
        let url = Url::parse(sink).map_err(|error| invalid(&error))?;
        if url.scheme() != "http" {
            return Err(invalid(&"not an http:// address"));
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(SEND_TIMEOUT)
            // The broker is in the cluster or on this machine, whatever proxy the environment names.
            .no_proxy()
            .build()
            .map_err(|error| invalid(&error))?;
        Ok(Self {
            name,
            sink: Some(url),
            client,
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Sends the events, in order, each after the one before was accepted.
    ///
    /// Within a handler they carry the trace of the event being handled.
    ///
    /// # Errors
    /// A transient [`Failure`] at the first event that is not accepted; those before it were.
    pub async fn send(&self, events: Events) -> Result<(), Failure> {
        let events = events.into_vec();
        if events.is_empty() {
            return Ok(());
        }
        let Some(sink) = &self.sink else {
            let count = events.len();
            return Err(Failure::transient(format!(
                "K_SINK is not set: {count} events cannot be sent"
            )));
        };
        let trace = Trace::current_or_root();
        for event in events {
            self.post(sink, &event, &trace).await?;
        }
        Ok(())
    }

    async fn post(&self, sink: &Url, event: &Outgoing, trace: &Trace) -> Result<(), Failure> {
        let (headers, body) = self.message(event, trace);
        let failed = |reason: String| {
            Failure::transient(format!(
                "the sink did not accept event {}: {reason}",
                event.ty
            ))
        };
        let response = self
            .client
            .post(sink.clone())
            .headers(headers)
            .body(body)
            .send()
            .await
            .map_err(|error| failed(chain(&error)))?;
        if !response.status().is_success() {
            return Err(failed(response.status().to_string()));
        }
        metrics::event_sent(self.name, &event.ty);
        Ok(())
    }

    /// Headers and body of the event in binary mode (CloudEvents HTTP binding, section 3.1).
    pub(crate) fn message(&self, event: &Outgoing, trace: &Trace) -> (HeaderMap, Bytes) {
        let mut headers = HeaderMap::with_capacity(9);
        let mut set = |name: &'static str, value: &str| {
            // All values are ids, types and names of Reeldrop's own: ASCII.
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        set("ce-specversion", "1.0");
        set("ce-id", &event.id.to_string());
        set("ce-type", &event.ty);
        set("ce-source", &format!("/reeldrop/{}", self.name));
        set("ce-subject", &event.subject.to_string());
        if let Ok(now) = OffsetDateTime::now_utc().format(&Rfc3339) {
            set("ce-time", &now);
        }
        set("ce-traceparent", &trace.traceparent());
        if let Some(state) = trace.state() {
            set("ce-tracestate", state);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        (headers, Bytes::from(event.data.to_string()))
    }
}

/// An error with its causes on one line: reqwest's own text leaves out why.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
