//! What looking costs, and what it may cost.

use std::{fmt, str::FromStr};

/// One unit of OBJECT_LOCALIZATION: 2.25 USD per 1,000. Cloud Vision pricing page, 2026-11: the price up to
/// 5 million units a month, after the free tier.
const OBJECTS: Usd = Usd(2_250);

/// One unit of FACE_DETECTION: 1.50 USD per 1,000. The same page.
const FACES: Usd = Usd(1_500);

/// More than anyone means to spend here, US dollars.
const MOST_USD: f64 = 1e6;

/// An amount of money, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Usd(u64);

impl Usd {
    pub(super) const NOTHING: Self = Self(0);

    /// In dollars, for JSON.
    pub(super) fn dollars(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// What looking at that many frames costs, where the month's free units (1,000 of each feature) are used
/// up: each feature of each frame is a unit.
pub(super) fn estimate(frames: usize, faces: bool) -> Usd {
    let of_frame = OBJECTS.0 + if faces { FACES.0 } else { 0 };
    Usd(of_frame.saturating_mul(frames as u64))
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.5} USD", self.dollars())
    }
}

impl FromStr for Usd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let dollars = text.parse::<f64>().ok();
        let dollars = dollars.filter(|dollars| (0.0..=MOST_USD).contains(dollars));
        let dollars = dollars.ok_or_else(|| format!("{text} is no amount such as 0.50"))?;
        Ok(Self((dollars * 1e6).round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feature_of_each_frame_costs() {
        assert_eq!(estimate(8, false), "0.018".parse().unwrap());
        assert_eq!(estimate(8, true), "0.03".parse().unwrap());
        assert_eq!(estimate(1_000, true).to_string(), "3.75000 USD");
        assert_eq!(estimate(0, true), Usd::NOTHING);
    }

    #[test]
    fn a_budget_is_held_to_the_unit() {
        let budget: Usd = "0.50".parse().unwrap();
        assert!(estimate(222, false) <= budget);
        assert!(estimate(223, false) > budget);
    }

    #[test]
    fn what_is_no_amount_is_no_budget() {
        for text in ["", "much", "-1", "NaN", "inf", "1e30", "0,50"] {
            assert!(text.parse::<Usd>().is_err(), "{text}");
        }
        assert_eq!("0".parse(), Ok(Usd::NOTHING));
    }
}
