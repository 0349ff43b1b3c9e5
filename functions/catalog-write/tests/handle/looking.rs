//! A title is looked at again, and switched between modes while it is looked at.

use cloudevents::Event;
use reeldrop_catalog::{Analysis, AnalysisState, Likeness};
use reeldrop_events::*;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    analysis::{PARTS, STORY, labels, looking, plan, said},
    stage::Stage,
};

fn request(number: u128, mode: Option<AnalysisMode>, objects: Option<&str>) -> Event {
    let requested = AnalysisRequested {
        asset: STORY.asset(),
        request: Uuid::from_u128(number),
        mode,
        objects: objects.map(str::to_owned),
    };
    Outgoing::of(&requested).into_event("portal")
}

fn plan_of(revision: u32, mode: AnalysisMode) -> AnalysisPlan {
    AnalysisPlan {
        mode,
        revision,
        ..plan()
    }
}

fn planned(revision: u32, mode: AnalysisMode) -> Event {
    said(&AnalysisPlanned {
        asset: STORY.asset(),
        source: STORY.source(),
        video: STORY.media().video,
        analysis: plan_of(revision, mode),
        chunk: STORY.plan().chunks[0],
    })
}

fn analyzed(revision: u32, mode: AnalysisMode, part: u32) -> Event {
    said(&ChunkAnalyzed {
        asset: STORY.asset(),
        source: STORY.source(),
        analysis: plan_of(revision, mode),
        part,
        pictures: 12,
        dropped: 2,
        boxes: 7,
    })
}

/// As many scenes as the request's number, and one.
fn scenes(revision: u32) -> SceneEmbeddings {
    let scene = |n: u32| SceneEmbedding {
        start_ms: u64::from(n) * 1_000,
        end_ms: u64::from(n) * 1_000 + 1_000,
        best_ms: u64::from(n) * 1_000 + 500,
        embedding: Embedding::of(&[1.0, n as f32]).unwrap(),
    };
    SceneEmbeddings {
        space: "space".to_owned(),
        model: looking(),
        first: 0,
        scenes: (0..=revision).map(scene).collect(),
    }
}

/// The names that scenes are kept under, and how many they are.
async fn kept_scenes(stage: &Stage) -> Vec<(String, i64)> {
    let query = "select name, count(*) from scene_embeddings group by name order by name";
    let rows = stage
        .database
        .client()
        .await
        .query(query, &[])
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn scenes_are_kept_once_and_replaced_with_what_is_seen_and_forgotten_with_the_title() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    let kept = |name: &str, count| vec![(name.to_owned(), count)];
    for _ in 0..2 {
        stage.handle_all(joined(0, Batch, "dog")).await;
        assert_eq!(kept_scenes(&stage).await, kept("seen-0", 1));
    }
    let wanted = Likeness {
        space: "space".to_owned(),
        embedding: Embedding::of(&[1.0, 2.0]).unwrap(),
        least: 0.99,
    };
    let starts = async || -> Vec<u64> {
        let alike = stage.database.catalog.alike(&wanted, 30).await.unwrap();
        alike.into_iter().map(|alike| alike.start_ms).collect()
    };
    assert!(starts().await.is_empty());
    stage.handle(request(1, Some(Realtime), None)).await;
    stage.handle(request(2, Some(Batch), None)).await;
    for late in [2, 1] {
        stage.handle_all(joined(late, Batch, "dog")).await;
        assert_eq!(kept_scenes(&stage).await, kept("seen-2", 3), "{late}");
    }
    assert_eq!(starts().await, [2_000]);
    let deleted = AssetDeleted {
        asset: STORY.asset(),
    };
    stage
        .handle(Outgoing::of(&deleted).into_event("portal"))
        .await;
    assert!(kept_scenes(&stage).await.is_empty());
}

/// What is joined for a request: one thing of that label.
fn joined(revision: u32, mode: AnalysisMode, label: &str) -> [Event; 2] {
    let (asset, name) = (STORY.asset(), format!("seen-{revision}"));
    let detection = Detection {
        kind: DetectionKind::Thing,
        label: label.to_owned(),
        score: 0.75,
        area: Area::default(),
        best_ms: 1_500,
        still: None,
        start_ms: 1_000,
        end_ms: 3_000,
        model: looking(),
        beside: Vec::new(),
    };
    let page = DetectionsCompleted {
        asset,
        name: name.clone(),
        page: 0,
        first: 0,
        detections: vec![detection],
        embeddings: Some(scenes(revision)),
    };
    let completed = AnalysisCompleted {
        asset,
        detections: 1,
        scenes: 1,
        sidecar: format!("{asset}/seen/{name}.json"),
        stretch_ms: 60_000,
        stretches: 1,
        sheets: 0,
        labels: vec![label.to_owned()],
        revision,
        mode,
        pictures: 36,
        dropped: 6,
        name,
    };
    [said(&page), said(&completed)]
}

fn skipped(revision: u32) -> Event {
    said(&AnalysisSkipped {
        asset: STORY.asset(),
        reason: "skipped: no model".to_owned(),
        revision,
    })
}

fn failed(part: &str) -> Event {
    STORY.failed("analyze", part)
}

async fn analysis(stage: &Stage) -> Analysis {
    let analysis = stage.database.catalog.analysis(STORY.asset()).await;
    analysis.unwrap().unwrap()
}

async fn asked(stage: &Stage, event: Event) -> Vec<Value> {
    stage.broker.take();
    stage.handle(event).await;
    stage.broker.take_of("reanalysis.planned")
}

use AnalysisMode::{Batch, Realtime};

#[tokio::test]
async fn a_title_is_planned_again_as_is_asked_and_keeps_what_was_seen_until_that_is_complete() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle_all(joined(0, Batch, "dog")).await;
    let again = asked(&stage, request(1, Some(Realtime), Some("nanodet-m"))).await;
    assert_eq!(again.len(), 1);
    let again: ReanalysisPlanned = serde_json::from_value(again[0].clone()).unwrap();
    assert_eq!((again.revision, again.mode), (1, Some(Realtime)));
    assert_eq!(again.objects.as_deref(), Some("nanodet-m"));
    assert_eq!(again.probed.plan, STORY.plan());
    assert_eq!(again.probed.source, STORY.source());

    let under_way = analysis(&stage).await;
    assert_eq!(
        (under_way.state, under_way.mode),
        (AnalysisState::Planned, Realtime)
    );
    assert_eq!(under_way.seen_mode, Batch);
    assert!(under_way.sidecar.unwrap().ends_with("seen-0.json"));
    assert_eq!(labels(&stage).await, ["dog"]);

    let [page, completed] = joined(1, Realtime, "cat");
    stage.handle(page).await;
    assert_eq!(labels(&stage).await, ["dog"], "not before it is complete");
    stage.handle(completed).await;
    assert_eq!(labels(&stage).await, ["cat"]);
    let now = analysis(&stage).await;
    assert_eq!(
        (now.state, now.seen_mode),
        (AnalysisState::Completed, Realtime)
    );
    assert_eq!((now.pictures, now.dropped), (36, 6));
    assert_eq!(
        stage.count("detections").await,
        1,
        "nobody asks for the others"
    );
}

#[tokio::test]
async fn asking_twice_or_for_what_is_under_way_changes_nothing() {
    let stage = Stage::new().await;
    stage.handle_all([STORY.probed(), planned(0, Batch)]).await;
    assert_eq!(
        asked(&stage, request(1, Some(Realtime), None)).await.len(),
        1
    );
    let before = stage.dump().await;
    assert!(
        asked(&stage, request(1, Some(Realtime), None))
            .await
            .is_empty(),
        "redelivered"
    );
    assert_eq!(stage.dump().await, before);
    for again in [request(2, Some(Realtime), None), request(3, None, None)] {
        assert!(asked(&stage, again).await.is_empty(), "it is under way");
    }
    let other = asked(&stage, request(4, None, Some("nanodet-m"))).await;
    assert_eq!(other[0]["revision"], 2);
}

#[tokio::test]
async fn the_newest_request_counts_and_what_comes_late_of_others_does_not() {
    let stage = Stage::new().await;
    stage
        .handle_all([STORY.probed(), planned(0, Batch), analyzed(0, Batch, 0)])
        .await;
    asked(&stage, request(1, Some(Realtime), None)).await;
    for part in 1..PARTS {
        stage.handle(analyzed(0, Batch, part)).await;
    }
    assert!(
        stage.broker.take_of("detections.planned").is_empty(),
        "nobody waits for these"
    );
    stage
        .handle_all([planned(0, Batch), failed("analysis/1"), skipped(0)])
        .await;
    let now = analysis(&stage).await;
    assert_eq!(
        (now.state, now.mode, now.reason),
        (AnalysisState::Planned, Realtime, None)
    );

    for part in 0..PARTS {
        stage.handle(analyzed(1, Realtime, part)).await;
    }
    let join = stage.broker.take_of("detections.planned");
    assert_eq!(join.len(), 1);
    assert_eq!(
        (
            &join[0]["analysis"]["mode"],
            &join[0]["analysis"]["revision"]
        ),
        (&"realtime".into(), &1.into())
    );
    stage.handle_all(joined(1, Realtime, "cat")).await;
    stage.handle_all(joined(0, Batch, "dog")).await;
    assert_eq!(labels(&stage).await, ["cat"]);
    assert_eq!(analysis(&stage).await.seen_mode, Realtime);
}

#[tokio::test]
async fn what_an_earlier_request_found_is_shown_while_a_newer_one_is_under_way() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    asked(&stage, request(1, Some(Realtime), None)).await;
    asked(&stage, request(2, Some(Batch), None)).await;
    stage.handle_all(joined(1, Realtime, "cat")).await;
    let now = analysis(&stage).await;
    assert_eq!(
        (now.state, now.mode, now.seen_mode),
        (AnalysisState::Planned, Batch, Realtime)
    );
    assert_eq!(labels(&stage).await, ["cat"]);
    stage.handle_all(joined(2, Batch, "dog")).await;
    assert_eq!(labels(&stage).await, ["dog"]);
}

#[tokio::test]
async fn what_cannot_be_looked_at_again_says_why_and_still_shows_what_was_seen() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle_all(joined(0, Batch, "dog")).await;
    asked(&stage, request(1, Some(Realtime), None)).await;
    stage.handle(skipped(1)).await;
    assert_eq!(analysis(&stage).await.state, AnalysisState::Skipped);
    assert_eq!(labels(&stage).await, ["dog"]);

    // A retry asks for the same once more.
    let retry = RetryRequested {
        asset: STORY.asset(),
        request: Uuid::from_u128(9),
    };
    let again = asked(&stage, Outgoing::of(&retry).into_event("portal")).await;
    assert_eq!(
        (&again[0]["revision"], &again[0]["mode"]),
        (&2.into(), &"realtime".into())
    );
    stage.handle(failed("analysis/1@2")).await;
    assert_eq!(analysis(&stage).await.state, AnalysisState::Failed);
    assert_eq!(labels(&stage).await, ["dog"]);
}

#[tokio::test]
async fn a_title_that_is_not_understood_cannot_be_looked_at() {
    let stage = Stage::new().await;
    assert!(asked(&stage, request(1, None, None)).await.is_empty());
    assert_eq!(stage.count("analyses").await, 0);
}
