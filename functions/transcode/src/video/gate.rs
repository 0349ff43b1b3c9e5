//! Which frames a chunk shows, and when: pure arithmetic over the times of decoded frames.

use reeldrop_events::{Chunk, Timeline};

/// How output frames follow from the source's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pacing {
    /// Each source frame is shown once, at its own time.
    Source,
    /// The frame on screen is shown at each multiple of so many ticks: dropped and repeated as needed.
    Grid(u64),
}

/// Which picture to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Picture {
    /// The frame offered before this one.
    Previous,
    /// The frame just offered.
    Current,
}

/// One output frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The picture.
    pub(crate) picture: Picture,
    /// Its presentation time.
    pub(crate) tick: u64,
    /// Whether a GOP begins with it.
    pub(crate) key: bool,
}

/// What the gate makes of an offered frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It comes no later than the one before: it never was on screen, and is forgotten.
    Ignored,
    /// These output frames follow.
    Shown(Vec<Shown>),
}

/// Lets the frames of one chunk through, in order, until the chunk is full.
///
/// Every segment of the chunk gets at least one frame as long as the source goes on after it: where
/// no source frame begins in a segment, the one on screen is shown again at the segment's start.
/// What is let through depends on the source alone, so that the chunks of a title join without gap
/// or repeat, wherever decoding began for each.
#[derive(Debug)]
pub(crate) struct Gate {
    timeline: Timeline,
    pacing: Pacing,
    start: u64,
    end: u64,
    next_key: u64,
    seen: Option<i64>,
    shown: Vec<u64>,
    end_tick: Option<u64>,
}

/// The times of a chunk's output frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// Presentation times, ascending.
    pub(crate) ticks: Vec<u64>,
    /// Where the last frame ends.
    pub(crate) end: u64,
}

impl Gate {
    pub(crate) fn new(timeline: Timeline, pacing: Pacing, chunk: &Chunk) -> Self {
        Self {
            timeline,
            pacing,
            start: chunk.start,
            end: chunk.end.unwrap_or(u64::MAX),
            next_key: chunk.start,
            seen: None,
            shown: Vec::new(),
            end_tick: None,
        }
    }

    pub(crate) fn pacing(&self) -> Pacing {
        self.pacing
    }

    /// Whether the chunk has all its frames.
    pub(crate) fn is_full(&self) -> bool {
        self.end_tick.is_some()
    }

    /// Offers the next decoded frame, presented at `tick`.
    pub(crate) fn offer(&mut self, tick: i64) -> Offered {
        let before = self.seen;
        if before.is_some_and(|before| tick <= before) {
            return Offered::Ignored;
        }
        self.seen = Some(tick);
        Offered::Shown(match self.pacing {
            Pacing::Source => self.offer_as_is(before, tick),
            Pacing::Grid(step) => self.offer_on_grid(before, tick, step),
        })
    }

    fn offer_as_is(&mut self, before: Option<i64>, tick: i64) -> Vec<Shown> {
        let Ok(tick) = u64::try_from(tick) else {
            return Vec::new();
        };
        let mut shown = Vec::new();
        if before.is_some() {
            self.hold_over(tick, &mut shown);
        }
        if tick >= self.end {
            // The next chunk begins with this frame, or with one held over where it comes later.
            let same = self.timeline.segment_at(tick) == self.timeline.segment_at(self.end);
            self.end_tick = Some(if same { tick } else { self.end });
        } else if tick >= self.start {
            shown.push(self.show(Picture::Current, tick));
        }
        shown
    }

    /// Shows the frame before once in each segment that would stay empty until `tick`.
    fn hold_over(&mut self, tick: u64, shown: &mut Vec<Shown>) {
        let mut segment = match self.shown.last() {
            Some(last) => self.timeline.segment_at(*last) + 1,
            None => self.timeline.segment_at(self.start),
        };
        while segment < self.timeline.segment_at(tick) {
            let start = self.timeline.segment_start(segment);
            if start >= self.end {
                return;
            }
            shown.push(self.show(Picture::Previous, start));
            segment += 1;
        }
    }

    fn offer_on_grid(&mut self, before: Option<i64>, tick: i64, step: u64) -> Vec<Shown> {
        let Some(before) = before else {
            return Vec::new();
        };
        let first = self.slot(before, step).max(self.start.div_ceil(step));
        let shown = self.show_slots(first, self.slot(tick, step), step);
        if self.slot(tick, step) * step >= self.end {
            self.end_tick = Some(self.end.div_ceil(step) * step);
        }
        shown
    }

    fn show_slots(&mut self, from: u64, to: u64, step: u64) -> Vec<Shown> {
        let to = to.min(self.end.div_ceil(step));
        (from..to)
            .map(|slot| self.show(Picture::Previous, slot * step))
            .collect()
    }

    /// The grid's multiple that is nearest to `tick`.
    fn slot(&self, tick: i64, step: u64) -> u64 {
        u64::try_from(tick).map_or(0, |tick| (tick + step / 2) / step)
    }

    fn show(&mut self, picture: Picture, tick: u64) -> Shown {
        let key = tick >= self.next_key;
        if key {
            let gops = (tick - self.start) / self.timeline.gop_ticks + 1;
            self.next_key = self.start + gops * self.timeline.gop_ticks;
        }
        self.shown.push(tick);
        Shown { picture, tick, key }
    }

    /// Ends the chunk where the source ended: its last frame lasted `duration` ticks.
    ///
    /// The frames returned, which show the last picture, complete the grid.
    pub(crate) fn finish(&mut self, duration: u64) -> Vec<Shown> {
        let (Some(last), false) = (self.seen, self.is_full()) else {
            return Vec::new();
        };
        let duration = duration.max(1);
        let Pacing::Grid(step) = self.pacing else {
            self.end_tick = self.shown.last().map(|last| last + duration);
            return Vec::new();
        };
        let first = self.slot(last, step).max(self.start.div_ceil(step));
        let end = self.slot(last.saturating_add_unsigned(duration), step);
        // A frame that comes to lie after its own end is dropped, but for an only one.
        let end = if self.start == 0 { end.max(1) } else { end };
        let shown = self.show_slots(first, end, step);
        self.end_tick = self.shown.last().map(|last| last + step);
        shown
    }

    /// The times of all frames let through; none where there were none.
    pub(crate) fn times(self) -> Option<Times> {
        let end = self.end_tick?;
        (!self.shown.is_empty()).then_some(Times {
            ticks: self.shown,
            end,
        })
    }
}

#[cfg(test)]
mod tests {
    use reeldrop_events::{FrameRate, Ratio};

    use super::*;

    const FRAME: u64 = 1_000;

    fn timeline(constant: bool) -> Timeline {
        let rate = Ratio { num: 25, den: 1 };
        Timeline {
            origin_ns: 0,
            timescale: 25_000,
            frame_rate: if constant {
                FrameRate::Constant(rate)
            } else {
                FrameRate::Variable(rate)
            },
            gop_ticks: 10 * FRAME,
            segment_ticks: 30 * FRAME,
            first_segment_ticks: Some(10 * FRAME),
        }
    }

    fn chunk(start: u64, end: Option<u64>) -> Chunk {
        Chunk {
            index: 0,
            first_segment: 0,
            segments: 1,
            start,
            end,
        }
    }

    /// Runs frames at `ticks`, the last of which lasts `last`, and says which source frame is shown when.
    fn run(
        pacing: Pacing,
        chunk: &Chunk,
        ticks: &[i64],
        last: u64,
    ) -> (Vec<(usize, u64)>, Option<Times>) {
        let mut gate = Gate::new(timeline(pacing != Pacing::Source), pacing, chunk);
        let (mut shown, mut previous) = (Vec::new(), 0);
        let of = |s: Shown, previous, current| match s.picture {
            Picture::Previous => (previous, s.tick),
            Picture::Current => (current, s.tick),
        };
        for (current, tick) in ticks.iter().enumerate() {
            if let Offered::Shown(now) = gate.offer(*tick) {
                shown.extend(now.into_iter().map(|s| of(s, previous, current)));
                previous = current;
            }
            if gate.is_full() {
                break;
            }
        }
        shown.extend(
            gate.finish(last)
                .into_iter()
                .map(|s| of(s, previous, previous)),
        );
        (shown, gate.times())
    }

    fn joined(pacing: Pacing, ends: &[u64], ticks: &[i64], last: u64) -> Vec<(usize, u64)> {
        let mut starts = vec![0];
        starts.extend(ends);
        let mut all = Vec::new();
        let mut expected_start = None;
        for (n, start) in starts.iter().enumerate() {
            let chunk = chunk(*start, ends.get(n).copied());
            // Decoding begins at any frame at or before the chunk's start.
            let from = ticks.iter().rposition(|t| *t <= *start as i64).unwrap_or(0);
            let (shown, times) = run(pacing, &chunk, &ticks[from.saturating_sub(n)..], last);
            let moved = from.saturating_sub(n);
            all.extend(shown.into_iter().map(|(frame, tick)| (frame + moved, tick)));
            if let Some(times) = times {
                assert!(
                    expected_start.is_none_or(|start| start == times.ticks[0]),
                    "chunk {n}"
                );
                expected_start = Some(times.end);
            }
        }
        all
    }

    #[test]
    fn chunks_partition_the_frames_of_a_constant_rate() {
        let ticks: Vec<i64> = (0..100).map(|n| n * FRAME as i64).collect();
        let shown = joined(
            Pacing::Source,
            &[10_000, 30_000, 60_000, 90_000],
            &ticks,
            FRAME,
        );
        let expected: Vec<_> = (0..100).map(|n| (n, n as u64 * FRAME)).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn chunks_partition_the_frames_of_a_variable_rate() {
        let ticks: Vec<i64> = (0..100).map(|n: i64| n * 777 + (n % 7) * 90).collect();
        let shown = joined(Pacing::Source, &[10_000, 30_000, 60_000], &ticks, FRAME);
        let expected: Vec<_> = (0..100).map(|n| (n, ticks[n] as u64)).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_segment_without_frames_holds_the_picture_over() {
        let ticks = [0, 5_000, 100_000, 101_000];
        let shown = joined(Pacing::Source, &[30_000, 60_000], &ticks, FRAME);
        let expected = [
            (0, 0),
            (1, 5_000),
            (1, 10_000),
            (1, 30_000),
            (1, 60_000),
            (2, 100_000),
            (3, 101_000),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn key_frames_are_the_first_at_or_after_each_gop() {
        let mut gate = Gate::new(timeline(false), Pacing::Source, &chunk(0, None));
        let keys: Vec<i64> = [0, 4_000, 9_999, 10_400, 19_000, 35_000, 39_000, 40_000]
            .into_iter()
            .filter(|tick| match gate.offer(*tick) {
                Offered::Shown(shown) => shown.iter().any(|s| s.key && s.tick == *tick as u64),
                Offered::Ignored => false,
            })
            .collect();
        assert_eq!(keys, [0, 10_400, 35_000, 40_000]);
    }

    #[test]
    fn frames_that_do_not_advance_are_ignored() {
        let mut gate = Gate::new(timeline(false), Pacing::Source, &chunk(0, None));
        gate.offer(1_000);
        assert_eq!(gate.offer(1_000), Offered::Ignored);
        assert_eq!(gate.offer(500), Offered::Ignored);
    }

    #[test]
    fn a_source_that_ends_before_the_chunk_gives_nothing() {
        assert_eq!(
            run(Pacing::Source, &chunk(30_000, None), &[0, 1_000], FRAME),
            (Vec::new(), None)
        );
    }

    #[test]
    fn a_slower_rate_becomes_the_grid_by_repeats_in_any_cut() {
        let ticks: Vec<i64> = (0..40).map(|n| n * 2_500).collect();
        let whole = joined(Pacing::Grid(FRAME), &[], &ticks, FRAME);
        assert_eq!(whole.len(), 99);
        assert_eq!(
            joined(
                Pacing::Grid(FRAME),
                &[10_000, 30_000, 60_000],
                &ticks,
                FRAME
            ),
            whole
        );
    }

    #[test]
    fn a_faster_rate_becomes_the_grid_by_drops_in_any_cut() {
        let ticks: Vec<i64> = (0..250).map(|n| n * 400).collect();
        let whole = joined(Pacing::Grid(FRAME), &[], &ticks, 400);
        let at: Vec<u64> = whole.iter().map(|(_, tick)| *tick).collect();
        assert_eq!(at, (0..100).map(|n| n * FRAME).collect::<Vec<_>>());
        assert_eq!(
            joined(Pacing::Grid(FRAME), &[10_000, 30_000, 60_000], &ticks, 400),
            whole
        );
    }
}
