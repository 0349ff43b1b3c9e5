//! Audio renditions and the parts that they are encoded in.

use reeldrop_events::{AudioPart, AudioRendition, AudioTrack, Media, Plan, Timeline};
use reeldrop_media::{AudioProfile, Profile};

/// Samples per AAC frame.
const AAC_FRAME: u128 = 1_024;

pub(super) fn renditions(media: &Media, profile: &AudioProfile) -> Vec<AudioRendition> {
    let tracks = media.audio.iter().enumerate();
    tracks
        .map(|(index, track)| AudioRendition {
            name: format!("audio-{index}"),
            track: track.index,
            bitrate_bps: profile.bitrate_bps,
            sample_rate_hz: profile.sample_rate_hz,
            channels: profile.channels,
            gain_cdb: gain_cdb(track, profile),
            language: track.language.clone().unwrap_or_else(|| "und".to_owned()),
            label: label(track, index, media.audio.len()),
            default: index == 0,
        })
        .collect()
}

/// Gain to the profile's loudness, as far as the peak and the profile allow; hundredths of a dB.
fn gain_cdb(track: &AudioTrack, profile: &AudioProfile) -> i32 {
    let (Some(target), Some(loudness)) = (profile.loudness_lufs, track.loudness_clufs) else {
        return 0;
    };
    let hundredths = |decibels: f64| (decibels * 100.0).round() as i32;
    let wanted = (hundredths(target) - loudness).min(hundredths(profile.max_gain_db));
    let headroom = track
        .peak_cdbfs
        .map(|peak| hundredths(profile.peak_dbfs) - peak);
    match headroom {
        // The peak limits how much louder it gets; it never makes a track quieter than wanted.
        Some(headroom) if wanted > 0 => wanted.min(headroom.max(0)),
        _ => wanted,
    }
}

fn label(track: &AudioTrack, index: usize, count: usize) -> String {
    match (&track.title, &track.language) {
        (Some(title), _) => title.clone(),
        (None, Some(language)) => language.clone(),
        (None, None) if count == 1 => "Audio".to_owned(),
        (None, None) => format!("Audio {}", index + 1),
    }
}

/// Sound of so many segments is one part: it takes half a second.
const WHOLE_SEGMENTS: u32 = 4;

/// The first part covers what is shown first, the others as much as an event may take.
pub(super) fn parts(profile: &Profile, timeline: &Timeline, segments: u32) -> Vec<AudioPart> {
    let rate = profile.audio.sample_rate_hz;
    let most = (profile.segments.audio_part_ms / profile.segments.segment_ms.max(1)).max(1);
    let mut parts = Vec::new();
    let mut first_segment = 0;
    while first_segment < segments {
        let wanted = match (first_segment, timeline.first_segment_ticks) {
            _ if segments <= WHOLE_SEGMENTS => segments,
            (0, Some(_)) => 2,
            (0, None) => 1,
            _ => most,
        };
        let taken = wanted.min(segments - first_segment);
        let next = first_segment + taken;
        parts.push(AudioPart {
            index: parts.len() as u32,
            first_segment,
            segments: taken,
            start_frame: timeline.audio_segment_start(first_segment, rate),
            end_frame: (next < segments).then(|| timeline.audio_segment_start(next, rate)),
        });
        first_segment = next;
    }
    parts
}

/// AAC frames of a whole rendition, up to the end of the picture, and how many samples of the last one lie
/// before it.
pub(super) fn total_frames(plan: &Plan) -> (u64, u32) {
    let rate = plan
        .audio
        .first()
        .map_or(0, |rendition| u128::from(rendition.sample_rate_hz));
    let samples = u128::from(plan.duration_ticks) * rate;
    let samples = samples.div_ceil(u128::from(plan.timeline.timescale).max(1));
    let frames = samples.div_ceil(AAC_FRAME);
    let last = samples - frames.saturating_sub(1) * AAC_FRAME;
    (frames as u64, last as u32)
}
