//! Why a source cannot be read.

use std::io;

/// Why a source cannot be opened or decoded.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// GStreamer, or one of its plug-ins that Reeldrop needs, is not installed.
    #[error("GStreamer is incomplete: {0}")]
    Missing(String),
    /// The source's bytes could not be read; nothing is known about the media.
    #[error("source cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The source is no media file that is known.
    #[error("not a media file that is known")]
    NotMedia,
    /// There is no decoder for a track, or none that is allowed.
    #[error("no decoder for {codec}")]
    UnsupportedCodec {
        /// The codec in a person's words, such as `Cinepak Video`.
        codec: String,
    },
    /// The tracks are encrypted.
    #[error("the media is encrypted")]
    Encrypted,
    /// The source has no such track.
    #[error("no such track: {0}")]
    NoTrack(String),
    /// The media data cannot be made sense of.
    #[error("media data is damaged: {0}")]
    Damaged(String),
    /// Nothing came for too long.
    #[error("{0} took too long")]
    Timeout(&'static str),
}

impl MediaError {
    /// Whether the same may go well later: what is missing can be installed, what was slow or could
    /// not be read can be read. The rest is what the file is.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Missing(_) | Self::Timeout(_) | Self::Read(_) => true,
            Self::NotMedia
            | Self::UnsupportedCodec { .. }
            | Self::Encrypted
            | Self::NoTrack(_)
            | Self::Damaged(_) => false,
        }
    }
}
