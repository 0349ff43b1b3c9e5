//! What probe says of the title's tracks, and what is made of them.

use reeldrop_events::*;

use crate::story::AUDIO;

pub(crate) fn rendition(name: &str) -> Rendition {
    Rendition {
        name: name.to_owned(),
        codec: VideoCodec::H264,
        width: 1280,
        height: 720,
        max_bitrate_bps: 3_000_000,
        crf: 21,
        preset: "veryfast".to_owned(),
    }
}

pub(crate) fn audio_rendition(name: &str) -> AudioRendition {
    AudioRendition {
        name: name.to_owned(),
        track: 0,
        bitrate_bps: 128_000,
        sample_rate_hz: 48_000,
        channels: 2,
        gain_cdb: 0,
        language: "und".to_owned(),
        label: "Sound".to_owned(),
        default: name == AUDIO[0],
    }
}

pub(crate) fn video() -> VideoTrack {
    VideoTrack {
        index: 0,
        codec: "video/x-h264".to_owned(),
        profile: None,
        coded_width: 1280,
        coded_height: 720,
        display_width: 1280,
        display_height: 720,
        sample_aspect_ratio: Ratio::ONE,
        orientation: Orientation::Identity,
        frame_rate: Ratio { num: 30, den: 1 },
        variable_frame_rate: false,
        interlaced: false,
        bit_depth: 8,
        color: Color {
            primaries: 1,
            transfer: 1,
            matrix: 1,
            full_range: false,
            dynamic_range: Transfer::Sdr,
        },
        start_ns: 0,
        duration_ns: 60_000_000_000,
        frames: None,
        bitrate_bps: None,
        key_frames: KeyFrames::default(),
    }
}
