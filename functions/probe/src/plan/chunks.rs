//! Ranges of video that are encoded by one event each.

use reeldrop_events::{Chunk, Media, Rendition, Timeline};
use reeldrop_media::Profile;

/// Sources that cannot be entered in the middle are one chunk up to this many segments: each
/// chunk of them is decoded from the start.
const UNSEEKABLE_SEGMENTS: u32 = 10;

/// Divides `segments` segments: the first ones small, so that playback begins soon, then growing
/// to what one event can do.
pub(super) fn chunks(
    media: &Media,
    profile: &Profile,
    timeline: &Timeline,
    ladder: &[Rendition],
    segments: u32,
) -> Vec<Chunk> {
    let most = most_segments(media, profile, timeline, ladder);
    let whole = !media.seekable && segments <= UNSEEKABLE_SEGMENTS;
    // The short first segment and the rest of its span are a chunk each.
    let leading = if timeline.first_segment_ticks.is_some() {
        2
    } else {
        0
    };
    let mut chunks = Vec::new();
    let mut first_segment = 0;
    let mut size = 1;
    while first_segment < segments {
        let wanted = match (whole, first_segment < leading) {
            (true, _) => segments,
            (false, true) => 1,
            (false, false) => size.min(most),
        };
        if first_segment >= leading {
            size += 1;
        }
        let taken = wanted.min(segments - first_segment);
        let next = first_segment + taken;
        chunks.push(Chunk {
            index: chunks.len() as u32,
            first_segment,
            segments: taken,
            start: timeline.segment_start(first_segment),
            end: (next < segments).then(|| timeline.segment_start(next)),
        });
        first_segment = next;
    }
    chunks
}

/// Segments whose pixels, decoded and encoded, are not more than the profile allows an event.
fn most_segments(
    media: &Media,
    profile: &Profile,
    timeline: &Timeline,
    ladder: &[Rendition],
) -> u32 {
    let pixels = |width: u32, height: u32| u128::from(width) * u128::from(height);
    let source = pixels(media.video.coded_width, media.video.coded_height);
    let encoded: u128 = ladder
        .iter()
        .map(|rung| pixels(rung.width, rung.height))
        .sum();
    let rate = timeline.frame_rate.ratio();
    let per_segment =
        (source + encoded) * u128::from(rate.num) * u128::from(timeline.segment_ticks)
            / (u128::from(rate.den) * u128::from(timeline.timescale));
    let allowed = u128::from(profile.segments.chunk_megapixels) * 1_000_000 / per_segment.max(1);
    u32::try_from(allowed)
        .unwrap_or(u32::MAX)
        .clamp(1, profile.segments.chunk_segments)
}
