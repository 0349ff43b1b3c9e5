//! The parts that a title is looked at in: its chunks.

use reeldrop_events::{AnalysisMode, AnalysisPlan, AnalysisPlanned, MediaProbed};

use crate::{Config, VERSION, config::Installed};

/// What a person has asked for, if anybody has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'a> {
    /// Which request of the title's it is, from 1; 0 where nobody asked.
    pub(crate) revision: u32,
    pub(crate) mode: Option<AnalysisMode>,
    pub(crate) objects: Option<&'a str>,
}

/// An event for each part: in order, and the newest first where that is what counts.
pub(crate) fn parts(
    probed: &MediaProbed,
    config: &Config,
    models: &[Installed],
    asked: Asked<'_>,
) -> Vec<AnalysisPlanned> {
    let plan = &probed.plan;
    let mode = asked.mode.or(plan.analysis_mode).unwrap_or(config.mode);
    let analysis = AnalysisPlan {
        timeline: plan.timeline,
        duration_ms: plan.timeline.tick_ns(plan.duration_ticks) / 1_000_000,
        rate: config.rate,
        models: models.iter().map(Installed::named).collect(),
        version: VERSION,
        parts: u32::try_from(plan.chunks.len()).unwrap_or(u32::MAX),
        mode,
        revision: asked.revision,
    };
    let chunks = plan.chunks.iter();
    let mut parts: Vec<AnalysisPlanned> = chunks
        .map(|chunk| AnalysisPlanned {
            asset: probed.asset,
            source: probed.source.clone(),
            video: probed.media.video.clone(),
            analysis: analysis.clone(),
            chunk: *chunk,
        })
        .collect();
    if mode == AnalysisMode::Realtime {
        parts.reverse();
    }
    parts
}
