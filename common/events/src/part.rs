//! The parts of a plan: work to do, and clear CMAF fragments done.

use serde::{Deserialize, Serialize};

use crate::{
    AssetId, AudioPart, AudioRendition, Chunk, Payload, Rendition, Scheme, Source, Timeline,
    VideoTrack,
};

/// `chunk.planned`: encode this chunk in every rendition of the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkPlanned {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// Its video track.
    pub video: VideoTrack,
    /// The output's time line.
    pub timeline: Timeline,
    /// The range to encode.
    pub chunk: Chunk,
    /// The renditions to encode it in.
    pub ladder: Vec<Rendition>,
    /// How the first package is encrypted.
    pub scheme: Scheme,
}

/// `audio.planned`: encode this part of one audio track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioPlanned {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// The output's time line.
    pub timeline: Timeline,
    /// The range to encode.
    pub part: AudioPart,
    /// What to make of the track.
    pub rendition: AudioRendition,
    /// Frames in which the whole rendition ends, planned from the video's length: silence is added up to it.
    pub total_frames: u64,
    /// How many samples of the last of them are shown: up to where the picture ends; all where it is not told.
    #[serde(default)]
    pub last_frame_samples: Option<u32>,
    /// How the first package is encrypted.
    pub scheme: Scheme,
}

/// One segment inside a clear part: a whole number of GOPs, or of AAC frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearSegment {
    /// Number in the rendition, from 0.
    pub number: u32,
    /// Decode time of its first sample in ticks of the track's timescale.
    pub start_ticks: u64,
    /// Sum of its samples' durations in ticks.
    pub duration_ticks: u64,
    /// Where it begins in the part's object, bytes.
    pub offset: u64,
    /// Its size, bytes.
    pub bytes: u64,
    /// Samples: frames of video, or AAC frames.
    pub samples: u32,
}

/// One rendition of a transcoded part: an object of clear CMAF fragments in the work bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearRendition {
    /// Name of the rendition in the plan.
    pub name: String,
    /// Ticks per second of the track.
    pub timescale: u32,
    /// RFC 6381 codec, such as `avc1.64001F`.
    pub codec: String,
    /// The segments, laid end to end in the object.
    pub segments: Vec<ClearSegment>,
}

/// The note in the work bucket that a part is transcoded, written after all that it lists: no event,
/// but read by other functions than the one that writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearNote<P> {
    /// What was asked for: another plan for the same asset makes another note.
    pub planned: P,
    /// Each rendition of the part.
    pub renditions: Vec<ClearRendition>,
}

/// `chunk.transcoded`: a chunk lies in the work bucket in every rendition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkTranscoded {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file, whose metadata may name a content key.
    pub source: Source,
    /// The range encoded.
    pub chunk: Chunk,
    /// Each rendition, in the ladder's order. Without segments where the source ended before the chunk.
    pub renditions: Vec<ClearRendition>,
    /// How the first package is encrypted.
    pub scheme: Scheme,
}

/// `audio.transcoded`: a part of an audio rendition lies in the work bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioTranscoded {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file, whose metadata may name a content key.
    pub source: Source,
    /// The range encoded.
    pub part: AudioPart,
    /// The rendition.
    pub rendition: ClearRendition,
    /// How the first package is encrypted.
    pub scheme: Scheme,
}

macro_rules! part_payload {
    ($name:ident, $ty:literal, $part:expr) => {
        impl Payload for $name {
            const TYPE: &'static str = $ty;

            fn asset(&self) -> AssetId {
                self.asset
            }

            fn part(&self) -> String {
                let part: fn(&Self) -> String = $part;
                part(self)
            }
        }
    };
}

part_payload!(ChunkPlanned, "io.reeldrop.chunk.planned.v1", |p| p
    .chunk
    .index
    .to_string());
part_payload!(ChunkTranscoded, "io.reeldrop.chunk.transcoded.v1", |p| p
    .chunk
    .index
    .to_string());
part_payload!(AudioPlanned, "io.reeldrop.audio.planned.v1", |p| format!(
    "{}/{}",
    p.rendition.name, p.part.index
));
part_payload!(
    AudioTranscoded,
    "io.reeldrop.audio.transcoded.v1",
    |p| format!("{}/{}", p.rendition.name, p.part.index)
);
