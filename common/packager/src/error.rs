//! Why inputs cannot be packaged.

use std::io;
use std::path::PathBuf;

use reeldrop_cmaf::CmafError;
use uuid::Uuid;

use crate::Input;

/// Why inputs cannot be packaged.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Something is wrong with this input.
    #[error("{0}: {1}")]
    Input(Input, #[source] Box<PackageError>),
    /// The input cannot be opened or read.
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    /// An output cannot be written.
    #[error("{0} cannot be written: {1}")]
    Write(PathBuf, #[source] io::Error),
    /// The input is no MP4 file.
    #[error(
        "no MP4 file: it has no moov box. Convert it first, for example: ffmpeg -i IN -c copy OUT.mp4"
    )]
    NoMovie,
    /// The file ends before its samples do.
    #[error("cut short: samples lie behind the end of the file")]
    CutShort,
    /// There is neither picture nor sound in it.
    #[error("has no track of picture or sound")]
    NoTracks,
    /// A track has no samples.
    #[error("has no samples")]
    NoSamples,
    /// Boxes or samples are broken, or of a kind that cannot be packaged.
    #[error("{0}")]
    Media(#[from] CmafError),
    /// The index of a progressive file comes after its media.
    #[error(
        "standard input has its index (moov) behind its media; give the file itself, or fragment it: \
         ffmpeg -i IN -c copy -movflags frag_keyframe+empty_moov+default_base_moof -f mp4 -"
    )]
    StreamIndexLast,
    /// The index comes first in a file, and says how many segments follow.
    #[error(
        "a single file cannot be made of standard input: its index would come first; give a file"
    )]
    StreamIndex,
    /// A stream's samples do not come in the order in which they are needed.
    #[error(
        "samples do not lie in the order in which a stream needs them; give the file itself, or write \
         it anew: ffmpeg -i IN -c copy -movflags frag_keyframe+empty_moov+default_base_moof -f mp4 -"
    )]
    Order,
    /// A scheme needs a key for each track.
    #[error("no key for {0}: give --key and --kid without a label, or for {0}")]
    NoKey(String),
    /// No rule of a key server's document fits.
    #[error(
        "no key for {0}: no usage rule of the CPIX document is for it; have it made with one that is"
    )]
    NoRule(String),
    /// Rules of a key server's document contradict each other.
    #[error(
        "two keys for {track}: usage rules of the CPIX document give it {} and {}; have it made with \
         rules of which one is for it",
        kids[0],
        kids[1]
    )]
    SeveralRules {
        /// The track's name.
        track: String,
        /// Ids of two keys that it would get.
        kids: [Uuid; 2],
    },
    /// HLS names a key by its address alone.
    #[error("several keys need addresses of their own: give --key-uri with {{kid}} in it")]
    OneKeyUri,
    /// The manifest of our own writer is not what it should be.
    #[error("the manifest cannot be changed: {0}")]
    Manifest(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A box is larger than any that is read whole.
    #[error("a {0} box is too large")]
    BoxTooLarge(reeldrop_cmaf::boxes::FourCc),
}

impl PackageError {
    /// Names the input that it is about, unless it is about an output.
    pub(crate) fn of(self, input: &Input) -> Self {
        match self {
            Self::Write(..) | Self::Input(..) | Self::OneKeyUri | Self::Manifest(_) => self,
            Self::Read(_)
            | Self::NoMovie
            | Self::CutShort
            | Self::NoTracks
            | Self::NoSamples
            | Self::Media(_)
            | Self::StreamIndexLast
            | Self::StreamIndex
            | Self::Order
            | Self::NoKey(_)
            | Self::NoRule(_)
            | Self::SeveralRules { .. }
            | Self::BoxTooLarge(_) => Self::Input(input.clone(), Box::new(self)),
        }
    }
}
