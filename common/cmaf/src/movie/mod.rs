//! Reading a movie: its tracks, and where a progressive file has their samples
//! (ISO/IEC 14496-12, 8).

mod descriptor;
mod edit;
mod header;
mod merge;
mod table;
mod track;

pub use header::single_track_header;
pub use merge::{append_fragments, merge_headers};
pub use table::{TableSample, TableSamples};
pub use track::{AudioInfo, Kind, MovieTrack, VideoInfo};

use crate::CmafError;
use crate::boxes::{BoxRef, iter};

/// The most tracks of a file that are looked at.
const MAX_TRACKS: usize = 64;

/// A `moov` box.
pub struct Movie<'a> {
    /// Tracks of picture and sound that can be packaged, in the file's order.
    pub tracks: Vec<MovieTrack<'a>>,
    /// Whether samples lie in fragments (`mvex`).
    pub fragmented: bool,
    /// Why each other track of picture or sound is left out.
    pub left_out: Vec<CmafError>,
}

impl<'a> Movie<'a> {
    /// Reads `data`, which holds a `moov` box among others.
    ///
    /// # Errors
    /// [`CmafError`] where there is none, or its boxes are broken.
    pub fn read(data: &'a [u8]) -> Result<Self, CmafError> {
        let moov = iter(data)
            .find(b"moov")?
            .ok_or(CmafError::Missing("moov"))?;
        let timescale = edit::movie_timescale(&moov)?;
        let mvex = moov.children().find(b"mvex")?;
        let mut movie = Self {
            tracks: Vec::new(),
            fragmented: mvex.is_some(),
            left_out: Vec::new(),
        };
        let mut seen = 0;
        for found in moov.children() {
            let found = found?;
            if found.kind != b"trak" {
                continue;
            }
            seen += 1;
            if seen > MAX_TRACKS {
                return Err(CmafError::TooLarge("number of tracks"));
            }
            match MovieTrack::read(&found, timescale, mvex.as_ref()) {
                Ok(Some(track)) => movie.tracks.push(track),
                Ok(None) => {}
                Err(error) => movie.left_out.push(error),
            }
        }
        Ok(movie)
    }
}

pub(crate) fn child<'a>(
    parent: &BoxRef<'a>,
    kind: &[u8; 4],
    name: &'static str,
) -> Result<BoxRef<'a>, CmafError> {
    parent
        .children()
        .find(kind)?
        .ok_or(CmafError::Missing(name))
}

/// The box at the end of a path of boxes.
fn descend<'a>(parent: &BoxRef<'a>, path: &[&'static str]) -> Result<BoxRef<'a>, CmafError> {
    let mut found = *parent;
    for name in path {
        let kind = name
            .as_bytes()
            .first_chunk()
            .ok_or(CmafError::Invalid(name))?;
        found = child(&found, kind, name)?;
    }
    Ok(found)
}
