//! What is shown of a track, and when: its samples through its edit list.

use super::{Edit, Mp4, Track};

/// One sample: a frame, or a block of audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Composition time in ticks of the track.
    pub time: i64,
    /// Duration in ticks of the track.
    pub duration: u32,
    /// Where it lies in the file.
    pub offset: u64,
    /// Its size in bytes.
    pub bytes: u32,
    /// Whether it can be decoded by itself.
    pub key: bool,
}

/// What is shown of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presentation {
    /// Ticks per second of the times.
    pub timescale: u32,
    /// Start of each sample that is shown, ascending, in ticks of stream time.
    pub times: Vec<i64>,
    /// End of the last sample that is shown.
    pub end: i64,
    /// Start of each key sample among them.
    pub keys: Vec<i64>,
    /// Bytes of the samples.
    pub bytes: u64,
    /// Samples that the index describes, but that do not lie within the file.
    pub missing: usize,
}

impl Presentation {
    /// Ticks as nanoseconds.
    #[must_use]
    pub fn ns(&self, ticks: i64) -> i64 {
        (i128::from(ticks) * 1_000_000_000 / i128::from(self.timescale)) as i64
    }
}

impl Mp4 {
    /// What is shown of `track`, as far as its samples lie within the file.
    #[must_use]
    pub fn presentation(&self, track: &Track) -> Presentation {
        let mut samples = track.samples.samples();
        if samples.is_empty() {
            samples = self.fragment_samples(track.id);
        }
        let described = samples.len();
        let inside = |sample: &Sample| sample.offset + u64::from(sample.bytes) <= self.size_bytes;
        let whole = samples
            .iter()
            .position(|sample| !inside(sample))
            .unwrap_or(described);
        samples.truncate(whole);
        let mut shown = Presentation {
            timescale: track.timescale,
            times: Vec::with_capacity(whole),
            end: 0,
            keys: Vec::new(),
            bytes: samples.iter().map(|sample| u64::from(sample.bytes)).sum(),
            missing: described - whole,
        };
        self.show(track, &samples, &mut shown);
        shown.times.sort_unstable();
        shown.keys.sort_unstable();
        shown
    }

    fn fragment_samples(&self, track: u32) -> Vec<Sample> {
        let mut samples = Vec::new();
        let mut expected = 0;
        for fragment in self
            .fragments
            .iter()
            .filter(|fragment| fragment.track == track)
        {
            let start = fragment.decode_time.unwrap_or(expected);
            expected = start + fragment.duration;
            let start = i64::try_from(start).unwrap_or(i64::MAX / 2);
            samples.extend(fragment.samples.iter().map(|sample| Sample {
                time: start + sample.time,
                ..*sample
            }));
        }
        samples
    }

    fn show(&self, track: &Track, samples: &[Sample], shown: &mut Presentation) {
        let whole = [Edit {
            duration: 0,
            media_time: Some(0),
        }];
        let edits = if track.edits.is_empty() {
            &whole[..]
        } else {
            &track.edits
        };
        let mut offset = 0_i128;
        for edit in edits {
            // Both clocks at once: a movie's ticks are often coarser than a frame.
            let length = i128::from(edit.duration) * i128::from(track.timescale);
            let movie = i128::from(self.movie.timescale);
            if let Some(from) = edit.media_time {
                let window = Window {
                    from: i64::try_from(from).unwrap_or(i64::MAX),
                    length,
                    movie,
                    offset,
                };
                for sample in samples {
                    window.show(sample, shown);
                }
            }
            offset += length;
        }
    }
}

/// The part of the media that one edit shows.
struct Window {
    from: i64,
    /// Length in ticks of the track times ticks of the movie; 0 for all there is.
    length: i128,
    movie: i128,
    /// Where it is shown, in the same unit.
    offset: i128,
}

impl Window {
    fn show(&self, sample: &Sample, shown: &mut Presentation) {
        let start = i128::from(sample.time - self.from) * self.movie;
        let end = start + i128::from(sample.duration) * self.movie;
        // A sample without a duration is a moment.
        if end < 0 || (end == 0 && sample.duration > 0) || (self.length > 0 && start >= self.length)
        {
            return;
        }
        let cut = if self.length > 0 {
            end.min(self.length)
        } else {
            end
        };
        let at = ((self.offset + start.max(0)) / self.movie) as i64;
        shown.times.push(at);
        shown.end = shown.end.max(((self.offset + cut) / self.movie) as i64);
        if sample.key {
            shown.keys.push(at);
        }
    }
}
