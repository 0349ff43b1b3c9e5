//! One file of all tracks, written in order: for standard output.

use std::cell::RefCell;
use std::io::{IoSlice, Write};
use std::rc::Rc;

use reeldrop_cmaf::movie::{MovieTrack, merge_headers};

use crate::output::{TrackOutput, write_all};
use crate::source::{FileSource, Samples};
use crate::track::{self, Names, TrackWriter};
use crate::{PackageError, Settings, carrier, manifest::Done};

/// The file that the writers of its tracks share.
#[derive(Clone)]
pub(crate) struct Joined(Rc<RefCell<Shared>>);

struct Shared {
    out: Box<dyn Write>,
    /// Those of the tracks, until the file begins with one of all.
    headers: Vec<Vec<u8>>,
    sequence: u32,
}

impl Joined {
    pub(crate) fn new(out: Box<dyn Write>) -> Self {
        Self(Rc::new(RefCell::new(Shared {
            out,
            headers: Vec::new(),
            sequence: 0,
        })))
    }

    /// Takes the header of the next track.
    pub(crate) fn add_header(&self, init: &[u8]) {
        self.0.borrow_mut().headers.push(init.to_vec());
    }

    /// Writes the header of the tracks that were added; 0 ms where it is not known how long they are.
    pub(crate) fn begin(&self, duration_ms: u64) -> Result<(), PackageError> {
        let headers = std::mem::take(&mut self.0.borrow_mut().headers);
        let headers: Vec<&[u8]> = headers.iter().map(Vec::as_slice).collect();
        let header = merge_headers(&headers, duration_ms)?;
        self.write(&mut [IoSlice::new(&header)])
    }

    pub(crate) fn next_sequence(&self) -> u32 {
        let mut shared = self.0.borrow_mut();
        shared.sequence = shared.sequence.wrapping_add(1);
        shared.sequence
    }

    pub(crate) fn write(&self, slices: &mut [IoSlice<'_>]) -> Result<(), PackageError> {
        let written = write_all(&mut *self.0.borrow_mut().out, slices);
        written.map_err(|error| PackageError::Write("standard output".into(), error))
    }
}

/// A track on its way into the file.
struct Lane<'a> {
    samples: Samples<'a>,
    writer: TrackWriter,
}

/// Writes the tracks of `source` side by side: always the one that is furthest behind, a segment at a
/// time, so that a player needs little of the one to play the other.
pub(crate) fn write_file(
    source: &FileSource,
    tracks: &[&MovieTrack<'_>],
    settings: &Settings,
    (out, names): (&Joined, &mut Names),
) -> Result<Vec<Done>, PackageError> {
    let origin = source.origin(tracks)?;
    let carrier = carrier(tracks);
    let mut duration_ms = 0;
    let mut lanes = Vec::new();
    for (track, id) in tracks.iter().zip(1..) {
        let output = TrackOutput::joined(out, names.of(track), id);
        let writer = TrackWriter::new(track, source.header(), origin, settings, output)?;
        let ms = track::length_ms(source.samples(track, false), track, origin)?;
        duration_ms = duration_ms.max(ms);
        let samples = source.samples(track, carrier == Some(track.id));
        lanes.push(Some(Lane { samples, writer }));
    }
    out.begin(duration_ms)?;
    let mut done: Vec<Option<Done>> = lanes.iter().map(|_| None).collect();
    while let Some(next) = furthest_behind(&lanes) {
        let (Some(slot), Some(done)) = (lanes.get_mut(next), done.get_mut(next)) else {
            break;
        };
        let Some(lane) = slot else { break };
        if lane.write_segment(source)? {
            *done = slot
                .take()
                .map(|lane| lane.writer.finish(Some(source)))
                .transpose()?;
        }
    }
    Ok(done.into_iter().flatten().collect())
}

fn furthest_behind(lanes: &[Option<Lane<'_>>]) -> Option<usize> {
    let lanes = lanes.iter().enumerate();
    let open = lanes.filter_map(|(index, lane)| Some((index, lane.as_ref()?.writer.reached_s())));
    let (index, _) = open.min_by(|(_, a), (_, b)| a.total_cmp(b))?;
    Some(index)
}

impl Lane<'_> {
    /// Goes on until a segment has been written; true where there are no more samples.
    fn write_segment(&mut self, source: &FileSource) -> Result<bool, PackageError> {
        let before = self.writer.segments();
        while self.writer.segments() == before {
            let Some(sample) = self.samples.next() else {
                return Ok(true);
            };
            self.writer.push_placed(&sample?, source)?;
        }
        Ok(false)
    }
}
