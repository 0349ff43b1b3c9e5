//! What is seen, joined and kept.

use cloudevents::Event;
use reeldrop_catalog::{AnalysisState, AssetState, ListDetections};
use reeldrop_events::*;
use uuid::Uuid;

use crate::{stage::Stage, story::Story};

pub(crate) const STORY: Story = Story { chunks: 2 };
pub(crate) const PARTS: u32 = 3;
const NAME: &str = "seen-1";

pub(crate) fn looking() -> LookingModel {
    LookingModel {
        name: "yolox-nano".to_owned(),
        version: "e8af0749".to_owned(),
    }
}

pub(crate) fn plan() -> AnalysisPlan {
    AnalysisPlan {
        timeline: Timeline {
            origin_ns: 0,
            timescale: 25_000,
            frame_rate: FrameRate::Constant(Ratio { num: 25, den: 1 }),
            gop_ticks: 50_000,
            segment_ticks: 150_000,
            first_segment_ticks: None,
        },
        duration_ms: 20_000,
        rate: Ratio { num: 2, den: 1 },
        models: vec![looking()],
        version: 2,
        parts: PARTS,
        mode: AnalysisMode::Batch,
        revision: 0,
    }
}

pub(crate) fn said<P: Payload>(payload: &P) -> Event {
    Outgoing::of(payload).into_event("analyze")
}

fn analyzed(part: u32) -> Event {
    said(&ChunkAnalyzed {
        asset: STORY.asset(),
        source: STORY.source(),
        analysis: plan(),
        part,
        pictures: 12,
        dropped: 0,
        boxes: 7,
    })
}

fn page(page: u32, labels: &[&str]) -> Event {
    let detection = |label: &&str| Detection {
        kind: DetectionKind::Thing,
        label: (*label).to_owned(),
        score: 0.75,
        area: Area {
            x: 0.1,
            y: 0.2,
            width: 0.3,
            height: 0.4,
        },
        best_ms: 1_500,
        still: Some(0),
        start_ms: 1_000,
        end_ms: 3_000,
        model: looking(),
        beside: Vec::new(),
    };
    said(&DetectionsCompleted {
        asset: STORY.asset(),
        name: NAME.to_owned(),
        page,
        first: page * 2,
        detections: labels.iter().map(detection).collect(),
        embeddings: None,
    })
}

fn completed() -> Event {
    let asset = STORY.asset();
    said(&AnalysisCompleted {
        asset,
        name: NAME.to_owned(),
        detections: 3,
        scenes: 1,
        sidecar: format!("{asset}/seen/{NAME}.json"),
        stretch_ms: 60_000,
        stretches: 1,
        sheets: 1,
        labels: ["bed", "dog", "person"].map(str::to_owned).to_vec(),
        revision: 0,
        mode: AnalysisMode::Batch,
        pictures: 36,
        dropped: 0,
    })
}

fn skipped(reason: &str) -> Event {
    said(&AnalysisSkipped {
        asset: STORY.asset(),
        reason: reason.to_owned(),
        revision: 0,
    })
}

pub(crate) async fn labels(stage: &Stage) -> Vec<String> {
    let all = ListDetections {
        limit: 100,
        ..ListDetections::default()
    };
    let found = stage.database.catalog.detections(STORY.asset(), &all).await;
    let found = found.unwrap().into_iter();
    found.map(|found| found.detection.label).collect()
}

async fn state(stage: &Stage) -> Option<AnalysisState> {
    let analysis = stage.database.catalog.analysis(STORY.asset()).await;
    analysis.unwrap().map(|analysis| analysis.state)
}

#[tokio::test]
async fn detections_are_planned_when_every_part_is_looked_at_whatever_their_order() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.broker.take();
    stage
        .handle_all([analyzed(2), analyzed(0), analyzed(2)])
        .await;
    assert!(stage.broker.take_of("detections.planned").is_empty());
    stage.handle(analyzed(1)).await;
    let planned = stage.broker.take_of("detections.planned");
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0]["analysis"]["models"][0]["name"], "yolox-nano");
    stage.handle(analyzed(1)).await;
    let again = stage.broker.take_of("detections.planned");
    assert!(again.is_empty(), "a repetition says nothing new");
}

#[tokio::test]
async fn what_is_seen_is_kept_once_in_any_order_and_shown_when_it_is_complete() {
    let events = [page(0, &["person", "dog"]), page(1, &["bed"]), completed()];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let stage = Stage::new().await;
        stage.handle(STORY.probed()).await;
        for at in order {
            stage.handle(events[at].clone()).await;
            stage.handle(events[at].clone()).await;
        }
        assert_eq!(labels(&stage).await, ["person", "dog", "bed"], "{order:?}");
    }
    let stage = Stage::new().await;
    stage.handle_all([STORY.probed(), events[0].clone()]).await;
    assert!(labels(&stage).await.is_empty(), "not before it is complete");
}

#[tokio::test]
async fn a_title_that_nobody_looked_at_is_published_and_a_retry_looks() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle(skipped("skipped: no model")).await;
    stage
        .handle_all([STORY.published(1, 4, true), STORY.pictures()])
        .await;
    assert_eq!(stage.asset(STORY).await.state, AssetState::Ready);
    assert_eq!(state(&stage).await, Some(AnalysisState::Skipped));

    stage.broker.take();
    let retry = RetryRequested {
        asset: STORY.asset(),
        request: Uuid::from_u128(1),
    };
    stage
        .handle(Outgoing::of(&retry).into_event("portal"))
        .await;
    let again = stage.broker.take();
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(again[0].0, ReanalysisPlanned::TYPE);
    assert_eq!(again[0].2["revision"], 1);
    assert_eq!(state(&stage).await, Some(AnalysisState::Planned));

    // What the first try became is no news now.
    stage.handle(skipped("skipped: no model")).await;
    assert_eq!(state(&stage).await, Some(AnalysisState::Planned));
    let still = AnalysisSkipped {
        asset: STORY.asset(),
        reason: "skipped: still no model".to_owned(),
        revision: 1,
    };
    stage.handle(said(&still)).await;
    assert_eq!(state(&stage).await, Some(AnalysisState::Skipped));
}

#[tokio::test]
async fn a_part_that_cannot_be_looked_at_says_so_and_fails_nothing_else() {
    let stage = Stage::new().await;
    stage.handle(STORY.probed()).await;
    stage.handle(STORY.failed("analyze", "analysis/1")).await;
    assert_eq!(state(&stage).await, Some(AnalysisState::Failed));
    let late = AnalysisPlanned {
        asset: STORY.asset(),
        source: STORY.source(),
        video: STORY.media().video,
        analysis: plan(),
        chunk: STORY.plan().chunks[1],
    };
    stage.handle(said(&late)).await;
    assert_eq!(
        state(&stage).await,
        Some(AnalysisState::Failed),
        "a late plan"
    );
    stage
        .handle_all([STORY.published(1, 4, true), STORY.pictures()])
        .await;
    assert_eq!(stage.asset(STORY).await.state, AssetState::Ready);
}
