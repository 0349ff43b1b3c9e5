//! Which frames are looked at: the first in each step of time, the same however a title is cut.

use reeldrop_events::{AnalysisPlan, FrameRate};

const NS_PER_S: u64 = 1_000_000_000;

/// Steps of the title's time, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    step_ns: i64,
    frame_ns: i64,
    /// Whether frames come at a fixed rate.
    constant: bool,
}

impl Grid {
    pub(crate) fn of(plan: &AnalysisPlan) -> Self {
        let (rate, constant) = match plan.timeline.frame_rate {
            FrameRate::Constant(rate) => (rate, true),
            FrameRate::Variable(rate) => (rate, false),
        };
        let ns = |num: u32, den: u32| (u64::from(den) * NS_PER_S / u64::from(num.max(1))) as i64;
        Self {
            step_ns: ns(plan.rate.num, plan.rate.den).max(1),
            frame_ns: ns(rate.num, rate.den),
            constant,
        }
    }

    fn step(&self, ns: i64) -> i64 {
        ns.div_euclid(self.step_ns)
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
    last_step: Option<i64>,
    last_key_step: Option<i64>,
}

impl Taking {
    pub(crate) fn new(grid: Grid) -> Self {
        Self {
            grid,
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
            None => self.grid.begins_step(ns),
        };
        self.last_step = Some(self.last_step.map_or(step, |last| last.max(step)));
        if first {
            return true;
        }
        let late = ns.rem_euclid(self.grid.step_ns) * 2 >= self.grid.step_ns;
        let takes = key && late && self.last_key_step.is_none_or(|last| step > last);
        if takes {
            self.last_key_step = Some(step);
        }
        takes
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
        let mut taking = Taking::new(grid(true));
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
    fn a_gap_longer_than_a_step_loses_nothing() {
        assert_eq!(taken(&[0, 40, 2_560, 2_600], &[]), [0, 2_560]);
    }
}
