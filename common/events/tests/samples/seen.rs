//! Payloads about what is seen.

use reeldrop_events::{
    AnalysisCompleted, AnalysisMode, AnalysisPlan, AnalysisPlanned, AnalysisRequested,
    AnalysisSkipped, Area, ChunkAnalyzed, Detection, DetectionKind, DetectionsCompleted,
    DetectionsPlanned, Embedding, LookingModel, MediaProbed, Ratio, ReanalysisPlanned,
    SceneEmbedding, SceneEmbeddings,
};
use uuid::Uuid;

use super::{Sample, asset, media, source, video};

fn plan() -> AnalysisPlan {
    AnalysisPlan {
        timeline: super::plan().timeline,
        duration_ms: 20_020,
        rate: Ratio { num: 2, den: 1 },
        models: vec![looking()],
        version: 2,
        parts: 2,
        mode: AnalysisMode::Realtime,
        revision: 1,
    }
}

fn looking() -> LookingModel {
    LookingModel {
        name: "yolox-nano".to_owned(),
        version: "e8af0749".to_owned(),
    }
}

pub(super) fn seen() -> Vec<Sample> {
    let (asset, name) = (asset(), "seen-1f0c77a2".to_owned());
    let analysis = plan();
    vec![
        Sample::of(&AnalysisPlanned {
            asset,
            source: source(),
            video: video(),
            analysis: analysis.clone(),
            chunk: super::plan().chunks[1],
        }),
        Sample::of(&ChunkAnalyzed {
            asset,
            source: source(),
            analysis: analysis.clone(),
            part: 1,
            pictures: 12,
            dropped: 3,
            boxes: 30,
        }),
        Sample::of(&DetectionsPlanned { asset, analysis }),
        Sample::of(&page(&name)),
        Sample::of(&AnalysisCompleted {
            asset,
            detections: 2,
            scenes: 3,
            sidecar: format!("{asset}/seen/{name}.json"),
            stretch_ms: 60_000,
            stretches: 1,
            sheets: 1,
            labels: vec!["beach".to_owned(), "dog".to_owned()],
            revision: 1,
            mode: AnalysisMode::Realtime,
            pictures: 24,
            dropped: 3,
            name,
        }),
    ]
}

/// A thing and a scene, and what the latter looks like.
fn page(name: &str) -> DetectionsCompleted {
    DetectionsCompleted {
        asset: asset(),
        name: name.to_owned(),
        page: 0,
        first: 0,
        detections: vec![
            Detection {
                kind: DetectionKind::Thing,
                label: "dog".to_owned(),
                score: 0.8614,
                area: Area {
                    x: 0.25,
                    y: 0.5,
                    width: 0.125,
                    height: 0.375,
                },
                best_ms: 2_500,
                still: Some(0),
                start_ms: 1_500,
                end_ms: 4_000,
                model: looking(),
                beside: vec!["beach".to_owned(), "person".to_owned()],
            },
            scene(),
        ],
        embeddings: Some(SceneEmbeddings {
            space: "clip-vit-b32".to_owned(),
            model: encoding(),
            first: 0,
            scenes: vec![SceneEmbedding {
                start_ms: 0,
                end_ms: 12_000,
                best_ms: 3_500,
                embedding: Embedding::of(&[0.5, -0.25, 1.0]).unwrap(),
            }],
        }),
    }
}

/// The model that knows scenes.
fn encoding() -> LookingModel {
    LookingModel {
        name: "clip-vit-b32-image".to_owned(),
        version: "583fd111".to_owned(),
    }
}

fn scene() -> Detection {
    Detection {
        kind: DetectionKind::Scene,
        label: "beach".to_owned(),
        score: 0.7,
        area: Area::WHOLE,
        best_ms: 3_500,
        still: None,
        start_ms: 0,
        end_ms: 12_000,
        model: encoding(),
        beside: vec!["dog".to_owned()],
    }
}

/// Nobody looks, or looks again.
pub(super) fn again() -> Vec<Sample> {
    let (asset, mode) = (asset(), Some(AnalysisMode::Realtime));
    let objects = Some("nanodet-m".to_owned());
    vec![
        Sample::of(&AnalysisSkipped {
            asset,
            reason: "skipped: no model; run `reeldrop models pull`".to_owned(),
            revision: 1,
        }),
        Sample::of(&AnalysisRequested {
            asset,
            request: Uuid::from_u128(0x0198_0b1e_7c5e_7aaa_9f00_1234_5678_9abc),
            mode,
            objects: objects.clone(),
        }),
        Sample::of(&ReanalysisPlanned {
            probed: MediaProbed {
                asset,
                source: source(),
                name: Some("Grüße aus \"Köln\"".to_owned()),
                media: media(),
                plan: super::plan(),
            },
            revision: 1,
            mode,
            objects,
        }),
    ]
}
