//! From a model's outputs to boxes: one file for each kind of output.

mod nanodet;
mod ultraface;
mod yolox;

use reeldrop_models::{Detector, Head};

/// More things than these on one picture nobody asks for; it bounds what a model may claim.
const MOST: usize = 20;

/// Boxes that are compared with each other, at most.
const MOST_CANDIDATES: usize = 1_000;

/// One output for one picture of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output<'a> {
    /// Boxes that are told of.
    pub(crate) anchors: usize,
    /// Numbers for each of them.
    pub(crate) numbers: usize,
    /// The numbers, box by box.
    pub(crate) data: &'a [f32],
}

impl<'a> Output<'a> {
    fn rows(&self) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        self.data.chunks_exact(self.numbers.max(1))
    }
}

/// A box in the input, pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    /// Position among the labels.
    pub(crate) label: usize,
    /// How sure the model is, 0 to 1.
    pub(crate) score: f32,
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

/// What the outputs for one picture say, the surest first; in words where they do not fit.
pub(crate) fn found(detector: &Detector, outputs: &[Output<'_>]) -> Result<Vec<Found>, String> {
    let candidates = match detector.head {
        Head::Yolox => yolox::read(detector, outputs)?,
        Head::NanoDet => nanodet::read(detector, outputs)?,
        Head::UltraFace => ultraface::read(detector, outputs)?,
    };
    Ok(best(candidates, detector.overlap))
}

/// Label and score of the best of some scores.
fn surest(scores: &[f32]) -> Option<(usize, f32)> {
    let scores = scores.iter().copied().enumerate();
    scores
        .filter(|(_, score)| score.is_finite())
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Of boxes of one label that cover the same, the surest alone.
fn best(mut candidates: Vec<Found>, most_overlap: f32) -> Vec<Found> {
    candidates.retain(|found| {
        [found.left, found.top, found.right, found.bottom]
            .iter()
            .all(|edge| edge.is_finite())
    });
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates.truncate(MOST_CANDIDATES);
    let mut kept: Vec<Found> = Vec::new();
    for found in candidates {
        let covered = kept
            .iter()
            .any(|better| better.label == found.label && overlap(better, &found) > most_overlap);
        if !covered {
            kept.push(found);
        }
        if kept.len() == MOST {
            break;
        }
    }
    kept
}

fn overlap(a: &Found, b: &Found) -> f32 {
    let shared = (a.right.min(b.right) - a.left.max(b.left)).max(0.0)
        * (a.bottom.min(b.bottom) - a.top.max(b.top)).max(0.0);
    let size = |found: &Found| (found.right - found.left) * (found.bottom - found.top);
    let covered = size(a) + size(b) - shared;
    if covered > 0.0 { shared / covered } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(label: usize, score: f32, left: f32) -> Found {
        Found {
            label,
            score,
            left,
            top: 0.0,
            right: left + 10.0,
            bottom: 10.0,
        }
    }

    #[test]
    fn the_surest_box_of_a_label_stays_and_other_labels_do_not_matter() {
        let boxes = vec![
            found(0, 0.5, 1.0),
            found(0, 0.9, 0.0),
            found(1, 0.4, 0.0),
            found(0, 0.6, 30.0),
            found(0, 0.7, f32::NAN),
        ];
        let kept: Vec<_> = best(boxes, 0.45)
            .iter()
            .map(|f| (f.label, f.score))
            .collect();
        assert_eq!(kept, [(0, 0.9), (0, 0.6), (1, 0.4)]);
    }

    #[test]
    fn what_a_model_claims_is_bounded() {
        let boxes = (0..5_000)
            .map(|n| found(n, 0.5, n as f32 * 100.0))
            .collect();
        assert_eq!(best(boxes, 0.5).len(), MOST);
    }
}
