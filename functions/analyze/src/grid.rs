//! Which frames are looked at: the first in each step of time, the same however a title is cut.

use reeldrop_events::AnalysisPlanned;

const NS_PER_S: u64 = 1_000_000_000;

/// Steps of the title's time, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    step_ns: i64,
    frame_ns: i64,
    /// Whether the source's frames come at a fixed rate.
    constant: bool,
}

impl Grid {
    pub(crate) fn of(planned: &AnalysisPlanned) -> Self {
        let (wanted, rate) = (planned.analysis.rate, planned.video.frame_rate);
        let ns = |num: u32, den: u32| (u64::from(den) * NS_PER_S / u64::from(num.max(1))) as i64;
        Self {
            step_ns: ns(wanted.num, wanted.den).max(1),
            frame_ns: ns(rate.num, rate.den),
            constant: !planned.video.variable_frame_rate,
        }
    }

    fn step(&self, ns: i64) -> i64 {
        ns.div_euclid(self.step_ns)
    }

    /// Whether the first frame that is decoded tells by its time alone if another of its step was before:
    /// where not, one more frame must be decoded.
    pub(crate) fn is_constant(&self) -> bool {
        self.constant
    }

    /// Whether the frame at `ns` of the title may be looked at; none but key frames need be decoded
    /// where it may not.
    pub(crate) fn may_take(&self, ns: i64) -> bool {
        !self.constant || self.begins_step(ns)
    }

    /// Whether the frame before lies in another step.
    fn begins_step(&self, ns: i64) -> bool {
        self.step(ns) != self.step(ns - self.frame_ns)
    }
}

/// Takes frames one by one, in order.
#[derive(Debug)]
pub(crate) struct Taking {
    grid: Grid,
    from_start: bool,
    last_step: Option<i64>,
    last_key_step: Option<i64>,
}

impl Taking {
    /// `from_start`: the first frame is the source's first, and none was before it.
    pub(crate) fn new(grid: Grid, from_start: bool) -> Self {
        Self {
            grid,
            from_start,
            last_step: None,
            last_key_step: None,
        }
    }

    /// Whether the frame at `ns` is looked at: the first in its step, and the first key frame of the
    /// second half of it, which often begins a scene.
    pub(crate) fn takes(&mut self, ns: i64, key: bool) -> bool {
        let step = self.grid.step(ns);
        let first = match self.last_step {
            Some(last) => step > last,
            None => self.from_start || (self.grid.constant && self.grid.begins_step(ns)),
        };
        self.last_step = Some(self.last_step.map_or(step, |last| last.max(step)));
        let late = ns.rem_euclid(self.grid.step_ns) * 2 >= self.grid.step_ns;
        let late_key = key && late && self.last_key_step.is_none_or(|last| step > last);
        if late_key {
            self.last_key_step = Some(step);
        }
        first || late_key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn grid(constant: bool) -> Grid {
        Grid {
            step_ns: 500 * MS,
            frame_ns: 40 * MS,
            constant,
        }
    }

    fn taken(times_ms: &[i64], keys_ms: &[i64]) -> Vec<i64> {
        let mut taking = Taking::new(grid(true), false);
        let takes = |ms: &&i64| taking.takes(**ms * MS, keys_ms.contains(ms));
        times_ms.iter().filter(takes).copied().collect()
    }

    #[test]
    fn the_first_frame_of_each_step_is_taken_wherever_decoding_begins() {
        let times: Vec<i64> = (0..100).map(|frame| frame * 40).collect();
        let whole = taken(&times, &[]);
        assert_eq!(whole[..4], [0, 520, 1_000, 1_520]);
        for cut in [13, 24, 25, 26, 38] {
            let (before, after) = times.split_at(cut);
            let parts = [taken(before, &[]), taken(after, &[])].concat();
            assert_eq!(parts, whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_key_frame_late_in_a_step_is_taken_too_but_only_one() {
        let times: Vec<i64> = (0..25).map(|frame| frame * 40).collect();
        assert_eq!(taken(&times, &[120, 320, 400]), [0, 320, 520]);
    }

    #[test]
    fn what_is_never_taken_need_not_be_decoded() {
        let (fixed, variable) = (grid(true), grid(false));
        let times = (0..25).map(|frame| frame * 40 * MS);
        let needed: Vec<i64> = times.clone().filter(|ns| fixed.may_take(*ns)).collect();
        assert_eq!(needed, [0, 520 * MS]);
        assert_eq!(times.filter(|ns| variable.may_take(*ns)).count(), 25);
    }

    #[test]
    fn at_a_variable_rate_a_cut_takes_what_the_whole_does() {
        let times = [
            100, 140, 310, 640, 700, 1_490, 1_510, 2_990, 3_000, 3_020, 4_600_i64,
        ];
        let taken = |times: &[i64], from_start| {
            let mut taking = Taking::new(grid(false), from_start);
            let taken = times.iter().filter(|ms| taking.takes(**ms * MS, false));
            taken.copied().collect::<Vec<i64>>()
        };
        let whole = taken(&times, true);
        assert_eq!(whole, [100, 640, 1_490, 1_510, 2_990, 3_000, 4_600]);
        for cut in 1..times.len() {
            // One frame more is decoded, and not asked for.
            let after = taken(&times[cut - 1..], false);
            let after = after.into_iter().filter(|ms| *ms >= times[cut]);
            let before = taken(&times[..cut], true).into_iter();
            assert_eq!(
                before.chain(after).collect::<Vec<_>>(),
                whole,
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_gap_longer_than_a_step_loses_nothing() {
        assert_eq!(taken(&[0, 40, 2_560, 2_600], &[]), [0, 2_560]);
    }
}
