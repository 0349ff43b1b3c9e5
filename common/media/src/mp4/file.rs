//! The boxes at the top level of the file.

use std::io;

use bytes::Bytes;

use super::{
    boxes::{find, size_of, u32_at},
    fragment::{self, Fragment},
    movie::Movie,
    sample_table::MOST_SAMPLES,
    tail,
};
use crate::ReadAt;

/// Largest moov and moof that are read, bytes.
const LARGEST_INDEX: u64 = 64 << 20;
/// Most boxes looked at on the top level.
const MOST_BOXES: usize = 20_000;
/// The walk through a file's fragments ends after this many boxes of fragments, if it has come this
/// far in bytes: a count, and no clock, so that the same file is always walked as far.
const HEAD_FRAGMENTS: usize = 64;
const HEAD_BYTES: u64 = 32 << 20;

/// Why the index of the file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Mp4Error {
    /// The bytes could not be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// There is no movie box: the file is cut off, or was never finished.
    #[error("the index (moov) is missing")]
    NoIndex,
    /// The movie box makes no sense.
    #[error("the index (moov) is damaged")]
    Damaged,
}

/// What the file's boxes say.
#[derive(Debug)]
pub struct Mp4 {
    /// The movie box.
    pub movie: Movie,
    /// Fragments in the file's order: all, or those of its beginning.
    pub fragments: Vec<Fragment>,
    /// The last fragments, where those between were not looked at.
    pub last_fragments: Option<Vec<Fragment>>,
    /// Size of the file in bytes.
    pub size_bytes: u64,
}

/// Reads the index of an ISO base media file; none where the file is something else.
///
/// # Errors
/// [`Mp4Error`].
pub fn read(reader: &dyn ReadAt) -> Result<Option<Mp4>, Mp4Error> {
    match walk(reader, false)? {
        Some(walk) => walk.finish(reader.size_bytes()).map(Some),
        None => Ok(None),
    }
}

/// Reads the movie box alone: no fragment is looked at.
///
/// # Errors
/// [`Mp4Error`].
pub fn read_movie(reader: &dyn ReadAt) -> Result<Option<Movie>, Mp4Error> {
    match walk(reader, true)? {
        Some(walk) => walk.movie.ok_or(Mp4Error::NoIndex).map(Some),
        None => Ok(None),
    }
}

fn walk(reader: &dyn ReadAt, movie_only: bool) -> Result<Option<Walk>, Mp4Error> {
    let mut walk = Walk {
        movie_only,
        movie: None,
        boxes: 0,
        fragments: Vec::new(),
        searched: false,
        last: None,
        room: MOST_SAMPLES,
    };
    let size_bytes = reader.size_bytes();
    let mut at = 0;
    for number in 0..MOST_BOXES {
        let head = reader.read_at(at, 16)?;
        let kind: Option<[u8; 4]> = head.get(4..8).and_then(|kind| kind.try_into().ok());
        let (Some((size, header)), Some(kind)) = (size_of(&head), kind) else {
            break;
        };
        if number == 0 && !begins_file(kind) {
            return Ok(None);
        }
        let end = if size == 0 {
            size_bytes
        } else {
            at.saturating_add(size)
        };
        walk.take(reader, kind, at + header as u64, end.min(size_bytes))?;
        if end >= size_bytes || walk.stop(reader, end)? {
            break;
        }
        at = end;
    }
    Ok((size_bytes >= 8).then_some(walk))
}

/// What is found on the way.
struct Walk {
    movie_only: bool,
    movie: Option<Movie>,
    /// Boxes of fragments so far.
    boxes: usize,
    fragments: Vec<Fragment>,
    /// Whether the end was looked for.
    searched: bool,
    last: Option<Vec<Fragment>>,
    /// Samples that may still be read.
    room: usize,
}

impl Walk {
    fn take(
        &mut self,
        reader: &dyn ReadAt,
        kind: [u8; 4],
        body: u64,
        end: u64,
    ) -> Result<(), Mp4Error> {
        match &kind {
            b"moov" if self.movie.is_none() => {
                let moov = index_box(reader, body, end)?;
                self.movie = Some(Movie::parse(&moov).ok_or(Mp4Error::Damaged)?);
            }
            b"moof" => {
                self.boxes += 1;
                let moof = index_box(reader, body, end)?;
                // Offsets in a fragment count from the box's first byte: 8 before its body.
                if let Some(movie) = &self.movie {
                    self.fragments
                        .extend(fragment::parse(&moof, body - 8, movie, &mut self.room));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether enough is known: a file that is not fragmented has nothing behind its moov, and of a
    /// long one that is, the beginning and the end are enough. Where the end cannot be found, the
    /// walk goes on.
    fn stop(&mut self, reader: &dyn ReadAt, at: u64) -> Result<bool, Mp4Error> {
        let Some(movie) = &self.movie else {
            return Ok(false);
        };
        if self.movie_only || !movie.fragmented {
            return Ok(true);
        }
        if !self.searched && self.boxes >= HEAD_FRAGMENTS && at >= HEAD_BYTES {
            self.searched = true;
            self.last = tail::last_fragments(reader, at, movie, &self.fragments)?;
        }
        Ok(self.last.is_some())
    }

    fn finish(self, size_bytes: u64) -> Result<Mp4, Mp4Error> {
        let movie = self.movie.ok_or(Mp4Error::NoIndex)?;
        Ok(Mp4 {
            movie,
            fragments: self.fragments,
            last_fragments: self.last,
            size_bytes,
        })
    }
}

/// Codes that a file may begin with, QuickTime's older ones too.
fn begins_file(kind: [u8; 4]) -> bool {
    [
        b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"pnot", b"sidx",
        b"uuid",
    ]
    .contains(&&kind)
}

fn index_box(reader: &dyn ReadAt, body: u64, end: u64) -> Result<Bytes, Mp4Error> {
    let size = end.saturating_sub(body);
    if size > LARGEST_INDEX {
        return Err(Mp4Error::Damaged);
    }
    let data = reader.read_at(body, usize::try_from(size).map_err(|_| Mp4Error::Damaged)?)?;
    // QuickTime may compress its index ('cmov'), which no player of today reads either.
    match find(&data, b"cmov").and_then(|cmov| u32_at(cmov, 0)) {
        Some(_) => Err(Mp4Error::Damaged),
        None => Ok(data),
    }
}
