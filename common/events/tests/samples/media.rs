//! A source, and what is made of it.

use super::*;

pub(super) fn media() -> Media {
    Media {
        container: Container::FragmentedMp4,
        duration_ns: 20_020_000_000,
        video: video(),
        audio: vec![AudioTrack {
            index: 0,
            codec: "audio/mpeg".to_owned(),
            channels: 2,
            sample_rate_hz: 44_100,
            language: Some("de".to_owned()),
            title: Some("Kommentar".to_owned()),
            start_ns: 23_000_000,
            duration_ns: 20_000_000_000,
            loudness_clufs: Some(-2_310),
            peak_cdbfs: Some(-120),
        }],
        tracks: vec![TrackSummary {
            index: 0,
            kind: TrackKind::Video,
            codec: "video/x-h265".to_owned(),
            language: None,
            picked: true,
        }],
        seekable: true,
    }
}

pub(super) fn video() -> VideoTrack {
    VideoTrack {
        index: 0,
        codec: "video/x-h265".to_owned(),
        profile: Some("main-10".to_owned()),
        coded_width: 1920,
        coded_height: 1080,
        display_width: 1080,
        display_height: 1920,
        sample_aspect_ratio: Ratio::ONE,
        orientation: Orientation::Rotate90,
        frame_rate: Ratio {
            num: 30_000,
            den: 1_001,
        },
        variable_frame_rate: false,
        interlaced: false,
        bit_depth: 10,
        color: Color {
            primaries: 9,
            transfer: 16,
            matrix: 9,
            full_range: false,
            dynamic_range: Transfer::Pq,
        },
        start_ns: 0,
        duration_ns: 20_020_000_000,
        frames: Some(600),
        bitrate_bps: Some(4_000_000),
        key_frames: KeyFrames {
            count: 10,
            longest_gap_ns: 2_002_000_000,
        },
    }
}

pub(super) fn plan() -> Plan {
    Plan {
        profile: "default".to_owned(),
        timeline: Timeline {
            origin_ns: 0,
            timescale: 30_000,
            frame_rate: FrameRate::Constant(Ratio {
                num: 30_000,
                den: 1_001,
            }),
            gop_ticks: 60_060,
            segment_ticks: 180_180,
            first_segment_ticks: Some(60_060),
        },
        duration_ticks: 600_600,
        ladder: vec![Rendition {
            name: "h264-720p".to_owned(),
            codec: VideoCodec::H264,
            width: 720,
            height: 1280,
            max_bitrate_bps: 4_500_000,
            crf: 23,
            preset: "veryfast".to_owned(),
        }],
        chunks: vec![
            Chunk {
                index: 0,
                first_segment: 0,
                segments: 1,
                start: 0,
                end: Some(60_060),
            },
            Chunk {
                index: 1,
                first_segment: 1,
                segments: 4,
                start: 60_060,
                end: None,
            },
        ],
        audio: vec![AudioRendition {
            name: "audio-0".to_owned(),
            track: 0,
            bitrate_bps: 128_000,
            sample_rate_hz: 48_000,
            channels: 2,
            gain_cdb: 710,
            language: "de".to_owned(),
            label: "Deutsch".to_owned(),
            default: true,
        }],
        audio_parts: vec![AudioPart {
            index: 0,
            first_segment: 0,
            segments: 5,
            start_frame: 0,
            end_frame: Some(939),
        }],
        scheme: Scheme::Cbcs,
        analysis_mode: Some(AnalysisMode::Realtime),
    }
}
