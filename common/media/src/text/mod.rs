//! Subtitle tracks of a source: which there are, where their captions lie, and what these say.
//!
//! A demuxer would read the whole file for a few lines of text. The index of the file says where each
//! of them lies, so that nothing else is read: see [`tracks`], [`places`] and [`Place::caption`].

mod closed;
mod ebml;
mod matroska;
mod mp4;
mod payload;

use std::io;

use crate::{
    ReadAt,
    mp4::{Mp4Error, read},
};
use payload::Payload;

/// Captions of one track, at most: ten hours of one every second, nearly three times over.
pub const MOST_CAPTIONS: usize = 100_000;

/// Samples of a track of closed captions, at most: ten hours of thirty pictures a second and some more, or half of
/// that of sixty.
pub const MOST_PICTURES: usize = 1_200_000;

/// Most bytes of one caption with its markup: what is longer is none.
const MOST_BYTES: u64 = 16 << 10;

/// Why it is not known where the captions of a track lie.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The source cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The index does not say, and the file is too long to look through.
    #[error(
        "the file's index does not name its subtitles; bring them as an SRT or WebVTT file, or let mkvmerge or ffmpeg copy the file into a new one"
    )]
    NotIndexed,
    /// It has more of them than anybody reads.
    #[error("the subtitle track has more than {0} captions; bring them as an SRT or WebVTT file")]
    TooMany(usize),
}

/// How captions are written in a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// 3GPP timed text in MP4 (ETSI TS 126 245), also called `mov_text`.
    Tx3g,
    /// WebVTT in MP4 (ISO/IEC 14496-30).
    Wvtt,
    /// SubRip's text, or WebVTT's, in Matroska.
    Plain,
    /// (Advanced) SubStation Alpha in Matroska.
    Ssa,
    /// Closed captions of line 21 (CTA-608-E) in QuickTime.
    Cea608,
    /// Closed captions of digital television (CTA-708-E) in QuickTime.
    Cea708,
}

impl TextFormat {
    /// Whether what it holds is no text before a receiver has read it: see [`Place::closed_captions`].
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Cea608 | Self::Cea708)
    }
}

/// A subtitle track of text; those of pictures are none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTrack {
    /// Its number in the file.
    pub id: u64,
    /// How its captions are written.
    pub format: TextFormat,
    /// Language as the file has it: ISO 639-2 or BCP 47.
    pub language: Option<String>,
    /// Its own name, where the file has one.
    pub name: Option<String>,
    /// Whether it is meant to be shown in its language.
    pub default: bool,
    /// Whether it holds only what everybody has to read: foreign words, signs.
    pub forced: bool,
    /// Whether it says what is heard besides speech.
    pub hearing_impaired: bool,
    /// Whether it is of somebody who talks about the title.
    pub commentary: bool,
}

/// Where a caption lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When it appears, nanoseconds of stream time; below 0 where it began before.
    pub start_ns: i64,
    /// When it goes, where the index says so.
    pub end_ns: Option<i64>,
    /// Its first byte.
    pub offset: u64,
    /// Bytes to read for it: some more than it has where the index does not say.
    pub bytes: u64,
    payload: Payload,
}

/// One caption as it is in the file, with its markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// When it appears, nanoseconds of stream time.
    pub start_ns: i64,
    /// When it goes; none where the next one takes its place.
    pub end_ns: Option<i64>,
    /// Its lines.
    pub text: String,
}

/// The subtitle tracks of text that a source has; none where it is neither MP4 nor Matroska.
///
/// # Errors
/// What keeps the index from being read.
pub fn tracks(reader: &dyn ReadAt) -> io::Result<Vec<TextTrack>> {
    if let Some(file) = matroska::File::open(reader)? {
        return Ok(file.tracks());
    }
    Ok(of_mp4(reader)?.map_or_else(Vec::new, |mp4| mp4::tracks(&mp4)))
}

/// Where the captions of a track lie, in the file's order: [`MOST_CAPTIONS`] at most, or of closed captions
/// [`MOST_PICTURES`].
///
/// # Errors
/// Why they cannot be found.
pub fn places(reader: &dyn ReadAt, track: u64) -> Result<Vec<Place>, TextError> {
    if let Some(file) = matroska::File::open(reader)? {
        return file.places(track);
    }
    let mp4 = of_mp4(reader)?.ok_or(TextError::NotIndexed)?;
    mp4::places(&mp4, track)
}

/// A damaged index names no captions.
fn of_mp4(reader: &dyn ReadAt) -> io::Result<Option<crate::mp4::Mp4>> {
    match read(reader) {
        Ok(found) => Ok(found),
        Err(Mp4Error::Read(error)) => Err(error),
        Err(Mp4Error::NoIndex | Mp4Error::Damaged) => Ok(None),
    }
}

impl Place {
    /// Closed captions of line 21 at the stream's beginning, for tests.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn closed(offset: u64, bytes: u64) -> Self {
        Self {
            start_ns: 0,
            end_ns: None,
            offset,
            bytes,
            payload: Payload::Sample(TextFormat::Cea608),
        }
    }

    /// Whether closed captions lie there.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.payload, Payload::Sample(format) if format.is_closed())
    }

    /// The closed captions, from the bytes that lie there: triplets of `cc_data` (CTA-708-E), empty where they are
    /// none. All of a sample count from its start: writers put what appears together into one, often whole captions.
    #[must_use]
    pub fn closed_captions(&self, data: &[u8]) -> Vec<u8> {
        match self.payload {
            Payload::Sample(format) => closed::triplets(format, data),
            Payload::Block { .. } => Vec::new(),
        }
    }

    /// The caption, from the bytes that lie there; none where they are no text.
    #[must_use]
    pub fn caption(&self, data: &[u8]) -> Option<Caption> {
        let read = self.payload.read(data)?;
        let end_ns = read.duration_ns.map(|ns| self.start_ns.saturating_add(ns));
        Some(Caption {
            start_ns: self.start_ns,
            end_ns: self.end_ns.or(end_ns),
            text: read.text,
        })
    }
}
