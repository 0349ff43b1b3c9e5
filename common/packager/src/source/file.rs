//! A file, read by range.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use reeldrop_cmaf::boxes::{FourCc, Header};
use reeldrop_cmaf::movie::{Movie, MovieTrack, TableSamples};

use super::{FragmentSamples, MAX_MOVIE_BYTES, Placed};
use crate::track::Origin;
use crate::{Input, PackageError};

/// An open file and its movie.
pub(crate) struct FileSource {
    file: File,
    length: u64,
    /// The `moov` box.
    movie: Vec<u8>,
    /// Where the first `moof` begins, where there is one.
    first_fragment: Option<u64>,
}

/// A box of the file's top level.
pub(super) struct TopBox {
    pub(super) kind: FourCc,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl FileSource {
    pub(crate) fn open(path: &Path) -> Result<Self, PackageError> {
        Self::read(path).map_err(|error| error.of(&Input::File(path.into())))
    }

    fn read(path: &Path) -> Result<Self, PackageError> {
        let file = File::open(path).map_err(PackageError::Read)?;
        let length = file.metadata().map_err(PackageError::Read)?.len();
        let mut source = Self {
            file,
            length,
            movie: Vec::new(),
            first_fragment: None,
        };
        let mut at = 0;
        while let Some(found) = source.top_box(at)? {
            match &found.kind.0 {
                b"moov" => source.movie = source.whole(&found, MAX_MOVIE_BYTES)?,
                b"moof" => {
                    source.first_fragment = Some(found.start);
                    break;
                }
                _ => {}
            }
            at = found.end;
        }
        if source.movie.is_empty() {
            Err(PackageError::NoMovie)
        } else {
            Ok(source)
        }
    }

    pub(crate) fn header(&self) -> &[u8] {
        &self.movie
    }

    pub(crate) fn movie(&self) -> Result<Movie<'_>, PackageError> {
        Ok(Movie::read(&self.movie)?)
    }

    /// The samples of a track in decode order; `carrying` those boxes that go with them.
    pub(crate) fn samples<'a>(&'a self, track: &MovieTrack<'a>, carrying: bool) -> Samples<'a> {
        match self.first_fragment {
            Some(start) => Samples::Fragments(FragmentSamples::new(self, start, track, carrying)),
            None => Samples::Table {
                samples: Box::new(track.samples()),
                decode_time: 0,
            },
        }
    }

    /// The time at which the first of `tracks` begins.
    pub(crate) fn origin(&self, tracks: &[&MovieTrack<'_>]) -> Result<Origin, PackageError> {
        let mut origin = Origin::default();
        for track in tracks {
            let first = self.samples(track, false).next();
            let first = first.ok_or(PackageError::NoSamples)??;
            origin.begin_with(track, first.decode_time, first.info.composition_offset);
        }
        Ok(origin)
    }

    /// Fills `out` with the bytes from `offset`.
    pub(crate) fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), PackageError> {
        let end = offset.checked_add(out.len() as u64);
        if end.is_none_or(|end| end > self.length) {
            return Err(PackageError::CutShort);
        }
        self.file
            .read_exact_at(out, offset)
            .map_err(PackageError::Read)
    }

    /// Whether that many bytes lie at `offset`: asked before memory is taken for them.
    pub(crate) fn holds(&self, offset: u64, bytes: u64) -> bool {
        offset
            .checked_add(bytes)
            .is_some_and(|end| end <= self.length)
    }

    /// The box at `at`; none at the end of the file.
    pub(super) fn top_box(&self, at: u64) -> Result<Option<TopBox>, PackageError> {
        let left = self.length.saturating_sub(at);
        // Less than a header is what some writers leave behind.
        if left < 8 {
            return Ok(None);
        }
        let mut bytes = [0; Header::MAX_LEN];
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let (bytes, _) = bytes.split_at_mut(count);
        self.read_at(at, bytes)?;
        let header = Header::read(bytes)?;
        // A last box that claims more than there is (an `mdat` cut short) ends with the file.
        let size = header.size.unwrap_or(left).min(left);
        Ok(Some(TopBox {
            kind: header.kind,
            start: at,
            end: at + size,
        }))
    }

    /// The bytes of a box.
    pub(super) fn whole(&self, found: &TopBox, most: u64) -> Result<Vec<u8>, PackageError> {
        let size = found.end - found.start;
        if size > most {
            return Err(PackageError::BoxTooLarge(found.kind));
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
        self.read_at(found.start, &mut bytes)?;
        Ok(bytes)
    }
}

/// The samples of a track, wherever they are described.
pub(crate) enum Samples<'a> {
    /// In the movie's tables.
    Table {
        samples: Box<TableSamples<'a>>,
        decode_time: u64,
    },
    /// In fragments.
    Fragments(FragmentSamples<'a>),
}

impl Iterator for Samples<'_> {
    type Item = Result<Placed, PackageError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Fragments(samples) => samples.next(),
            Self::Table {
                samples,
                decode_time,
            } => {
                let sample = match samples.next()? {
                    Ok(sample) => sample,
                    Err(error) => return Some(Err(error.into())),
                };
                let placed = Placed {
                    info: sample.info,
                    decode_time: *decode_time,
                    offset: sample.offset,
                    carried: Vec::new(),
                };
                *decode_time += u64::from(sample.info.duration);
                Some(Ok(placed))
            }
        }
    }
}
