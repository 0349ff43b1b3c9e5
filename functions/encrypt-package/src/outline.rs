//! From what the catalog holds to what the manifests say.

use reeldrop_catalog::{Caption, Publication, PublicationRendition};
use reeldrop_cmaf::{
    dash::Times,
    presentation::{Audio, Presentation, Protection, Span, Storyboard, TextTrack, Track, Video},
};
use reeldrop_events::{AudioRendition, KeyFrame, PublishedSegment, Rendition, Tiles, Transfer};

/// What the manifests say: every rendition as far as all of them reach, or whole.
pub(crate) fn presentation(
    publication: &Publication,
    protection: Option<Protection>,
) -> Presentation {
    let plan = &publication.plan;
    let found = |name: &str| {
        let mut renditions = publication.renditions.iter();
        renditions.find(|rendition| rendition.name == name)
    };
    let video = plan.ladder.iter().filter_map(|planned| {
        let track = track(publication, found(&planned.name)?, planned.max_bitrate_bps)?;
        Some(video(publication, planned, track))
    });
    let audio = plan.audio.iter().filter_map(|planned| {
        let declared_bps = u64::from(planned.bitrate_bps);
        let track = track(publication, found(&planned.name)?, declared_bps)?;
        Some(audio(planned, track))
    });
    Presentation {
        complete: publication.complete,
        planned_segment: Span {
            ticks: plan.timeline.segment_ticks,
            timescale: plan.timeline.timescale,
        },
        video: video.collect(),
        audio: audio.collect(),
        text: text(publication),
        storyboard: storyboard(publication),
        protection,
    }
}

/// Captions of a title that is whole. A growing one has none: they are of all of it, and every
/// playlist that may still grow must have the same target duration (RFC 8216bis, section 6.2.4).
fn text(publication: &Publication) -> Vec<TextTrack> {
    let captions = publication.captions.iter();
    let whole = captions.filter(|_| publication.complete);
    whole.map(text_track).collect()
}

fn text_track(caption: &Caption) -> TextTrack {
    TextTrack {
        language: caption.language.clone(),
        label: caption.label.clone(),
        name: caption.name.clone(),
        segment_ticks: caption.segment_ticks,
        duration_ticks: caption.duration_ticks,
        segments: caption.segments,
        kind: caption.kind,
        default: caption.default,
    }
}

/// The storyboard of a title that is whole: it is of all of it, as captions are.
fn storyboard(publication: &Publication) -> Option<Storyboard> {
    let tiles = publication.storyboard.as_ref();
    let whole = tiles.filter(|tiles| publication.complete && are_usable(tiles));
    whole.map(|tiles| Storyboard {
        tile_width: tiles.width,
        tile_height: tiles.height,
        columns: tiles.columns,
        rows: tiles.rows,
        tile: Span {
            ticks: tiles.interval_ms,
            timescale: 1_000,
        },
        sheets: tiles.sheet_bytes.clone(),
    })
}

/// The longest side of a JPEG in pixels (ITU-T T.81, B.2.2).
const MAX_SIDE: u32 = 65_535;

/// Whether manifests can say it: there are pictures, a sheet is no larger than a JPEG can be, and what
/// it stands for is no longer than `SegmentTemplate@duration` can hold (ISO/IEC 23009-1, 5.3.9.2).
fn are_usable(tiles: &Tiles) -> bool {
    let is_side = |size: u32, count: u32| {
        let side = size.checked_mul(count);
        side.is_some_and(|side| (1..=MAX_SIDE).contains(&side))
    };
    let pictures = u64::from(tiles.columns) * u64::from(tiles.rows);
    let sheet_ms = tiles.interval_ms.checked_mul(pictures);
    is_side(tiles.width, tiles.columns)
        && is_side(tiles.height, tiles.rows)
        && sheet_ms.is_some_and(|ms| (1..=u64::from(u32::MAX)).contains(&ms))
        && !tiles.sheet_bytes.is_empty()
}

/// The wall-clock times of a growing manifest.
pub(crate) fn times<'a>(publication: &Publication, clock: &'a str) -> Times<'a> {
    Times {
        available_from: publication.created_at,
        published: publication.packaged_at,
        clock,
    }
}

fn track(
    publication: &Publication,
    found: &PublicationRendition,
    declared_bps: u64,
) -> Option<Track> {
    let segments = run(publication, &found.segments);
    let named = segments.len();
    let is_named = |key: &&KeyFrame| usize::try_from(key.segment).is_ok_and(|at| at < named);
    (!segments.is_empty()).then(|| Track {
        name: found.name.clone(),
        codec: found.codec.clone(),
        timescale: found.timescale,
        declared_bps,
        key_frames: found.key_frames.iter().filter(is_named).copied().collect(),
        segments,
        protection: None,
    })
}

/// The unbroken run from segment 0 that the manifests name.
fn run(publication: &Publication, segments: &[PublishedSegment]) -> Vec<PublishedSegment> {
    let limit = if publication.complete {
        u32::MAX
    } else {
        publication.contiguous_segments
    };
    let mut segments = segments.to_vec();
    segments.sort_by_key(|segment| segment.number);
    let numbered = segments.into_iter().zip(0..limit);
    let unbroken = numbered.take_while(|(segment, number)| segment.number == *number);
    unbroken.map(|(segment, _)| segment).collect()
}

fn video(publication: &Publication, planned: &Rendition, track: Track) -> Video {
    Video {
        track,
        family: planned.codec.into(),
        width: planned.width,
        height: planned.height,
        frame_rate: publication.plan.timeline.frame_rate.ratio(),
        // Every rendition of a plan is SDR: HDR sources are tone-mapped.
        range: Transfer::Sdr,
    }
}

fn audio(planned: &AudioRendition, track: Track) -> Audio {
    Audio {
        track,
        language: planned.language.clone(),
        label: planned.label.clone(),
        channels: planned.channels,
        sample_rate_hz: planned.sample_rate_hz,
        default: planned.default,
    }
}
