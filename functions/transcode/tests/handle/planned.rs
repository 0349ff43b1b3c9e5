//! Plans for tests.

use std::path::PathBuf;

use reeldrop_events::{
    AssetId, AudioPart, AudioPlanned, AudioRendition, Chunk, ChunkPlanned, Color, FrameRate,
    KeyFrames, Orientation, Ratio, Rendition, Scheme, Source, Timeline, Transfer, VideoCodec,
    VideoTrack,
};

/// A file of the shared media; none, with a message, where they are not at hand.
pub(crate) fn media(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("REELDROP_TEST_MEDIA");
    if folder.is_none() {
        eprintln!("REELDROP_TEST_MEDIA is not set: {name} is not tested");
    }
    folder.map(|folder| PathBuf::from(folder).join(name))
}

pub(crate) const SDR: Color = Color {
    primaries: 1,
    transfer: 1,
    matrix: 1,
    full_range: false,
    dynamic_range: Transfer::Sdr,
};

pub(crate) fn track(width: u32, height: u32, rate: u32) -> VideoTrack {
    VideoTrack {
        index: 0,
        codec: "video/x-h264".to_owned(),
        profile: None,
        coded_width: width,
        coded_height: height,
        display_width: width,
        display_height: height,
        sample_aspect_ratio: Ratio::ONE,
        orientation: Orientation::Identity,
        frame_rate: Ratio { num: rate, den: 1 },
        variable_frame_rate: false,
        interlaced: false,
        bit_depth: 8,
        color: SDR,
        start_ns: 0,
        duration_ns: 0,
        frames: None,
        bitrate_bps: None,
        key_frames: KeyFrames::default(),
    }
}

/// GOPs of two seconds, segments of four, the first one of two.
pub(crate) fn timeline(frame_rate: FrameRate) -> Timeline {
    Timeline {
        origin_ns: 0,
        timescale: 90_000,
        frame_rate,
        gop_ticks: 180_000,
        segment_ticks: 360_000,
        first_segment_ticks: Some(180_000),
    }
}

pub(crate) fn rung(codec: VideoCodec, width: u32, height: u32) -> Rendition {
    Rendition {
        name: format!("{codec:?}-{height}p").to_lowercase(),
        codec,
        width,
        height,
        max_bitrate_bps: 1_500_000,
        crf: 23,
        preset: match codec {
            VideoCodec::H264 | VideoCodec::H265 => "ultrafast".to_owned(),
            VideoCodec::Av1 => "10".to_owned(),
        },
    }
}

/// All of a clip as one chunk in one rendition.
pub(crate) fn whole(source: Source, video: VideoTrack, width: u32, height: u32) -> ChunkPlanned {
    ChunkPlanned {
        asset: AssetId::of(&source),
        source,
        timeline: timeline(FrameRate::Constant(video.frame_rate)),
        video,
        chunk: Chunk {
            index: 0,
            first_segment: 0,
            segments: 1,
            start: 0,
            end: None,
        },
        ladder: vec![rung(VideoCodec::H264, width, height)],
        scheme: Scheme::Cbcs,
    }
}

/// All of a track as one part of `total_frames` AAC frames.
pub(crate) fn sound(source: Source, total_frames: u64) -> AudioPlanned {
    AudioPlanned {
        asset: AssetId::of(&source),
        source,
        timeline: timeline(FrameRate::Constant(Ratio { num: 25, den: 1 })),
        part: AudioPart {
            index: 0,
            first_segment: 0,
            segments: 1,
            start_frame: 0,
            end_frame: None,
        },
        rendition: AudioRendition {
            name: "audio-0".to_owned(),
            track: 0,
            bitrate_bps: 128_000,
            sample_rate_hz: 48_000,
            channels: 2,
            gain_cdb: 0,
            language: "en".to_owned(),
            label: "English".to_owned(),
            default: true,
        },
        total_frames,
        last_frame_samples: None,
        scheme: Scheme::Cbcs,
    }
}
