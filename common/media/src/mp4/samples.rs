//! What is shown of a track, and when: its samples through its edit list.

use super::{Edit, Fragment, Mp4, Track, sample_table::MOST_SAMPLES};

/// A hundred years.
const MOST_NS: i128 = 100 * 366 * 86_400 * 1_000_000_000;

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

impl Sample {
    /// Whether a file of this size has all of it.
    pub(super) fn within(&self, size_bytes: u64) -> bool {
        self.offset.saturating_add(u64::from(self.bytes)) <= size_bytes
    }
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
    /// Whether all of the file was looked at; else `end` is that of the file all the same.
    pub whole: bool,
}

impl Presentation {
    /// Ticks as nanoseconds.
    #[must_use]
    pub fn ns(&self, ticks: i64) -> i64 {
        let ns = i128::from(ticks) * 1_000_000_000 / i128::from(self.timescale);
        // Damaged files name times beyond all bounds; their sums must not overflow.
        ns.clamp(-MOST_NS, MOST_NS) as i64
    }
}

impl Mp4 {
    /// The samples of the fragments of `track` that were looked at, in the file's order.
    #[must_use]
    pub fn fragmented(&self, track: &Track) -> Vec<Sample> {
        fragment_samples(&self.fragments, track.id)
    }

    /// All samples of a track in the file's order; none where not all of its fragments were looked at.
    #[must_use]
    pub fn samples(&self, track: &Track) -> Option<Vec<Sample>> {
        let samples = track.samples.samples();
        if !samples.is_empty() || self.fragments.is_empty() {
            return Some(samples);
        }
        let whole = self.last_fragments.is_none();
        whole.then(|| fragment_samples(&self.fragments, track.id))
    }

    /// What is shown of `track`, as far as its samples lie within the file.
    #[must_use]
    pub fn presentation(&self, track: &Track) -> Presentation {
        let samples = track.samples.samples();
        if !samples.is_empty() {
            return self.present(track, samples);
        }
        let mut shown = self.present(track, fragment_samples(&self.fragments, track.id));
        if let Some(last) = &self.last_fragments {
            let last = self.present(track, fragment_samples(last, track.id));
            shown.end = shown.end.max(last.end);
            shown.whole = false;
        }
        shown
    }

    fn present(&self, track: &Track, mut samples: Vec<Sample>) -> Presentation {
        let described = samples.len();
        let whole = samples
            .iter()
            .position(|sample| !sample.within(self.size_bytes))
            .unwrap_or(described);
        samples.truncate(whole);
        let mut shown = Presentation {
            timescale: track.timescale,
            times: Vec::with_capacity(whole),
            end: 0,
            keys: Vec::new(),
            bytes: samples.iter().map(|sample| u64::from(sample.bytes)).sum(),
            missing: described - whole,
            whole: true,
        };
        self.show(track, samples, &mut shown);
        shown.times.sort_unstable();
        shown.keys.sort_unstable();
        shown
    }

    fn show(&self, track: &Track, samples: Vec<Sample>, shown: &mut Presentation) {
        let whole = [Edit {
            duration: 0,
            media_time: Some(0),
        }];
        let edits = if track.edits.is_empty() {
            &whole[..]
        } else {
            &track.edits
        };
        let spans = spans(samples);
        let mut offset = 0_i128;
        // Each edit looks at all samples: a list of a thousand is for short files.
        let most_edits = (10 * MOST_SAMPLES / spans.len().max(1)).max(1);
        for edit in edits.iter().take(most_edits) {
            // Both clocks at once: a movie's ticks are often coarser than a frame.
            let length = i128::from(edit.duration) * i128::from(track.timescale);
            let movie = i128::from(self.movie.timescale);
            if let Some(from) = edit.media_time {
                let from = i64::try_from(from).unwrap_or(i64::MAX);
                let window = Window {
                    from,
                    length,
                    movie,
                    offset,
                };
                for span in &spans {
                    if shown.times.len() == MOST_SAMPLES {
                        return;
                    }
                    window.show(span, shown);
                }
            }
            offset += length;
        }
    }
}

fn fragment_samples(fragments: &[Fragment], track: u32) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut expected = 0;
    for fragment in fragments.iter().filter(|fragment| fragment.track == track) {
        let start = fragment.decode_time.unwrap_or(expected);
        expected = start.saturating_add(fragment.duration);
        let start = i64::try_from(start).unwrap_or(i64::MAX).min(i64::MAX / 2);
        samples.extend(fragment.samples.iter().map(|sample| Sample {
            time: start + sample.time,
            ..*sample
        }));
    }
    samples
}

/// A sample from its own time to that of the next one shown.
struct Span {
    start: i64,
    end: i64,
    key: bool,
}

/// The samples in the order that they are shown. Durations in the index are in decoding order:
/// where they differ, they belong to other samples.
fn spans(samples: Vec<Sample>) -> Vec<Span> {
    let span = |sample: Sample| Span {
        start: sample.time,
        end: sample.time + i64::from(sample.duration),
        key: sample.key,
    };
    let mut spans: Vec<Span> = samples.into_iter().map(span).collect();
    spans.sort_by_key(|span| span.start);
    for index in 1..spans.len() {
        spans[index - 1].end = spans[index].start;
    }
    spans
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
    fn show(&self, span: &Span, shown: &mut Presentation) {
        let start = i128::from(span.start.saturating_sub(self.from)) * self.movie;
        let end = i128::from(span.end.saturating_sub(self.from)) * self.movie;
        // A sample without a duration is a moment.
        let before = end < 0 || (end == 0 && start < 0);
        if before || (self.length > 0 && start >= self.length) {
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
        if span.key {
            shown.keys.push(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mp4::Movie;

    fn sample(time: i64, duration: u32) -> Sample {
        Sample {
            time,
            duration,
            offset: 0,
            bytes: 1,
            key: time == 0,
        }
    }

    fn shown(edits: Vec<Edit>, samples: &[Sample]) -> (Vec<i64>, i64) {
        let track = Track::test(100, edits);
        let movie = Movie {
            timescale: 10,
            fragmented: false,
            tracks: Vec::new(),
            defaults: Vec::new(),
        };
        let mp4 = Mp4 {
            movie,
            fragments: Vec::new(),
            last_fragments: None,
            size_bytes: 1,
        };
        let mut shown = Presentation {
            timescale: 100,
            times: Vec::new(),
            end: 0,
            keys: Vec::new(),
            bytes: 0,
            missing: 0,
            whole: true,
        };
        mp4.show(&track, samples.to_vec(), &mut shown);
        (shown.times, shown.end)
    }

    fn edit(duration: u64, media_time: Option<u64>) -> Edit {
        Edit {
            duration,
            media_time,
        }
    }

    const FRAMES: [(i64, u32); 4] = [(0, 20), (60, 20), (20, 20), (40, 20)];

    fn frames() -> Vec<Sample> {
        FRAMES
            .iter()
            .map(|(time, duration)| sample(*time, *duration))
            .collect()
    }

    #[test]
    fn without_edits_all_is_shown_where_it_is() {
        assert_eq!(shown(Vec::new(), &frames()), (vec![0, 20, 40, 60], 80));
        let later: Vec<_> = frames()
            .iter()
            .map(|s| Sample {
                time: s.time + 40,
                ..*s
            })
            .collect();
        assert_eq!(shown(Vec::new(), &later), (vec![40, 60, 80, 100], 120));
    }

    #[test]
    fn an_edit_trims_both_ends_and_cuts_the_frames_it_meets() {
        // From 0.3 s for 0.4 s: the frame at 0.2 s is under way, the one at 0.6 s is cut short.
        assert_eq!(
            shown(vec![edit(4, Some(30))], &frames()),
            (vec![0, 10, 30], 40)
        );
    }

    #[test]
    fn an_empty_edit_delays_what_follows() {
        assert_eq!(
            shown(vec![edit(5, None), edit(8, Some(0))], &frames()).0,
            vec![50, 70, 90, 110]
        );
    }

    #[test]
    fn durations_go_by_the_order_of_showing() {
        let uneven = [
            sample(0, 60),
            sample(60, 20),
            sample(20, 20),
            sample(40, 20),
        ];
        // Were the first to last 0.6 s, it would still be under way here.
        assert_eq!(shown(vec![edit(0, Some(30))], &uneven).0, vec![0, 10, 30]);
    }
}
