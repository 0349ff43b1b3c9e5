//! Which samples make a segment, and where their bytes are kept.

use std::io::Read;
use std::ops::Range;

use reeldrop_cmaf::CmafError;
use reeldrop_cmaf::head::SampleInfo;
use reeldrop_cmaf::movie::MovieTrack;

use super::timing;
use crate::PackageError;
use crate::source::FileSource;

/// The most bytes of a segment: an hour without a key frame at 2 Mb/s.
const MAX_SEGMENT_BYTES: usize = 1 << 30;
/// The most samples of a segment: six hours of 48 kHz AAC.
const MAX_SEGMENT_SAMPLES: usize = 1 << 20;
/// How much room is made for a stream's bytes before they are there.
const STEP_BYTES: usize = 1 << 20;

/// Finds the samples that segments begin with.
pub(super) struct Segmenter {
    /// Ticks per second and milliseconds per segment.
    timescale: u64,
    segment_ms: u64,
    /// Number of the grid's interval that the current segment began in.
    interval: Option<u128>,
}

impl Segmenter {
    pub(super) fn new(track: &MovieTrack<'_>, segment_ms: u64) -> Self {
        Self {
            timescale: u64::from(track.timescale),
            segment_ms,
            interval: None,
        }
    }

    /// Whether a segment begins with this sample, presented at `start`: the first sync sample of
    /// each interval, give or take half of its duration.
    pub(super) fn begins_segment(&mut self, info: &SampleInfo, start: u64) -> bool {
        if !info.sync {
            return false;
        }
        let middle = u128::from(start) + u128::from(info.duration / 2);
        let ticks = u128::from(self.timescale) * u128::from(self.segment_ms);
        let interval = middle * 1000 / ticks.max(1);
        let begins = self.interval.is_none_or(|current| interval > current);
        if begins {
            self.interval = Some(interval);
        }
        begins
    }
}

/// The samples of the segment that is being made.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) samples: Vec<SampleInfo>,
    decode_times: Vec<u64>,
    /// What goes before the first fragment.
    pub(super) carried: Vec<u8>,
    /// Where the bytes lie in the file: offsets and lengths, in order.
    runs: Vec<(u64, usize)>,
    /// Bytes, of which those of the samples come first.
    buffer: Vec<u8>,
    length: usize,
}

/// Samples that have one `moof`.
pub(super) struct Fragment {
    pub(super) samples: Range<usize>,
    pub(super) media: Range<usize>,
    pub(super) decode_time: u64,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    pub(super) fn add(
        &mut self,
        info: SampleInfo,
        decode_time: u64,
        carried: &[u8],
    ) -> Result<(), PackageError> {
        // Samples may have no bytes, and cost memory all the same.
        if self.samples.len() == MAX_SEGMENT_SAMPLES {
            return Err(CmafError::TooLarge("segment").into());
        }
        self.samples.push(info);
        self.decode_times.push(decode_time);
        self.carried.extend_from_slice(carried);
        Ok(())
    }

    /// Says where the bytes of the sample that was added last lie.
    pub(super) fn place(
        &mut self,
        offset: u64,
        size: u32,
        source: &FileSource,
    ) -> Result<(), PackageError> {
        if !source.holds(offset, u64::from(size)) {
            return Err(PackageError::CutShort);
        }
        let size = self.grow(size)?;
        match self.runs.last_mut() {
            Some((start, length)) if *start + *length as u64 == offset => *length += size,
            _ => self.runs.push((offset, size)),
        }
        Ok(())
    }

    /// Reads the bytes of the sample that was added last.
    pub(super) fn read(&mut self, stream: &mut dyn Read, size: u32) -> Result<(), PackageError> {
        let mut at = self.length;
        self.grow(size)?;
        while at < self.length {
            let end = self.length.min(at + STEP_BYTES);
            let part = room(&mut self.buffer, end)
                .get_mut(at..)
                .unwrap_or_default();
            stream.read_exact(part).map_err(|error| {
                if error.kind() == std::io::ErrorKind::UnexpectedEof {
                    PackageError::CutShort
                } else {
                    PackageError::Read(error)
                }
            })?;
            at = end;
        }
        Ok(())
    }

    fn grow(&mut self, size: u32) -> Result<usize, PackageError> {
        const WHAT: PackageError = PackageError::Media(CmafError::TooLarge("segment"));
        let size = usize::try_from(size).map_err(|_| WHAT)?;
        let length = self.length.checked_add(size);
        self.length = length
            .filter(|length| *length <= MAX_SEGMENT_BYTES)
            .ok_or(WHAT)?;
        Ok(size)
    }

    /// Reads what lies in a file.
    pub(super) fn fill(&mut self, source: Option<&FileSource>) -> Result<(), PackageError> {
        let Some(source) = source else { return Ok(()) };
        let mut rest = room(&mut self.buffer, self.length);
        for (offset, length) in &self.runs {
            let (part, after) = rest.split_at_mut(*length);
            source.read_at(*offset, part)?;
            rest = after;
        }
        Ok(())
    }

    /// When the first sample is presented, ticks.
    pub(super) fn start(&self) -> u64 {
        let first = self.samples.first().zip(self.decode_times.first());
        first.map_or(0, |(info, time)| timing::presented(info, *time))
    }

    /// From the first decode time to the end of the last sample, ticks.
    pub(super) fn duration(&self) -> u64 {
        let last = self.samples.last().zip(self.decode_times.last());
        let end = last.map_or(0, |(info, time)| time + u64::from(info.duration));
        end - self.decode_times.first().copied().unwrap_or(end)
    }

    /// The fragments: one for each run of sync samples or others between which no time is lost.
    ///
    /// A key frame of `pictures` is alone in its fragment, so that its bytes decode alone; sound is
    /// not cut.
    pub(super) fn fragments(&self, pictures: bool) -> Vec<Fragment> {
        let mut fragments: Vec<Fragment> = Vec::new();
        let (mut at, mut end_time, mut after_sync) = (0, 0, false);
        for (index, (sample, time)) in self.samples.iter().zip(&self.decode_times).enumerate() {
            let cut = pictures && (sample.sync || after_sync);
            let size = usize::try_from(sample.size).unwrap_or_default();
            match fragments.last_mut() {
                Some(fragment) if !cut && *time == end_time => {
                    fragment.samples.end = index + 1;
                    fragment.media.end = at + size;
                }
                _ => fragments.push(Fragment {
                    samples: index..index + 1,
                    media: at..at + size,
                    decode_time: *time,
                }),
            }
            at += size;
            end_time = time + u64::from(sample.duration);
            after_sync = sample.sync;
        }
        fragments
    }

    /// The samples and bytes of a fragment.
    pub(super) fn of(&mut self, fragment: &Fragment) -> (&[SampleInfo], &mut [u8]) {
        let samples = self.samples.get(fragment.samples.clone());
        let media = self.buffer.get_mut(fragment.media.clone());
        (samples.unwrap_or_default(), media.unwrap_or_default())
    }

    pub(super) fn media(&self) -> &[u8] {
        &self.buffer
    }

    /// Forgets all but the memory.
    pub(super) fn clear(&mut self) {
        self.samples.clear();
        self.decode_times.clear();
        self.carried.clear();
        self.runs.clear();
        self.length = 0;
    }
}

/// The first `length` bytes of a buffer that never shrinks: what was zeroed once is not zeroed again.
fn room(buffer: &mut Vec<u8>, length: usize) -> &mut [u8] {
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    buffer.get_mut(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(sync: bool) -> SampleInfo {
        SampleInfo {
            size: 2,
            duration: 10,
            composition_offset: 0,
            sync,
        }
    }

    fn fragments(
        pictures: bool,
        samples: &[(bool, u64)],
    ) -> Vec<(Range<usize>, Range<usize>, u64)> {
        let mut pending = Pending::default();
        for (sync, time) in samples {
            pending.add(info(*sync), *time, &[]).unwrap();
        }
        let fragments = pending.fragments(pictures).into_iter();
        fragments
            .map(|fragment| (fragment.samples, fragment.media, fragment.decode_time))
            .collect()
    }

    #[test]
    fn key_frames_are_alone_in_their_fragments() {
        let samples = [(true, 0), (false, 10), (false, 20), (true, 30), (false, 40)];
        let found = fragments(true, &samples);
        let expected = [
            (0..1, 0..2, 0),
            (1..3, 2..6, 10),
            (3..4, 6..8, 30),
            (4..5, 8..10, 40),
        ];
        assert_eq!(found, expected);
        // A codec without any other pictures.
        assert_eq!(fragments(true, &[(true, 0), (true, 10)]).len(), 2);
    }

    #[test]
    fn a_segment_without_end_is_refused() {
        let mut pending = Pending::default();
        let added = (0..).find(|n| pending.add(info(false), *n, &[]).is_err());
        assert_eq!(added, Some(MAX_SEGMENT_SAMPLES as u64));
    }

    #[test]
    fn sound_is_cut_only_where_time_is_lost() {
        let found = fragments(false, &[(true, 0), (true, 10), (true, 25), (true, 35)]);
        assert_eq!(found, [(0..2, 0..4, 0), (2..4, 4..8, 25)]);
    }

    #[test]
    fn segments_begin_with_the_first_key_frame_of_each_interval() {
        let mut segmenter = Segmenter {
            timescale: 10,
            segment_ms: 6_000,
            interval: None,
        };
        let mut begins = |start, sync| segmenter.begins_segment(&info(sync), start);
        assert!(begins(0, true));
        assert!(!begins(20, true));
        assert!(!begins(61, false));
        // Half a frame before the grid counts as on it.
        assert!(begins(55, true));
        assert!(!begins(80, true));
        assert!(begins(190, true));
    }
}
