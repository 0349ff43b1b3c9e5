//! Why a file holds no captions.

/// Why a file holds no captions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptionError {
    /// There is no line with two times in it.
    #[error(
        "this is no SubRip or WebVTT file: it has no line such as 00:00:01.000 --> 00:00:02.500"
    )]
    NoCues,
    /// All captions lie after the title's end, or have no text.
    #[error("none of the file's captions lies within the title's {duration_ms} ms and has a text")]
    NoneFits {
        /// How long the title is, milliseconds.
        duration_ms: u64,
    },
    /// There is more text than anybody says.
    #[error("a channel of closed captions holds more than {} KiB of text", most >> 10)]
    TooMuch {
        /// Bytes that are taken.
        most: usize,
    },
    /// There are more captions than any title has.
    #[error("the file has more than {most} captions")]
    TooMany {
        /// How many are taken.
        most: usize,
    },
}
