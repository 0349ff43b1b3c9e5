//! A progressive MP4 that can be read but once: one whose `moov` comes before its media.

use std::iter::Peekable;

use reeldrop_cmaf::movie::{MovieTrack, TableSamples};

use super::StreamSource;
use crate::PackageError;
use crate::track::{Origin, TrackWriter};

/// The time at which the first of `tracks` begins.
pub(crate) fn origin_of_tables(tracks: &[&MovieTrack<'_>]) -> Result<Origin, PackageError> {
    let mut origin = Origin::default();
    for track in tracks {
        let first = track.samples().next().ok_or(PackageError::NoSamples)??;
        origin.begin_with(track, 0, first.info.composition_offset);
    }
    Ok(origin)
}

/// A track whose samples come up.
struct Lane<'a> {
    track_id: u32,
    samples: Peekable<TableSamples<'a>>,
    decode_time: u64,
}

impl StreamSource<'_> {
    /// Reads the samples that the tables of `tracks` name into the writers of these tracks.
    pub(crate) fn deliver_tables(
        &mut self,
        tracks: &[&MovieTrack<'_>],
        writers: &mut [(u32, TrackWriter)],
    ) -> Result<(), PackageError> {
        let lanes = tracks.iter().map(|track| Lane {
            track_id: track.id,
            samples: track.samples().peekable(),
            decode_time: 0,
        });
        let mut lanes: Vec<Lane<'_>> = lanes.collect();
        while let Some(lane) = next_lane(&mut lanes) {
            let Some(sample) = lane.samples.next().transpose()? else {
                break;
            };
            let gap = sample.offset.checked_sub(self.position());
            self.skip(gap.ok_or(PackageError::Order)?)?;
            let decode_time = lane.decode_time;
            lane.decode_time += u64::from(sample.info.duration);
            let mut found = writers.iter_mut();
            if let Some((_, writer)) = found.find(|(id, _)| *id == lane.track_id) {
                writer.push_streamed(sample.info, decode_time, &[], self.reader())?;
            }
        }
        Ok(())
    }
}

/// The track whose next sample lies first, or cannot be read.
fn next_lane<'a, 'b>(lanes: &'b mut [Lane<'a>]) -> Option<&'b mut Lane<'a>> {
    let lanes = lanes.iter_mut().filter_map(|lane| {
        let next = lane.samples.peek()?;
        let offset = next.as_ref().map_or(0, |sample| sample.offset);
        Some((offset, lane))
    });
    let (_, lane) = lanes.min_by_key(|(offset, _)| *offset)?;
    Some(lane)
}
