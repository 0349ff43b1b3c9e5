//! One payload of each kind, with a value in every field.

mod media;
mod seen;
mod spoken;

use media::{media, plan, video};
use reeldrop_events::{
    AnalysisMode, AssetAdvanced, AssetDeleted, AssetId, AssetPublished, AudioPackaged, AudioPart,
    AudioPlanned, AudioRendition, AudioRepackagePlanned, AudioTrack, AudioTranscoded, Chunk,
    ChunkPackaged, ChunkPlanned, ChunkRepackagePlanned, ChunkTranscoded, ClearRendition,
    ClearSegment, Color, Container, DecodeError, FrameRate, Incoming, KeyFrame, KeyFrames, Media,
    MediaProbed, MediaRejected, Orientation, Outgoing, PackageNo, PackagedRendition, Payload,
    PicturesPlanned, Plan, PosterCompleted, PublishedSegment, Ratio, RekeyRequested, Rendition,
    RetryRequested, Scheme, Source, StepFailed, ThumbnailsCompleted, Tiles, Timeline, TrackKind,
    TrackSummary, Transfer, UploadFinalized, VideoCodec, VideoTrack,
};
use serde_json::Value;
use uuid::Uuid;

/// An event, and how its receiver reads it.
pub(crate) struct Sample {
    pub(crate) outgoing: Outgoing,
    pub(crate) decode: fn(&cloudevents::Event) -> Result<Value, DecodeError>,
}

impl Sample {
    fn of<P: Payload>(payload: &P) -> Self {
        let decode = |event: &cloudevents::Event| Ok(serde_json::to_value(P::decode(event)?)?);
        Self {
            outgoing: Outgoing::of(payload),
            decode,
        }
    }
}

pub(crate) fn all() -> Vec<Sample> {
    [
        plan_samples(),
        package_samples(),
        title_samples(),
        spoken::speech(),
        spoken::captions(),
        spoken::in_source(),
        seen::seen(),
        seen::again(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn title_samples() -> Vec<Sample> {
    let asset = asset();
    vec![
        Sample::of(&UploadFinalized { source: source() }),
        Sample::of(&MediaProbed {
            asset,
            source: source(),
            name: Some("Grüße aus \"Köln\"".to_owned()),
            media: media(),
            plan: plan(),
        }),
        Sample::of(&MediaRejected {
            asset,
            source: source(),
            reason: "This file has no picture.".to_owned(),
        }),
        Sample::of(&StepFailed {
            asset,
            step: "thumbnail".to_owned(),
            part: "0".to_owned(),
            reason: "No picture could be decoded.".to_owned(),
        }),
        Sample::of(&PicturesPlanned {
            asset,
            plan: plan(),
            segments: 5,
            complete: true,
        }),
        Sample::of(&PosterCompleted {
            asset,
            segments: 8,
            poster: format!("{asset}/poster-8.jpg"),
            poster_width: 1280,
            poster_height: 720,
            poster_time_ms: 4_200,
        }),
        Sample::of(&ThumbnailsCompleted {
            asset,
            poster: format!("{asset}/poster.jpg"),
            poster_width: 1280,
            poster_height: 720,
            poster_time_ms: 4_200,
            storyboard: format!("{asset}/storyboard/index.vtt"),
            sheets: 2,
            tiles: Some(tiles()),
            preview: format!("{asset}/preview.webp"),
        }),
        Sample::of(&RekeyRequested {
            asset,
            kid: Uuid::from_u128(2),
            scheme: Scheme::Cenc,
            described: 3,
        }),
        Sample::of(&RetryRequested {
            asset,
            request: Uuid::from_u128(3),
        }),
        Sample::of(&AssetDeleted { asset }),
    ]
}

fn plan_samples() -> Vec<Sample> {
    let (asset, plan) = (asset(), plan());
    vec![
        Sample::of(&ChunkPlanned {
            asset,
            source: source(),
            video: media().video,
            timeline: plan.timeline,
            chunk: plan.chunks[1],
            ladder: plan.ladder.clone(),
            scheme: plan.scheme,
        }),
        Sample::of(&AudioPlanned {
            asset,
            source: source(),
            timeline: plan.timeline,
            part: plan.audio_parts[0],
            rendition: plan.audio[0].clone(),
            total_frames: 469,
            last_frame_samples: Some(768),
            scheme: plan.scheme,
        }),
        Sample::of(&ChunkTranscoded {
            asset,
            source: source(),
            chunk: plan.chunks[1],
            renditions: vec![clear("h264-720p")],
            scheme: plan.scheme,
        }),
        Sample::of(&AudioTranscoded {
            asset,
            source: source(),
            part: plan.audio_parts[0],
            rendition: clear("audio-0"),
            scheme: plan.scheme,
        }),
    ]
}

fn package_samples() -> Vec<Sample> {
    let (asset, plan) = (asset(), plan());
    let (chunk, part) = (plan.chunks[1], plan.audio_parts[0]);
    let (from, package) = (PackageNo::FIRST, PackageNo(2));
    let (from_scheme, scheme) = (Scheme::Cbcs, Scheme::Cenc);
    let (video, audio) = (packaged("h264-720p"), packaged("audio-0"));
    let renditions = vec![video];
    vec![
        Sample::of(&ChunkPackaged {
            asset,
            package,
            chunk,
            renditions: renditions.clone(),
        }),
        Sample::of(&AudioPackaged {
            asset,
            package,
            part,
            rendition: audio.clone(),
        }),
        Sample::of(&ChunkRepackagePlanned {
            asset,
            from,
            from_scheme,
            package,
            scheme,
            chunk,
            renditions,
        }),
        Sample::of(&AudioRepackagePlanned {
            asset,
            from,
            from_scheme,
            package,
            scheme,
            part,
            rendition: audio,
        }),
        Sample::of(&AssetAdvanced {
            asset,
            package,
            source: source(),
            segments: 4,
            complete: true,
        }),
        Sample::of(&AssetPublished {
            asset,
            package,
            segments: 4,
            complete: true,
            duration_ms: 20_020,
            hls: format!("{asset}/2/stream.m3u8"),
            dash: format!("{asset}/2/stream.mpd"),
        }),
    ]
}

fn source() -> Source {
    Source {
        bucket: "reeldrop-uploads".to_owned(),
        object: "Ferien 2026/Über 100% \"gut\" 1+1.MP4".to_owned(),
        version: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        size_bytes: 10_485_760,
    }
}

fn asset() -> AssetId {
    AssetId::of(&source())
}

fn clear(name: &str) -> ClearRendition {
    ClearRendition {
        name: name.to_owned(),
        timescale: 30_000,
        codec: "avc1.64001F".to_owned(),
        segments: vec![ClearSegment {
            number: 1,
            start_ticks: 60_060,
            duration_ticks: 120_120,
            offset: 0,
            bytes: 500_000,
            samples: 120,
        }],
    }
}

fn packaged(name: &str) -> PackagedRendition {
    PackagedRendition {
        name: name.to_owned(),
        timescale: 30_000,
        codec: "avc1.64001F".to_owned(),
        segments: vec![PublishedSegment {
            number: 1,
            start_ticks: 60_060,
            duration_ticks: 120_120,
            bytes: 500_100,
            samples: 120,
        }],
        key_frames: if name.starts_with("audio") {
            Vec::new()
        } else {
            key_frames()
        },
    }
}

fn key_frames() -> Vec<KeyFrame> {
    vec![
        KeyFrame {
            segment: 1,
            start_ticks: 60_060,
            offset: 24,
            bytes: 41_000,
        },
        KeyFrame {
            segment: 1,
            start_ticks: 120_120,
            offset: 260_000,
            bytes: 40_000,
        },
    ]
}

fn tiles() -> Tiles {
    Tiles {
        width: 160,
        height: 90,
        columns: 10,
        rows: 10,
        interval_ms: 2_345,
        sheet_bytes: vec![81_920, 4_096],
    }
}
