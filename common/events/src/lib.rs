#![doc = include_str!("../README.md")]

mod analysis;
mod asset;
mod captions;
mod embedding;
mod envelope;
mod media;
mod mode;
mod package;
mod part;
mod pictures;
mod plan;
mod request;
mod speech;
mod status;
mod upload;

pub use analysis::{
    AnalysisCompleted, AnalysisPlan, AnalysisPlanned, AnalysisSkipped, Area, ChunkAnalyzed,
    Detection, DetectionKind, DetectionsCompleted, DetectionsPlanned, LookingModel,
    ReanalysisPlanned, of_revision, revision_of,
};
pub use asset::{AssetId, PackageNo};
pub use captions::{
    CaptionKind, CaptionOrigin, CaptionsImported, ClosedCaptionsPlan, ClosedCaptionsPlanned,
    CuesCompleted, ManifestsPlanned, SubtitlesPlanned, TimedText, TranscriptCompleted,
    TranscriptSkipped,
};
pub use embedding::{Embedding, SceneEmbedding, SceneEmbeddings};
pub use envelope::{DecodeError, Events, Incoming, Outgoing, Payload};
pub use media::{
    AudioTrack, Color, Container, KeyFrames, Media, Orientation, Ratio, TrackKind, TrackSummary,
    Transfer, VideoTrack,
};
pub use mode::{AnalysisMode, UnknownMode};
pub use package::{
    AssetAdvanced, AssetPublished, AudioPackaged, AudioRepackagePlanned, ChunkPackaged,
    ChunkRepackagePlanned, KeyFrame, PackagedRendition, PublishedSegment, Scheme,
};
pub use part::{
    AudioPlanned, AudioTranscoded, ChunkPlanned, ChunkTranscoded, ClearNote, ClearRendition,
    ClearSegment,
};
pub use pictures::{PicturesPlanned, PosterCompleted, ThumbnailsCompleted, Tiles};
pub use plan::{
    AudioPart, AudioRendition, Chunk, FrameRate, Plan, Rendition, Timeline, VideoCodec,
};
pub use request::{AnalysisRequested, AssetDeleted, RekeyRequested, RetryRequested};
pub use speech::{CaptionsPlanned, SpeechPlan, SpeechPlanned, SpeechTranscribed};
pub use status::{MediaProbed, MediaRejected, StepFailed};
pub use upload::{Source, UploadFinalized};
