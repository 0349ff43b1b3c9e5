//! The parts that a title is listened to in.

use reeldrop_events::{AudioTrack, MediaProbed, SpeechPlan, SpeechPlanned};

use crate::Config;

/// Length of a part, nanoseconds: a small model on two cores is through with it in well under two
/// minutes, even where it has to try again.
const PART_NS: u64 = 180_000_000_000;

/// How the first audio track of a title is listened to.
pub(crate) fn speech(
    probed: &MediaProbed,
    track: &AudioTrack,
    config: &Config,
    model: &str,
) -> SpeechPlan {
    let plan = &probed.plan;
    // The last part has from a half to one and a half times the length.
    let parts = (track.duration_ns + PART_NS / 2) / PART_NS;
    SpeechPlan {
        track: track.index,
        origin_ns: plan.timeline.origin_ns,
        duration_ns: plan.timeline.tick_ns(plan.duration_ticks),
        start_ns: track.start_ns,
        end_ns: track.start_ns.saturating_add(track.duration_ns),
        part_ns: PART_NS,
        parts: u32::try_from(parts).unwrap_or(u32::MAX).max(1),
        frame_rate: plan.timeline.frame_rate.ratio(),
        language: config.language.clone(),
        translate: config.translate,
        model: model.to_owned(),
    }
}

/// An event for each part.
pub(crate) fn parts(probed: &MediaProbed, speech: &SpeechPlan) -> Vec<SpeechPlanned> {
    (0..speech.parts)
        .map(|part| SpeechPlanned {
            asset: probed.asset,
            source: probed.source.clone(),
            speech: speech.clone(),
            part,
        })
        .collect()
}
