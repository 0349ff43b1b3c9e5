//! The parts that a title is looked at in: its chunks.

use reeldrop_events::{AnalysisPlan, AnalysisPlanned, MediaProbed};

use crate::{Config, VERSION, config::Installed};

/// An event for each part.
pub(crate) fn parts(
    probed: &MediaProbed,
    config: &Config,
    models: &[Installed],
) -> Vec<AnalysisPlanned> {
    let plan = &probed.plan;
    let analysis = AnalysisPlan {
        timeline: plan.timeline,
        duration_ms: plan.timeline.tick_ns(plan.duration_ticks) / 1_000_000,
        rate: config.rate,
        models: models.iter().map(Installed::named).collect(),
        version: VERSION,
        parts: u32::try_from(plan.chunks.len()).unwrap_or(u32::MAX),
    };
    let chunks = plan.chunks.iter();
    chunks
        .map(|chunk| AnalysisPlanned {
            asset: probed.asset,
            source: probed.source.clone(),
            video: probed.media.video.clone(),
            analysis: analysis.clone(),
            chunk: *chunk,
        })
        .collect()
}
