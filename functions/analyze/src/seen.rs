//! What is seen on one picture.

use reeldrop_events::{Area, Embedding};
use serde::{Deserialize, Serialize};

use crate::{encode::Weighed, look::Look};

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
    /// How strong the finest details in its box are: see [`Look::sharpness`].
    pub(crate) sharpness: f64,
    /// A still of it (JPEG, base64), where the part has no better picture of the same thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) still: Option<String>,
}

/// A box with as strong details as these is sharp; one without any shows its thing half as well.
const SHARP: f64 = 100.0;

impl Seen {
    /// How well the picture shows its thing, to be compared with others of the same one: sure above all,
    /// then large and sharp.
    pub(crate) fn worth(&self) -> f64 {
        let size = (self.area.width * self.area.height).sqrt();
        let sharp = self.sharpness / (self.sharpness + SHARP);
        self.score * size.sqrt() * (1.0 + sharp) / 2.0
    }
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
    /// What it shows, where it stands for its scene.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shows: Option<Shows>,
}

/// What a picture shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shows {
    /// Position of the model in the plan.
    pub(crate) model: usize,
    /// The space of its embedding.
    pub(crate) space: String,
    pub(crate) embedding: Embedding,
    /// Words that fit it, the best first.
    pub(crate) labels: Vec<Weighed>,
}

/// What was seen in a part, so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Looked {
    pub(crate) pictures: Vec<Picture>,
    /// Whether that is all of it.
    pub(crate) whole: bool,
    /// Pictures that were left out, so as not to fall behind.
    pub(crate) dropped: u32,
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
    fn a_picture_is_worth_more_where_it_is_surer_larger_and_sharper() {
        let seen = |score, width, sharpness| Seen {
            model: 0,
            label: "dog".to_owned(),
            score,
            area: Area {
                width,
                height: 0.4,
                ..Area::default()
            },
            sharpness,
            still: None,
        };
        let worth = seen(0.6, 0.2, 50.0).worth();
        assert!(seen(0.8, 0.2, 50.0).worth() > worth);
        assert!(seen(0.6, 0.4, 50.0).worth() > worth);
        assert!(seen(0.6, 0.2, 400.0).worth() > worth);
        assert!(seen(0.9, 0.02, 0.0).worth() < worth, "a sure smudge");
    }

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
