//! The two kinds of event that the function takes.

use cloudevents::AttributesReader;
use reeldrop_events::{AssetId, AudioPlanned, ChunkPlanned, DecodeError, Incoming, Payload};

/// A part to encode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A chunk of video.
    Chunk(Box<ChunkPlanned>),
    /// A part of an audio track.
    Audio(Box<AudioPlanned>),
}

impl Input {
    pub(crate) fn asset(&self) -> AssetId {
        match self {
            Self::Chunk(planned) => planned.asset,
            Self::Audio(planned) => planned.asset,
        }
    }

    pub(crate) fn part(&self) -> String {
        match self {
            Self::Chunk(planned) => planned.part(),
            Self::Audio(planned) => planned.part(),
        }
    }
}

impl Incoming for Input {
    fn decode(event: &cloudevents::Event) -> Result<Self, DecodeError> {
        match event.ty() {
            ChunkPlanned::TYPE => ChunkPlanned::decode(event).map(|p| Self::Chunk(Box::new(p))),
            AudioPlanned::TYPE => AudioPlanned::decode(event).map(|p| Self::Audio(Box::new(p))),
            other => Err(DecodeError::Type(other.to_owned())),
        }
    }
}
