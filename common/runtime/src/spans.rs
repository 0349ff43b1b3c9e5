//! Sends the span of each handled event to an OpenTelemetry collector, where one is named.
//!
//! A trace is one upload's: bucket-source begins it, and every event carries it on.

use std::{
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::{
    InstrumentationScope, KeyValue,
    trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor},
};
use reqwest::Client;
use tokio::runtime::Handle;

use crate::{answer::Answer, config::env_or, received::Origin, trace::Trace};

/// Either names a collector; the second is for traces alone (OpenTelemetry's exporter specification).
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];

/// How long the end of the process may be held up by spans that are not sent yet.
const FLUSH: Duration = Duration::from_secs(2);

/// How long a collector may take to answer: one that never does would hold all later spans back. The
/// exporter's own limit holds only for clients that it makes.
const ANSWER: Duration = Duration::from_secs(10);

static PROCESSOR: OnceLock<BatchSpanProcessor> = OnceLock::new();

/// Begins to send spans in the name of `function`, from the tasks of `runtime`.
///
/// # Errors
/// Where a collector is named by something that is no address.
pub(crate) fn install(function: &'static str, runtime: &Handle) -> anyhow::Result<()> {
    if ENDPOINTS.iter().all(|name| env_or(name, "").is_empty()) {
        return Ok(());
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Collector {
            // In the cluster or on this machine, whatever proxy the environment names.
            client: Client::builder().no_proxy().timeout(ANSWER).build()?,
            runtime: runtime.clone(),
        })
        .build()?;
    let mut processor = BatchSpanProcessor::builder(exporter).build();
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are read by the builder, and come after this.
    let resource = Resource::builder()
        .with_attributes([
            KeyValue::new("service.name", function),
            KeyValue::new("service.namespace", "reeldrop"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .build();
    processor.set_resource(&resource);
    PROCESSOR.get_or_init(|| processor);
    Ok(())
}

/// Sends what is not sent yet, for [`FLUSH`] at most; while the runtime still runs.
pub(crate) fn finish() {
    if let Some(processor) = PROCESSOR.get()
        && let Err(error) = processor.shutdown_with_timeout(FLUSH)
    {
        tracing::warn!("the last spans were not sent: {error}");
    }
}

/// Says how the handling of an event, which has just ended, went.
pub(crate) fn handled(
    function: &'static str,
    origin: &Origin,
    asset: Option<&str>,
    answer: &Answer,
    took: Duration,
) {
    let Some(processor) = PROCESSOR.get() else {
        return;
    };
    let ended = SystemTime::now();
    let started = ended.checked_sub(took).unwrap_or(ended);
    if let Some(span) = span(function, origin, asset, answer, (started, ended)) {
        processor.on_end(span);
    }
}

/// The span; none where the trace is not sampled.
fn span(
    function: &'static str,
    origin: &Origin,
    asset: Option<&str>,
    answer: &Answer,
    (start_time, end_time): (SystemTime, SystemTime),
) -> Option<SpanData> {
    let span_context = context(&origin.trace)?;
    let parent = origin.trace.parent_id().map(SpanId::from_hex);
    let mut attributes = vec![
        KeyValue::new("cloudevents.event_type", origin.ty.clone()),
        KeyValue::new("reeldrop.outcome", answer.outcome()),
    ];
    let ids = [
        ("cloudevents.event_id", origin.id.as_deref()),
        ("reeldrop.asset_id", asset),
    ];
    attributes.extend(
        ids.into_iter()
            .filter_map(|(name, id)| Some(KeyValue::new(name, id?.to_owned()))),
    );
    Some(SpanData {
        span_context,
        parent_span_id: parent.and_then(Result::ok).unwrap_or(SpanId::INVALID),
        parent_span_is_remote: true,
        span_kind: SpanKind::Consumer,
        name: format!("{function} {}", short(&origin.ty)).into(),
        start_time,
        end_time,
        attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: answer
            .reason()
            .map_or(Status::Unset, |reason| Status::error(reason.to_owned())),
        instrumentation_scope: InstrumentationScope::builder("reeldrop-runtime").build(),
    })
}

fn context(trace: &Trace) -> Option<SpanContext> {
    let flags = TraceFlags::new(u8::from_str_radix(trace.flags(), 16).ok()?);
    let context = SpanContext::new(
        TraceId::from_hex(trace.trace_id()).ok()?,
        SpanId::from_hex(trace.span_id()).ok()?,
        flags,
        false,
        TraceState::NONE,
    );
    context.is_sampled().then_some(context)
}

/// `chunk.planned` of `io.reeldrop.chunk.planned.v1`.
fn short(ty: &str) -> &str {
    let short = ty.strip_prefix("io.reeldrop.").unwrap_or(ty);
    short.rsplit_once(".v").map_or(short, |(short, _)| short)
}

/// The way to the collector. The processor's thread is none of the runtime's, so that the request is
/// handed over to it.
#[derive(Debug)]
struct Collector {
    client: Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let response = client.execute(request.try_into()?).await?;
            let status = response.status();
            let mut answer = http::Response::new(response.bytes().await?);
            *answer.status_mut() = status;
            Ok(answer)
        });
        sent.await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_named_by_the_event_without_its_prefix_and_version() {
        assert_eq!(short("io.reeldrop.chunk.planned.v1"), "chunk.planned");
        assert_eq!(
            short("dev.knative.sources.ping"),
            "dev.knative.sources.ping"
        );
        assert_eq!(short("plain"), "plain");
    }

    #[test]
    fn only_a_sampled_trace_has_spans() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
        let sampled = Trace::under(Some(&format!("{parent}-01")), None);
        let context = context(&sampled).unwrap();
        assert_eq!(
            context.trace_id().to_string(),
            "4bf92f3577b34da6a3ce929d0e0e4736"
        );
        assert_eq!(context.span_id().to_string(), sampled.span_id());
        assert_eq!(
            super::context(&Trace::under(Some(&format!("{parent}-00")), None)),
            None
        );
    }
}
