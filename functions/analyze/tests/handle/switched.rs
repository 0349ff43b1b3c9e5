//! Looking again, and switching between thoroughly and in realtime while a title is looked at.

use analyze::{Analyze, Config, Input};
use reeldrop_events::*;
use reeldrop_runtime::Function;
use reeldrop_store::testing::TestBuckets;

use crate::{
    PEOPLE, function,
    looked::{all, config, look_with, without_models},
};

const CHUNKS: u32 = 3;

fn again(probed: &MediaProbed, revision: u32, mode: AnalysisMode) -> ReanalysisPlanned {
    ReanalysisPlanned {
        probed: probed.clone(),
        revision,
        mode: Some(mode),
        objects: None,
    }
}

async fn plan(function: &Analyze, again: ReanalysisPlanned) -> Vec<AnalysisPlanned> {
    let input = || Input::Again(Box::new(again.clone()));
    let events = function.handle(input()).await.unwrap();
    assert_eq!(function.handle(input()).await.unwrap(), events);
    all(&events)
}

async fn part(function: &Analyze, planned: &AnalysisPlanned) -> Option<ChunkAnalyzed> {
    let input = || Input::Part(Box::new(planned.clone()));
    let events = function.handle(input()).await.unwrap();
    assert_eq!(function.handle(input()).await.unwrap(), events);
    all(&events).pop()
}

/// Joins all parts that were planned as this one is.
async fn join(function: &Analyze, planned: &AnalysisPlanned) -> AnalysisCompleted {
    let join = DetectionsPlanned {
        asset: planned.asset,
        analysis: planned.analysis.clone(),
    };
    let input = || Input::Join(Box::new(join.clone()));
    let events = function.handle(input()).await.unwrap();
    assert_eq!(function.handle(input()).await.unwrap(), events);
    all::<AnalysisCompleted>(&events).remove(0)
}

/// The clip, planned as a title is at first.
async fn begun(
    buckets: &TestBuckets,
    config: Config,
) -> Option<(Analyze, MediaProbed, Vec<AnalysisPlanned>)> {
    let path = PEOPLE.path()?;
    let function = function(buckets, config);
    let probed = PEOPLE.probed(buckets.upload(&path, PEOPLE.file).await, CHUNKS);
    let input = Input::Probed(Box::new(probed.clone()));
    let events = function.handle(input).await.unwrap();
    if let Some(skipped) = all::<AnalysisSkipped>(&events).first() {
        eprintln!("{}: {}", PEOPLE.file, skipped.reason);
        return None;
    }
    Some((function, probed, all(&events)))
}

#[tokio::test]
async fn a_machine_that_keeps_up_leaves_nothing_out_in_realtime() {
    let Some(config) = config("realtime") else {
        return;
    };
    let config = Config {
        rate: Ratio { num: 1, den: 1 },
        ..config
    };
    let realtime = Config {
        mode: AnalysisMode::Realtime,
        ..config.clone()
    };
    let (Some(batch), Some(realtime)) = (
        look_with(config, PEOPLE, CHUNKS).await,
        look_with(realtime, PEOPLE, CHUNKS).await,
    ) else {
        return;
    };
    assert_eq!(realtime.completed.dropped, 0);
    assert_eq!(realtime.times(), batch.times());
    assert_eq!(realtime.completed.pictures, batch.completed.pictures);
    assert_eq!(realtime.sidecar["mode"], "realtime");
    assert_eq!(batch.sidecar["mode"], serde_json::Value::Null);
    assert_ne!(realtime.completed.name, batch.completed.name);
    let labels = |looked: &crate::looked::Looked| looked.completed.labels.clone();
    assert_eq!(labels(&realtime), labels(&batch));
}

#[tokio::test]
async fn what_was_looked_at_thoroughly_stays_and_only_the_rest_changes_its_mode() {
    let Some(config) = config("switching") else {
        return;
    };
    let buckets = TestBuckets::start().await;
    let Some((function, probed, parts)) = begun(&buckets, config).await else {
        return;
    };
    let first = part(&function, &parts[0]).await.unwrap();
    let switched = plan(&function, again(&probed, 1, AnalysisMode::Realtime)).await;
    let order: Vec<u32> = switched.iter().map(|part| part.chunk.index).collect();
    assert_eq!(order, [2, 1, 0], "the newest first");
    assert!(switched.iter().all(|part| part.analysis.revision == 1));
    assert_eq!(
        part(&function, &parts[1]).await,
        None,
        "nobody waits for it any more"
    );

    let kept = part(&function, &switched[2]).await.unwrap();
    assert_eq!(
        (kept.pictures, kept.boxes, kept.dropped),
        (first.pictures, first.boxes, 0)
    );
    for planned in &switched[..2] {
        assert!(part(&function, planned).await.unwrap().pictures > 0);
    }
    let completed = join(&function, &switched[0]).await;
    assert_eq!(
        (completed.revision, completed.mode),
        (1, AnalysisMode::Realtime)
    );
    assert!(
        completed.labels.contains(&"person".to_owned()),
        "{completed:?}"
    );

    // Back again: thorough parts stay, and those with holes are looked at anew.
    let back = plan(&function, again(&probed, 2, AnalysisMode::Batch)).await;
    let mut pictures = 0;
    for planned in &back {
        let analyzed = part(&function, planned).await.unwrap();
        assert_eq!(analyzed.dropped, 0);
        pictures += analyzed.pictures;
    }
    let thorough = join(&function, &back[0]).await;
    assert_eq!(
        (thorough.revision, thorough.pictures, thorough.dropped),
        (2, pictures, 0)
    );
    assert_ne!(
        thorough.name, completed.name,
        "what is published stays what it was"
    );
}

#[tokio::test]
async fn another_model_is_asked_for_by_its_name() {
    let Some(config) = config("another model") else {
        return;
    };
    let buckets = TestBuckets::start().await;
    let Some((function, probed, parts)) = begun(&buckets, config).await else {
        return;
    };
    let other = ReanalysisPlanned {
        objects: Some("nanodet-m".to_owned()),
        ..again(&probed, 1, AnalysisMode::Batch)
    };
    let Some(planned) = plan(&function, other).await.pop() else {
        eprintln!("skipped: nanodet-m is not installed");
        return;
    };
    assert_eq!(planned.analysis.models[0].name, "nanodet-m");
    assert_ne!(planned.analysis.models, parts[0].analysis.models);
    assert!(part(&function, &planned).await.is_some());
    // The next title wants the usual ones: they are opened in place of the others.
    let usual = plan(&function, again(&probed, 2, AnalysisMode::Batch)).await;
    assert_eq!(usual[0].analysis.models, parts[0].analysis.models);
    assert!(part(&function, &usual[0]).await.is_some());
}

#[tokio::test]
async fn a_model_that_finds_no_things_or_is_none_is_not_looked_with() {
    let folder = tempfile::tempdir().unwrap();
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, without_models(folder.path().to_owned()));
    let location = TestBuckets::location(reeldrop_store::Bucket::Uploads, "a.mp4");
    let source = buckets.put(&location, None, &[], vec![7; 100]).await;
    let probed = PEOPLE.probed(source, 1);
    for (name, words) in [
        ("yolo-of-my-dreams", "is no model that finds things"),
        ("ultraface-rfb", "is no model that finds things"),
        ("nanodet-m", "reeldrop models pull nanodet-m"),
    ] {
        let other = ReanalysisPlanned {
            objects: Some(name.to_owned()),
            ..again(&probed, 3, AnalysisMode::Batch)
        };
        let events = function
            .handle(Input::Again(Box::new(other)))
            .await
            .unwrap();
        let skipped = &all::<AnalysisSkipped>(&events)[0];
        assert!(skipped.reason.contains(words), "{}", skipped.reason);
        assert_eq!(skipped.revision, 3);
    }
}
