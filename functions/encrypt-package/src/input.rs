//! What arrives: a part to encrypt, or a run of segments to publish.

use cloudevents::{AttributesReader, Event};
use reeldrop_events::{
    AssetAdvanced, AudioRepackagePlanned, AudioTranscoded, ChunkRepackagePlanned, ChunkTranscoded,
    DecodeError, Incoming, ManifestsPlanned, Payload,
};

/// What arrives.
#[derive(Clone, Debug)]
pub enum Input {
    /// A chunk lies in the work bucket.
    ChunkTranscoded(Box<ChunkTranscoded>),
    /// A part of the sound lies in the work bucket.
    AudioTranscoded(Box<AudioTranscoded>),
    /// A published chunk is to be encrypted under another key.
    ChunkRepackage(Box<ChunkRepackagePlanned>),
    /// A published part of the sound is to be encrypted under another key.
    AudioRepackage(Box<AudioRepackagePlanned>),
    /// A longer run from the start is packaged.
    Advanced(Box<AssetAdvanced>),
    /// Captions or a storyboard have come since the manifests were final.
    Manifests(Box<ManifestsPlanned>),
}

impl Incoming for Input {
    fn decode(event: &Event) -> Result<Self, DecodeError> {
        match event.ty() {
            ChunkTranscoded::TYPE => read(event).map(Self::ChunkTranscoded),
            AudioTranscoded::TYPE => read(event).map(Self::AudioTranscoded),
            ChunkRepackagePlanned::TYPE => read(event).map(Self::ChunkRepackage),
            AudioRepackagePlanned::TYPE => read(event).map(Self::AudioRepackage),
            AssetAdvanced::TYPE => read(event).map(Self::Advanced),
            ManifestsPlanned::TYPE => read(event).map(Self::Manifests),
            other => Err(DecodeError::Type(other.to_owned())),
        }
    }
}

fn read<P: Incoming>(event: &Event) -> Result<Box<P>, DecodeError> {
    P::decode(event).map(Box::new)
}
