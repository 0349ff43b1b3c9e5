//! What an operator sees: one trace from drop to ready, and every figure that a dashboard or an alert
//! asks for.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asked;
mod runbooks;
mod told;
mod traces;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use reeldrop_tests::{Bundle, clip};
use traces::{Collector, Span};

/// The functions that a plain title goes through.
const CHAIN: [&str; 8] = [
    "analyze",
    "bucket-source",
    "catalog-write",
    "encrypt-package",
    "probe",
    "thumbnail",
    "transcode",
    "transcribe",
];

/// Spans and figures are told every so often.
const PATIENCE: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_title_is_one_trace_and_every_figure_that_is_asked_for_is_told() {
    let Some(clip) = clip("watching a title", "h264_aac_640x360_8s_audio_first.mp4") else {
        return;
    };
    let collector = Collector::start().await;
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let bundle = Bundle::start_in(None, environment.to_vec()).unwrap();
    bundle.drop_file(&clip, "dropped.mp4").unwrap();
    let title = bundle
        .wait_for("dropped.mp4", Duration::from_secs(120))
        .unwrap();
    assert_eq!(title.state, "ready", "{:?}\n{}", title.reason, bundle.log());

    every_figure_is_told(&bundle).await;
    one_trace(&collector.spans());
}

async fn every_figure_is_told(bundle: &Bundle) {
    let mut missing = BTreeSet::new();
    let end = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < end {
        let told = told::names(bundle).await;
        missing = asked::names()
            .into_iter()
            .filter(|(_, name)| !told.contains(name))
            .collect();
        if missing.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("asked for, and told by no program (file, metric): {missing:#?}");
}

fn one_trace(spans: &[Span]) {
    let mut traces: BTreeMap<&[u8], Vec<&Span>> = BTreeMap::new();
    for span in spans {
        traces.entry(&span.trace).or_default().push(span);
    }
    let titles: Vec<_> = traces
        .values()
        .filter(|spans| spans.iter().any(|span| span.function == "probe"))
        .collect();
    let [title] = titles[..] else {
        panic!("one upload is {} traces", titles.len());
    };
    let functions: BTreeSet<&str> = title.iter().map(|span| span.function.as_str()).collect();
    assert_eq!(functions, BTreeSet::from(CHAIN));

    let roots: Vec<_> = title.iter().filter(|span| span.parent.is_empty()).collect();
    assert_eq!(roots.len(), 1, "{roots:?}");
    assert_eq!(roots[0].function, "bucket-source");
    let ids: BTreeSet<&[u8]> = title.iter().map(|span| &span.id[..]).collect();
    let lost: Vec<_> = title
        .iter()
        .filter(|span| !span.parent.is_empty() && !ids.contains(&span.parent[..]))
        .collect();
    assert!(lost.is_empty(), "spans of unknown handlings: {lost:?}");
    let last = title
        .iter()
        .any(|span| span.name == "catalog-write thumbnails.completed");
    assert!(last, "the trace does not reach the last event");
}
