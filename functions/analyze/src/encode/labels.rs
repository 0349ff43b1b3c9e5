//! Which words fit a picture (zero-shot, as CLIP's authors do it).

use reeldrop_events::Embedding;
use serde::{Deserialize, Serialize};

use crate::seen::rounded;

/// Words for what a picture may show, and what they mean.
pub(crate) struct Labels {
    known: Vec<(String, Embedding)>,
    scale: f64,
    least: f64,
}

/// A label that fits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Weighed {
    pub(crate) label: String,
    /// Its part of the weight of all labels, 0 to 1.
    pub(crate) score: f64,
}

impl Labels {
    pub(crate) fn new(known: Vec<(String, Embedding)>, scale: f64, least: f64) -> Self {
        Self {
            known,
            scale,
            least,
        }
    }

    /// The labels that fit a picture well enough, the best first.
    pub(crate) fn of(&self, picture: &Embedding) -> Vec<Weighed> {
        let known = self.known.iter();
        let cosines = known.map(|(_, label)| label.cosine(picture).unwrap_or(0.0));
        let cosines: Vec<f64> = cosines.collect();
        // The greatest is taken from all, or their powers would be too large to add.
        let greatest = cosines.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights = cosines.iter().map(|c| (self.scale * (c - greatest)).exp());
        let weights: Vec<f64> = weights.collect();
        let sum: f64 = weights.iter().sum();
        let fitting = self.known.iter().zip(&weights);
        let mut fitting: Vec<Weighed> = fitting
            .map(|((label, _), weight)| (label, weight / sum))
            .filter(|(_, score)| *score >= self.least)
            .map(|(label, score)| Weighed {
                label: label.clone(),
                score: rounded(score),
            })
            .collect();
        fitting.sort_by(|a, b| b.score.total_cmp(&a.score));
        fitting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(least: f64) -> Labels {
        let known = [("red", [1.0, 0.0]), ("blue", [0.0, 1.0])];
        let known = known.map(|(label, of)| (label.to_owned(), Embedding::of(&of).unwrap()));
        Labels::new(known.to_vec(), 10.0, least)
    }

    #[test]
    fn the_label_that_is_nearest_weighs_most_and_all_weigh_one() {
        let picture = Embedding::of(&[1.0, 0.5]).unwrap();
        let all = labels(0.0).of(&picture);
        let names: Vec<_> = all.iter().map(|weighed| weighed.label.as_str()).collect();
        assert_eq!(names, ["red", "blue"]);
        let sum: f64 = all.iter().map(|weighed| weighed.score).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{all:?}");
        assert_eq!(labels(0.5).of(&picture).len(), 1);
    }

    #[test]
    fn what_is_between_all_is_none_and_no_labels_fit_nothing() {
        let picture = Embedding::of(&[1.0, 1.0]).unwrap();
        assert_eq!(labels(0.6).of(&picture), []);
        assert_eq!(Labels::new(Vec::new(), 100.0, 0.0).of(&picture), []);
    }
}
