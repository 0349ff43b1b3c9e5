//! The samples of one track of a fragmented file.

use std::collections::VecDeque;

use reeldrop_cmaf::boxes::iter;
use reeldrop_cmaf::moof::{self, Defaults};
use reeldrop_cmaf::movie::MovieTrack;

use super::file::{FileSource, TopBox};
use super::{MAX_CARRIED_BYTES, MAX_FRAGMENT_BYTES, Placed};
use crate::PackageError;

/// Goes through the fragments of a file, one in memory at a time; ends after the first error.
pub(crate) struct FragmentSamples<'a> {
    source: &'a FileSource,
    /// Where the next box begins.
    at: u64,
    track_id: u32,
    defaults: Defaults,
    carrying: bool,
    carried: Vec<u8>,
    waiting: VecDeque<Placed>,
    ended: bool,
}

impl<'a> FragmentSamples<'a> {
    pub(super) fn new(
        source: &'a FileSource,
        start: u64,
        track: &MovieTrack<'_>,
        carrying: bool,
    ) -> Self {
        Self {
            source,
            at: start,
            track_id: track.id,
            defaults: track.defaults,
            carrying,
            carried: Vec::new(),
            waiting: VecDeque::new(),
            ended: false,
        }
    }

    fn read(&mut self) -> Result<Option<Placed>, PackageError> {
        loop {
            if let Some(sample) = self.waiting.pop_front() {
                return Ok(Some(sample));
            }
            let Some(found) = self.source.top_box(self.at)? else {
                return Ok(None);
            };
            self.at = found.end;
            match &found.kind.0 {
                b"moof" => self.read_fragment(&found)?,
                b"emsg" | b"prft" if self.carrying => {
                    let room = MAX_CARRIED_BYTES.saturating_sub(self.carried.len() as u64);
                    let whole = self.source.whole(&found, room)?;
                    self.carried.extend(whole);
                }
                _ => {}
            }
        }
    }

    fn read_fragment(&mut self, found: &TopBox) -> Result<(), PackageError> {
        let bytes = self.source.whole(found, MAX_FRAGMENT_BYTES)?;
        let Some(fragment) = iter(&bytes).next() else {
            return Ok(());
        };
        for fragment in moof::read(&fragment?, |_| self.defaults)? {
            if fragment.track_id != self.track_id {
                continue;
            }
            let mut decode_time = fragment.base_decode_time;
            for sample in fragment.samples {
                self.waiting.push_back(Placed {
                    info: sample.info,
                    decode_time,
                    offset: found.start.saturating_add(sample.offset),
                    carried: std::mem::take(&mut self.carried),
                });
                decode_time = decode_time.saturating_add(u64::from(sample.info.duration));
            }
        }
        Ok(())
    }
}

impl Iterator for FragmentSamples<'_> {
    type Item = Result<Placed, PackageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        read
    }
}
