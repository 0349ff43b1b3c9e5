//! Ranges of video that are encoded by one event each.

use reeldrop_events::{Chunk, Media, Rendition, Timeline};
use reeldrop_media::Profile;

/// Sources that cannot be entered in the middle are one chunk up to this many segments: each
/// chunk of them is decoded from the start.
const UNSEEKABLE_SEGMENTS: u32 = 10;

/// Pixels, decoded and encoded, that are worth an event of their own: some seconds of work.
const LEAST_MEGAPIXELS: u64 = 150;

/// Segments by which a chunk may be longer for a better end.
const LONGER: u32 = 2;

/// How far containers round times: Matroska keeps milliseconds.
const ROUNDING_NS: i64 = 1_000_000;

/// Divides `segments` segments: the first one small, so that playback begins soon, then growing
/// to what one event can do. A chunk is decoded from the key frame before it: where key frames are far
/// apart none is shorter than their distance, but for the very first, and each ends where there is less to
/// decode for the next one, of few places.
pub(super) fn chunks(
    media: &Media,
    keys_ns: &[i64],
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
    let decoded_before = |segment| decoded_before(keys_ns, timeline, segment);
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
        // The very first is short in any case, and the end is no place to reach sooner.
        let longest = match first_segment {
            0 if leading > 0 => wanted,
            _ => (wanted + LONGER).min(most).max(wanted),
        };
        let end = first_segment + wanted;
        let next = (end..=first_segment + longest)
            .take_while(|next| *next < segments)
            .min_by_key(|next| decoded_before(*next))
            .unwrap_or(segments);
        chunks.push(Chunk {
            index: chunks.len() as u32,
            first_segment,
            segments: next - first_segment,
            start: timeline.segment_start(first_segment),
            end: (next < segments).then(|| timeline.segment_start(next)),
        });
        first_segment = next;
    }
    chunks
}

/// Nanoseconds from the key frame before a segment to its start; 0 where no key frame is known.
fn decoded_before(keys_ns: &[i64], timeline: &Timeline, segment: u32) -> i64 {
    let start = timeline.tick_ns(timeline.segment_start(segment));
    let start = i64::try_from(start.saturating_add(timeline.origin_ns)).unwrap_or(i64::MAX);
    let later = keys_ns.partition_point(|key| *key <= start.saturating_add(ROUNDING_NS));
    let key = later.checked_sub(1).and_then(|at| keys_ns.get(at));
    key.map_or(0, |key| start.saturating_sub(*key).max(0))
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
