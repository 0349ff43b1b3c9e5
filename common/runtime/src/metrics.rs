//! What `/metrics` tells (Prometheus text format).

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds in seconds: from a light function's millisecond to Knative's longest request.
const DURATION_BUCKETS: &[f64] = &[
    0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

/// Often enough that the histogram's samples of a busy function stay few.
const UPKEEP: Duration = Duration::from_secs(20);

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Installs the process's recorder, once. None where the process has another one.
pub(crate) fn install() -> Option<&'static PrometheusHandle> {
    RECORDER
        .get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets_for_metric(
                    Matcher::Suffix("duration_seconds".to_owned()),
                    DURATION_BUCKETS,
                )
                .ok()?
                .install_recorder()
                .ok()
        })
        .as_ref()
}

/// Keeps the histograms small, for ever.
pub(crate) async fn upkeep() {
    let Some(handle) = install() else { return };
    loop {
        tokio::time::sleep(UPKEEP).await;
        handle.run_upkeep();
    }
}

/// The text of `/metrics`.
pub(crate) async fn render() -> String {
    if let Some(bytes) = resident_bytes() {
        #[expect(
            clippy::cast_precision_loss,
            reason = "memory sizes are far below 2^52"
        )]
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    install().map(PrometheusHandle::render).unwrap_or_default()
}

/// Resident memory of this process, from Linux's procfs.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Counts a handled event; `ty` is an event type that the function takes, or `invalid`.
pub(crate) fn event_handled(
    function: &'static str,
    ty: &str,
    outcome: &'static str,
    took: Duration,
) {
    let ty = ty.to_owned();
    counter!("reeldrop_events_handled_total", "function" => function, "type" => ty.clone(), "outcome" => outcome)
        .increment(1);
    histogram!("reeldrop_event_duration_seconds", "function" => function, "type" => ty)
        .record(took.as_secs_f64());
}

/// Counts an event that the sink accepted or that was sent as a reply.
pub(crate) fn event_sent(function: &'static str, ty: &str) {
    counter!("reeldrop_events_sent_total", "function" => function, "type" => ty.to_owned())
        .increment(1);
}

/// Work under way, counted for as long as this lives: also where the caller goes away.
pub(crate) struct InFlight;

impl InFlight {
    pub(crate) fn enter() -> Self {
        gauge!("reeldrop_in_flight").increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!("reeldrop_in_flight").decrement(1.0);
    }
}

/// Middleware that counts the requests of a plain HTTP service by route.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let _in_flight = InFlight::enter();
    let started = Instant::now();
    let method = request.method().to_string();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("reeldrop_http_requests_total", "method" => method, "route" => route.clone(), "status" => status)
        .increment(1);
    histogram!("reeldrop_http_request_duration_seconds", "route" => route)
        .record(started.elapsed().as_secs_f64());
    response
}
