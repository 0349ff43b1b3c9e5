//! Ranges of video that are encoded by one event each.

use reeldrop_events::{Chunk, Media, Rendition, Timeline};
use reeldrop_media::Profile;

/// Sources that cannot be entered in the middle are one chunk up to this many segments: each
/// chunk of them is decoded from the start.
const UNSEEKABLE_SEGMENTS: u32 = 10;

/// Pixels, decoded and encoded, that are worth an event of their own: some seconds of work.
const LEAST_MEGAPIXELS: u64 = 150;

/// Divides `segments` segments: the first one small, so that playback begins soon, then growing
/// to what one event can do. Where key frames are far apart none is shorter than their distance, but
/// for the very first: a chunk is decoded from the key frame before it.
pub(super) fn chunks(
    media: &Media,
    profile: &Profile,
    timeline: &Timeline,
    ladder: &[Rendition],
    segments: u32,
) -> Vec<Chunk> {
    let pixels = pixels_per_segment(media, timeline, ladder);
    let most = segments_of(profile.segments.chunk_megapixels, pixels)
        .clamp(1, profile.segments.chunk_segments);
    let whole = !media.seekable && segments <= UNSEEKABLE_SEGMENTS;
    let worthwhile = segments_of(LEAST_MEGAPIXELS, pixels).saturating_add(1);
    let least = key_frame_distance(media, timeline)
        .max(worthwhile)
        .min(most);
    // The short first segment and the rest of its span lead.
    let leading = if timeline.first_segment_ticks.is_some() {
        2
    } else {
        0
    };
    let mut chunks = Vec::new();
    let mut first_segment = 0;
    let mut size = least;
    while first_segment < segments {
        let wanted = match first_segment {
            _ if whole => segments,
            0 if leading > 0 => 1,
            1 if leading > 0 => least,
            _ => size.min(most),
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

/// Segments between the two key frames that lie furthest apart; 0 where no index tells.
fn key_frame_distance(media: &Media, timeline: &Timeline) -> u32 {
    let segment_ns = timeline.tick_ns(timeline.segment_ticks).max(1);
    let segments = media.video.key_frames.longest_gap_ns.div_ceil(segment_ns);
    u32::try_from(segments).unwrap_or(u32::MAX)
}

/// Whole segments of so many pixels each in `megapixels`.
fn segments_of(megapixels: u64, pixels_per_segment: u128) -> u32 {
    let segments = u128::from(megapixels) * 1_000_000 / pixels_per_segment.max(1);
    u32::try_from(segments).unwrap_or(u32::MAX)
}

/// Pixels that are decoded and encoded for a segment.
fn pixels_per_segment(media: &Media, timeline: &Timeline, ladder: &[Rendition]) -> u128 {
    let pixels = |width: u32, height: u32| u128::from(width) * u128::from(height);
    let source = pixels(media.video.coded_width, media.video.coded_height);
    let encoded: u128 = ladder
        .iter()
        .map(|rung| pixels(rung.width, rung.height))
        .sum();
    let rate = timeline.frame_rate.ratio();
    (source + encoded) * u128::from(rate.num) * u128::from(timeline.segment_ticks)
        / (u128::from(rate.den) * u128::from(timeline.timescale))
}
