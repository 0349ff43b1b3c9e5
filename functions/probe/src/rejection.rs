//! Why a file can never become a title, in sentences for the person who uploaded it.

/// Why a file can never become a title.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No bytes.
    #[error("The file is empty.")]
    Empty,
    /// No container that is known.
    #[error("The file is not a video in a format that is known.")]
    NotMedia,
    /// A still picture.
    #[error("The file is a still picture, not a video.")]
    Picture,
    /// Sound alone.
    #[error("The file has sound but no video track.")]
    NoVideo,
    /// Neither.
    #[error("The file has no video and no audio track.")]
    NoTracks,
    /// An MP4 or MOV without its index.
    #[error(
        "The file is incomplete: its index (moov) is missing, so no player can open it. The recording or the upload probably broke off."
    )]
    NoIndex,
    /// An MP4 or MOV whose index makes no sense.
    #[error("The file is damaged: its index cannot be read.")]
    DamagedIndex,
    /// The index describes pictures, but the file ends before the first.
    #[error("The file is cut off: it ends before the first picture.")]
    Truncated,
    /// Encrypted tracks.
    #[error("The file is encrypted: only files without copy protection can be processed.")]
    Encrypted,
    /// No decoder for the video.
    #[error("The video codec {codec} is not supported.")]
    UnsupportedCodec {
        /// The codec in a person's words.
        codec: String,
    },
    /// A decoder is there, but gives no picture.
    #[error("The video ({codec}) cannot be decoded: its data is damaged.")]
    Undecodable {
        /// The codec in a person's words.
        codec: String,
    },
    /// Damaged in another way.
    #[error("The file is damaged: {reason}.")]
    Damaged {
        /// What the demuxer says.
        reason: String,
    },
    /// More bytes than allowed.
    #[error("The file is too large: {bytes} bytes, and at most {limit} are allowed.")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Longer than allowed.
    #[error("The video is too long: {seconds} seconds, and at most {limit} are allowed.")]
    TooLong {
        /// Its duration.
        seconds: u64,
        /// The limit.
        limit: u64,
    },
    /// More pixels than allowed.
    #[error(
        "The picture is too large: {width}x{height} pixels, and at most {side} a side and {pixels} in all are allowed."
    )]
    TooManyPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// Most pixels of a side.
        side: u32,
        /// Most pixels.
        pixels: u64,
    },
    /// Fewer pixels than encoders take.
    #[error("The picture is too small: {width}x{height} pixels, and at least 16x16 are needed.")]
    TooFewPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// More tracks than allowed.
    #[error("The file has too many tracks: {tracks}, and at most {limit} are allowed.")]
    TooManyTracks {
        /// How many.
        tracks: u32,
        /// The limit.
        limit: u32,
    },
    /// The metadata that came with the upload cannot be followed.
    #[error("The encryption settings that came with the file cannot be used: {0}.")]
    Request(&'static str),
    /// The object is not there any more, or another version of it is.
    #[error("The file was removed or replaced before it was read.")]
    Gone,
}
