//! The frame rate, from the times of the frames themselves.

use reeldrop_events::Ratio;

/// Rates that cameras and editors use, frames per second.
const USUAL: &[(u32, u32)] = &[
    (24_000, 1_001),
    (24, 1),
    (25, 1),
    (30_000, 1_001),
    (30, 1),
    (48, 1),
    (50, 1),
    (60_000, 1_001),
    (60, 1),
    (5, 1),
    (6, 1),
    (8, 1),
    (10, 1),
    (12, 1),
    (25, 2),
    (15_000, 1_001),
    (15, 1),
    (20, 1),
    (90, 1),
    (100, 1),
    (120_000, 1_001),
    (120, 1),
    (240, 1),
];

/// Frames may be off a constant rate's grid by this part of a frame: cameras' clocks are that
/// uneven, the eye sees none of it, and the time line snaps up to a quarter.
const UNEVEN: i64 = 8;

/// How often frames come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    /// Frames per second: exact where constant, the average where variable.
    pub(crate) rate: Ratio,
    /// Whether frames fit no constant rate.
    pub(crate) variable: bool,
}

/// Finds the rate of frames at `times_ns`, ascending, which the container rounds to `resolution_ns`.
///
/// `hints` are rates that the file claims, tried before the usual ones; `last_ns` is the duration
/// of the last frame, where known.
pub(crate) fn measure(
    times_ns: &[i64],
    resolution_ns: i64,
    hints: &[Ratio],
    last_ns: Option<i64>,
) -> Timing {
    let (Some(first), Some(last)) = (times_ns.first(), times_ns.last()) else {
        return constant(
            hints
                .iter()
                .copied()
                .find(plausible)
                .unwrap_or(Ratio { num: 25, den: 1 }),
        );
    };
    let gaps = times_ns.len() as i64 - 1;
    let span = last - first;
    if gaps == 0 || span <= 0 {
        let from_duration = last_ns
            .filter(|ns| *ns > 0)
            .map(|ns| approximate(1_000_000_000, ns as u128));
        let rate = hints.iter().copied().find(plausible).or(from_duration);
        return constant(rate.filter(plausible).unwrap_or(Ratio { num: 25, den: 1 }));
    }
    let average = approximate(gaps as u128 * 1_000_000_000, span as u128);
    let mut candidates: Vec<Ratio> = hints.iter().copied().filter(plausible).collect();
    candidates.extend(USUAL.iter().map(|(num, den)| Ratio {
        num: *num,
        den: *den,
    }));
    candidates.retain(|rate| near(*rate, average));
    let exact = candidates
        .iter()
        .find(|rate| largest_error(times_ns, **rate) <= resolution_ns + 1_000);
    if let Some(rate) = exact {
        return constant(*rate);
    }
    // A rate that is in use, before one made up to fit.
    let usual = candidates
        .into_iter()
        .map(|rate| (largest_error(times_ns, rate), rate));
    let best = usual.min_by_key(|(error, _)| *error);
    let fits = |(error, rate): &(i64, Ratio)| *error <= frame_ns(*rate) / UNEVEN;
    let made_up = (largest_error(times_ns, average), average);
    match best.filter(fits).or(Some(made_up).filter(fits)) {
        Some((_, rate)) => constant(rate),
        None => Timing {
            rate: average,
            variable: true,
        },
    }
}

fn constant(rate: Ratio) -> Timing {
    Timing {
        rate,
        variable: false,
    }
}

/// Between one frame in five minutes and a thousand a second.
fn plausible(rate: &Ratio) -> bool {
    rate.num > 0
        && rate.den > 0
        && u64::from(rate.num) <= 1_000 * u64::from(rate.den)
        && u64::from(rate.num) * 300 >= u64::from(rate.den)
}

fn frame_ns(rate: Ratio) -> i64 {
    (1_000_000_000 * i128::from(rate.den) / i128::from(rate.num)) as i64
}

/// Whether two rates are within two per cent: further apart, no frame grid fits both.
fn near(a: Ratio, b: Ratio) -> bool {
    let (a, b) = (
        u128::from(a.num) * u128::from(b.den),
        u128::from(b.num) * u128::from(a.den),
    );
    a.abs_diff(b) * 50 <= b
}

/// The largest distance of any frame from its place at a constant rate, nanoseconds.
fn largest_error(times_ns: &[i64], rate: Ratio) -> i64 {
    let first = times_ns.first().copied().unwrap_or(0);
    let (num, den) = (i128::from(rate.num), i128::from(rate.den));
    let place = |index: usize| (index as i128 * den * 1_000_000_000 / num) as i64;
    let errors = times_ns
        .iter()
        .enumerate()
        .map(|(index, time)| (time - first - place(index)).abs());
    errors.max().unwrap_or(0)
}

/// The fraction nearest to `num / den` whose numerator stays below a hundred million, by continued
/// fractions: timescales stay within 32 bits.
pub(crate) fn approximate(num: u128, den: u128) -> Ratio {
    const LARGEST: u128 = 100_000_000;
    let (mut n, mut d) = (num, den.max(1));
    let (mut before, mut now) = ((0_u128, 1_u128), (1_u128, 0_u128));
    while d > 0 {
        let whole = n / d;
        let next = (whole * now.0 + before.0, whole * now.1 + before.1);
        if next.0 > LARGEST || next.1 > LARGEST {
            break;
        }
        (before, now) = (now, next);
        (n, d) = (d, n % d);
    }
    Ratio {
        num: (now.0 as u32).max(1),
        den: (now.1 as u32).max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rate: (i64, i64), frames: i64, round_to: i64) -> Vec<i64> {
        (0..frames)
            .map(|n| (n * rate.1 * 1_000_000_000 / rate.0 + round_to / 2) / round_to * round_to)
            .collect()
    }

    fn ratio(num: u32, den: u32) -> Ratio {
        Ratio { num, den }
    }

    #[test]
    fn rates_are_found_through_milliseconds() {
        for (num, den) in [
            (24_000, 1_001),
            (24, 1),
            (25, 1),
            (30_000, 1_001),
            (30, 1),
            (60_000, 1_001),
            (60, 1),
        ] {
            let times = at((i64::from(num), i64::from(den)), 300, 1_000_000);
            let expected = Timing {
                rate: ratio(num, den),
                variable: false,
            };
            assert_eq!(measure(&times, 1_000_000, &[], None), expected);
        }
    }

    #[test]
    fn an_unusual_rate_that_the_file_claims_is_exact() {
        let times = at((23_040_000, 767_849), 512, 1);
        let hint = ratio(23_040_000, 767_849);
        assert_eq!(
            measure(&times, 50, &[hint], None),
            Timing {
                rate: hint,
                variable: false
            }
        );
    }

    #[test]
    fn a_camera_with_an_uneven_clock_is_constant() {
        let times: Vec<i64> = (0..600)
            .map(|n| n * 16_666_667 + if n % 3 == 1 { 600_000 } else { 0 })
            .collect();
        assert_eq!(
            measure(&times, 11_111, &[], None),
            Timing {
                rate: ratio(60, 1),
                variable: false
            }
        );
    }

    #[test]
    fn a_missing_frame_makes_it_variable() {
        let mut times = at((30, 1), 100, 1_000_000);
        times.remove(50);
        assert!(measure(&times, 1_000_000, &[ratio(30, 1)], None).variable);
    }

    #[test]
    fn slow_motion_is_variable_and_keeps_its_average() {
        let times = [0, 325_000_000, 358_000_000, 391_000_000];
        let timing = measure(&times, 11_111, &[], None);
        assert!(timing.variable);
        assert_eq!(
            f64::from(timing.rate.num) / f64::from(timing.rate.den),
            3.0 / 0.391
        );
    }

    #[test]
    fn one_frame_lasts_as_long_as_it_says() {
        assert_eq!(measure(&[0], 1, &[], Some(500_000_000)).rate, ratio(2, 1));
        assert_eq!(measure(&[], 1, &[ratio(0, 1)], None).rate, ratio(25, 1));
    }

    #[test]
    fn nonsense_claims_are_not_followed() {
        let times = at((30, 1), 90, 1_000_000);
        assert_eq!(
            measure(&times, 1_000_000, &[ratio(600, 1), ratio(0, 1)], None).rate,
            ratio(30, 1)
        );
    }
}
