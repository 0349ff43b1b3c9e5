//! What is made of a source: a pure function of the source and the profile.

mod audio;
mod chunks;
mod ladder;
mod timeline;

use reeldrop_events::{AudioPlanned, ChunkPlanned, Media, MediaProbed, Plan, Scheme};
use reeldrop_media::Profile;

/// One part of the work.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Audio of one rendition.
    Audio(Box<AudioPlanned>),
    /// Video in every rendition.
    Chunk(Box<ChunkPlanned>),
}

/// Plans a title. `keys_ns` are the times of the source's key frames, as far as they are known: ascending, on
/// the source's time line.
#[must_use]
pub fn plan(media: &Media, keys_ns: &[i64], profile: &Profile, scheme: Scheme) -> Plan {
    let (timeline, duration_ticks) = timeline::timeline(media, profile);
    let ladder = ladder::ladder(&media.video, profile, timeline.frame_rate.ratio());
    let segments = timeline.segment_at(duration_ticks.saturating_sub(1)) + 1;
    let chunks = chunks::chunks(media, keys_ns, profile, &timeline, &ladder, segments);
    let audio = audio::renditions(media, &profile.audio);
    let audio_parts = match audio.is_empty() {
        true => Vec::new(),
        false => audio::parts(profile, &timeline, segments),
    };
    Plan {
        profile: profile.name.clone(),
        timeline,
        duration_ticks,
        ladder,
        chunks,
        audio,
        audio_parts,
        scheme,
        analysis_mode: None,
    }
}

/// The events of a plan's parts, what is shown first first: sound before picture, since it takes
/// less time and nothing plays without it.
#[must_use]
pub fn parts(probed: &MediaProbed) -> Vec<Part> {
    let plan = &probed.plan;
    let (total_frames, last_frame_samples) = audio::total_frames(plan);
    let mut parts = Vec::new();
    for part in &plan.audio_parts {
        for rendition in &plan.audio {
            parts.push((
                part.first_segment,
                0,
                Part::Audio(Box::new(AudioPlanned {
                    asset: probed.asset,
                    source: probed.source.clone(),
                    timeline: plan.timeline,
                    part: *part,
                    rendition: rendition.clone(),
                    total_frames,
                    last_frame_samples: Some(last_frame_samples),
                    scheme: plan.scheme,
                })),
            ));
        }
    }
    for chunk in &plan.chunks {
        parts.push((
            chunk.first_segment,
            1,
            Part::Chunk(Box::new(ChunkPlanned {
                asset: probed.asset,
                source: probed.source.clone(),
                video: probed.media.video.clone(),
                timeline: plan.timeline,
                chunk: *chunk,
                ladder: plan.ladder.clone(),
                scheme: plan.scheme,
            })),
        ));
    }
    parts.sort_by_key(|(segment, kind, _)| (*segment, *kind));
    parts.into_iter().map(|(_, _, part)| part).collect()
}

#[cfg(test)]
mod tests;
