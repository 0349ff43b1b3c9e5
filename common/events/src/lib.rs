#![doc = include_str!("../README.md")]

mod asset;
mod envelope;
mod media;
mod package;
mod part;
mod plan;
mod request;
mod status;
mod upload;

pub use asset::{AssetId, PackageNo};
pub use envelope::{DecodeError, Events, Incoming, Outgoing, Payload};
pub use media::{
    AudioTrack, Color, Container, KeyFrames, Media, Orientation, Ratio, TrackKind, TrackSummary,
    Transfer, VideoTrack,
};
pub use package::{
    AssetAdvanced, AssetPublished, AudioPackaged, AudioRepackagePlanned, ChunkPackaged,
    ChunkRepackagePlanned, PackagedRendition, PublishedSegment, Scheme,
};
pub use part::{
    AudioPlanned, AudioTranscoded, ChunkPlanned, ChunkTranscoded, ClearRendition, ClearSegment,
};
pub use plan::{
    AudioPart, AudioRendition, Chunk, FrameRate, Plan, Rendition, Timeline, VideoCodec,
};
pub use request::{AssetDeleted, RekeyRequested, RetryRequested};
pub use status::{MediaProbed, MediaRejected, StepFailed, ThumbnailsCompleted};
pub use upload::{Source, UploadFinalized};
