//! What cannot be looked at.

use std::fs;

use analyze::{Config, Input};
use reeldrop_events::*;
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Bucket, testing::TestBuckets};

use crate::{
    BLACK, function,
    looked::{all, config, without_models},
};

fn failed(answer: Result<Events, Failure>) -> serde_json::Value {
    let Err(Failure::Permanent {
        report: Some(report),
        ..
    }) = answer
    else {
        panic!("it must fail for good: {answer:?}");
    };
    assert_eq!(report.data["step"], "analyze");
    report.data
}

async fn poison(buckets: &TestBuckets) -> Source {
    let at = TestBuckets::location(Bucket::Uploads, "poison.mp4");
    buckets.put(&at, None, &[], vec![7; 50_000]).await
}

#[tokio::test]
async fn without_a_model_or_what_runs_it_the_title_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let buckets = TestBuckets::start().await;
    let probed = BLACK.probed(poison(&buckets).await, 2);
    let reason = async |config: Config| {
        let input = Input::Probed(Box::new(probed.clone()));
        let events = function(&buckets, config).handle(input).await.unwrap();
        all::<AnalysisSkipped>(&events)[0].reason.clone()
    };
    let config = without_models(folder.path().to_owned());
    assert_eq!(
        reason(config.clone()).await,
        "skipped: no model; run `reeldrop models pull`"
    );
    fs::write(folder.path().join("yolox_nano.onnx"), "none").unwrap();
    let nowhere = Config {
        library: Some(folder.path().join("libonnxruntime.so")),
        ..config
    };
    let said = reason(nowhere).await;
    assert!(said.contains("REELDROP_ONNXRUNTIME"), "{said}");
}

#[tokio::test]
async fn a_model_that_is_chosen_and_missing_is_named_though_another_is_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("yolox_nano.onnx"), "none").unwrap();
    let buckets = TestBuckets::start().await;
    let probed = BLACK.probed(poison(&buckets).await, 2);
    let config = Config {
        objects: "nanodet-m".to_owned(),
        ..without_models(folder.path().to_owned())
    };
    let input = Input::Probed(Box::new(probed));
    let events = function(&buckets, config).handle(input).await.unwrap();
    assert_eq!(
        all::<AnalysisSkipped>(&events)[0].reason,
        "skipped: the model nanodet-m is not installed; run `reeldrop models pull nanodet-m`"
    );
}

#[tokio::test]
async fn what_another_release_has_planned_is_not_mixed_with_what_this_one_sees() {
    let Some(config) = config("another release") else {
        return;
    };
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, config);
    let probed = BLACK.probed(poison(&buckets).await, 1);
    let events = function.handle(Input::Probed(Box::new(probed))).await;
    let Some(mut planned) = all::<AnalysisPlanned>(&events.unwrap()).pop() else {
        eprintln!("skipped: ONNX Runtime is not installed");
        return;
    };
    planned.analysis.version -= 1;
    let report = failed(function.handle(Input::Part(Box::new(planned))).await);
    let reason = report["reason"].as_str().unwrap();
    assert!(reason.contains("reeldrop retry"), "{reason}");
}

#[tokio::test]
async fn what_is_no_film_fails_for_good_and_names_its_part() {
    let Some(config) = config("poison") else {
        return;
    };
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, config);
    let probed = BLACK.probed(poison(&buckets).await, 1);
    let events = function.handle(Input::Probed(Box::new(probed))).await;
    let Some(planned) = all::<AnalysisPlanned>(&events.unwrap()).pop() else {
        eprintln!("skipped: ONNX Runtime is not installed");
        return;
    };
    let report = failed(function.handle(Input::Part(Box::new(planned))).await);
    assert_eq!(report["part"], "analysis/0");
}

#[tokio::test]
async fn a_model_that_is_none_fails_for_good_and_says_so() {
    let Some(config) = config("a broken model") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("yolox_nano.onnx"), "none").unwrap();
    let buckets = TestBuckets::start().await;
    let function = function(
        &buckets,
        Config {
            folder: folder.path().to_owned(),
            ..config
        },
    );
    let probed = BLACK.probed(poison(&buckets).await, 1);
    let events = function.handle(Input::Probed(Box::new(probed))).await;
    let Some(planned) = all::<AnalysisPlanned>(&events.unwrap()).pop() else {
        eprintln!("skipped: ONNX Runtime is not installed");
        return;
    };
    let report = failed(function.handle(Input::Part(Box::new(planned))).await);
    let reason = report["reason"].as_str().unwrap();
    assert!(reason.contains("reeldrop models verify"), "{reason}");
}

#[tokio::test]
async fn what_the_work_bucket_has_forgotten_cannot_be_joined() {
    let folder = tempfile::tempdir().unwrap();
    let buckets = TestBuckets::start().await;
    let source = poison(&buckets).await;
    let probed = BLACK.probed(source, 1);
    let planned = DetectionsPlanned {
        asset: probed.asset,
        analysis: AnalysisPlan {
            timeline: probed.plan.timeline,
            duration_ms: 10_000,
            rate: Ratio { num: 2, den: 1 },
            models: Vec::new(),
            version: analyze::VERSION,
            parts: 1,
            mode: AnalysisMode::Batch,
            revision: 0,
        },
    };
    let function = function(&buckets, without_models(folder.path().to_owned()));
    let report = failed(function.handle(Input::Join(Box::new(planned))).await);
    assert_eq!(report["part"], "detections");
}
