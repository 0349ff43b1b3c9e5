//! A title that the manifests' tests share.

use reeldrop_events::{CaptionKind, KeyFrame, PublishedSegment, Ratio, Scheme, Transfer};
use uuid::Uuid;

use crate::Codec;

use super::{Audio, Presentation, Protection, Span, Storyboard, TextTrack, Track, Video};

/// Segments of `ticks` each, all of `bytes`, laid end to end.
pub(crate) fn segments(ticks: &[u64], bytes: &[u64]) -> Vec<PublishedSegment> {
    let mut start_ticks = 0;
    let mut segments = Vec::new();
    for (number, (&duration_ticks, &bytes)) in ticks.iter().zip(bytes).enumerate() {
        let number = u32::try_from(number).unwrap();
        segments.push(PublishedSegment {
            number,
            start_ticks,
            duration_ticks,
            bytes,
            samples: 1,
        });
        start_ticks += duration_ticks;
    }
    segments
}

fn video(name: &str, size: (u32, u32), declared_bps: u64, bytes: [u64; 4]) -> Video {
    Video {
        track: Track {
            name: name.to_owned(),
            codec: "avc1.64001F".to_owned(),
            timescale: 30_000,
            declared_bps,
            segments: segments(&[60_060, 120_120, 180_180, 150_150], &bytes),
            key_frames: key_frames(&bytes),
            protection: None,
        },
        family: Codec::H264,
        width: size.0,
        height: size.1,
        frame_rate: Ratio {
            num: 30_000,
            den: 1_001,
        },
        range: Transfer::Sdr,
    }
}

/// Every 60,060 ticks a tenth of what its segment has per GOP.
fn key_frames(bytes: &[u64; 4]) -> Vec<KeyFrame> {
    // Segment, GOPs before it, GOPs in it.
    let layout: [(u32, u64, u64); 4] = [(0, 0, 1), (1, 1, 2), (2, 3, 3), (3, 6, 3)];
    let mut key_frames = Vec::new();
    for ((segment, before, gops), bytes) in layout.into_iter().zip(bytes) {
        key_frames.extend((0..gops).map(|gop| KeyFrame {
            segment,
            start_ticks: (before + gop) * 60_060,
            offset: 24 + gop * bytes / gops,
            bytes: bytes / gops / 10,
        }));
    }
    key_frames
}

fn audio(name: &str, language: &str, label: &str, default: bool) -> Audio {
    // 94, 188, 281 and 235 AAC frames.
    let ticks = [96_256, 192_512, 287_744, 240_640];
    Audio {
        track: Track {
            name: name.to_owned(),
            codec: "mp4a.40.2".to_owned(),
            timescale: 48_000,
            declared_bps: 128_000,
            segments: segments(&ticks, &[32_000, 64_000, 96_000, 80_000]),
            ..Track::default()
        },
        language: language.to_owned(),
        label: label.to_owned(),
        channels: 2,
        sample_rate_hz: 48_000,
        default,
    }
}

/// 17.017 s in two renditions of video and two of sound, `cbcs`.
pub(crate) fn title(complete: bool) -> Presentation {
    let mut title = Presentation {
        complete,
        planned_segment: Span {
            ticks: 180_180,
            timescale: 30_000,
        },
        video: vec![
            video(
                "h264-720p",
                (1280, 720),
                3_000_000,
                [500_000, 1_000_000, 1_500_000, 1_250_000],
            ),
            video(
                "h264-360p",
                (640, 360),
                800_000,
                [100_000, 210_000, 300_000, 260_000],
            ),
        ],
        audio: vec![
            audio("audio-0", "en", "English", true),
            audio("audio-1", "und", "Director \"& crew\"", false),
        ],
        protection: Some(Protection {
            scheme: Scheme::Cbcs,
            kid: Uuid::from_u128(0xa16e_402b_9056_e371_f36d_348a_a62b_b749),
            key_uri: "/api/assets/A/packages/1/key".to_owned(),
            license_uri: "/api/assets/A/packages/1/license".to_owned(),
            pssh: b"pssh box".to_vec(),
            systems: Vec::new(),
        }),
        text: Vec::new(),
        storyboard: None,
    };
    if !complete {
        for video in &mut title.video {
            video.track.segments.truncate(2);
        }
        for audio in &mut title.audio {
            audio.track.segments.truncate(2);
        }
    }
    title
}

/// The same with captions in two languages and a storyboard.
pub(crate) fn title_with_extras() -> Presentation {
    let text = |name: &str, language: &str, label: &str, default| TextTrack {
        language: language.to_owned(),
        label: label.to_owned(),
        name: name.to_owned(),
        segment_ticks: 540_540,
        duration_ticks: 1_531_530,
        segments: 3,
        kind: CaptionKind::Full,
        default,
    };
    Presentation {
        text: vec![
            text("en", "en", "English", true),
            text("de", "de", "Deutsch", false),
        ],
        storyboard: Some(Storyboard {
            tile_width: 160,
            tile_height: 90,
            columns: 9,
            rows: 1,
            tile: Span {
                ticks: 2_000,
                timescale: 1_000,
            },
            sheets: vec![40_000],
        }),
        ..title(true)
    }
}
