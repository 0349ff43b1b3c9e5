//! What is seen on one picture.

use reeldrop_events::Area;
use serde::{Deserialize, Serialize};

use crate::look::Look;

/// One thing on a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Position of the model in the plan.
    pub(crate) model: usize,
    /// What it is.
    pub(crate) label: String,
    /// How sure the model is, 0 to 1.
    pub(crate) score: f64,
    /// Where it is.
    pub(crate) area: Area,
}

/// One picture that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Picture {
    /// When it is shown, milliseconds of the title.
    pub(crate) time_ms: u64,
    /// What is on it, the surest first.
    pub(crate) seen: Vec<Seen>,
    /// What it looks like as a whole.
    pub(crate) look: Look,
}

/// Four digits are a tenth of a pixel of a small picture, and read well.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

/// What two areas share of what they cover together, 0 to 1.
pub(crate) fn overlap(a: &Area, b: &Area) -> f64 {
    let side = |a0: f64, a1: f64, b0: f64, b1: f64| (a1.min(b1) - a0.max(b0)).max(0.0);
    let shared = side(a.x, a.x + a.width, b.x, b.x + b.width)
        * side(a.y, a.y + a.height, b.y, b.y + b.height);
    let covered = a.width * a.height + b.width * b.height - shared;
    if covered > 0.0 { shared / covered } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_overlap_by_what_they_share() {
        let area = |x, y, width, height| Area {
            x,
            y,
            width,
            height,
        };
        let a = area(0.0, 0.0, 0.5, 0.5);
        assert_eq!(overlap(&a, &a), 1.0);
        assert_eq!(overlap(&a, &area(0.5, 0.0, 0.5, 0.5)), 0.0);
        let third = overlap(&a, &area(0.25, 0.0, 0.5, 0.5));
        assert!((third - 1.0 / 3.0).abs() < 1e-9);
        let nothing = Area::default();
        assert_eq!(overlap(&nothing, &nothing), 0.0);
    }
}
