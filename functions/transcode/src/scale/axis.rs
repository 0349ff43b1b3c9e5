//! Which samples of the source make one of the output, and how much each of them counts.

/// What the weights of one output sample add up to: one of them, at an edge, may be more.
pub(super) const ONE: i32 = 1 << 14;

/// The parameter `a` of cubic convolution (Keys, "Cubic Convolution Interpolation for Digital Image
/// Processing", 1981): between -0.5 and -1, the lower the sharper. This is what ffmpeg calls `bicubic`.
const SHARPNESS: f64 = -0.6;

/// Samples on either side that cubic convolution reaches where nothing shrinks.
const REACH: f64 = 2.0;

/// One direction of a plane.
pub(super) struct Axis {
    /// Source samples for each output sample.
    taps: usize,
    /// The first of them.
    starts: Vec<usize>,
    /// `taps` for each output sample, in fractions of [`ONE`].
    weights: Vec<i16>,
}

impl Axis {
    /// `from` samples to `to`, both at least 1.
    pub(super) fn new(from: usize, to: usize) -> Self {
        let ratio = from as f64 / to as f64;
        let widened = ratio.max(1.0);
        let reach = REACH * widened;
        let touched = (2.0 * reach).ceil() as usize;
        let taps = touched.min(from);
        let mut axis = Self {
            taps,
            starts: Vec::with_capacity(to),
            weights: Vec::with_capacity(to * taps),
        };
        let mut weights = vec![0.0; taps];
        for sample in 0..to {
            let center = (sample as f64 + 0.5) * ratio - 0.5;
            let first = (center - reach).floor() as i64 + 1;
            let start = first.clamp(0, (from - taps) as i64);
            weights.fill(0.0);
            for at in first..first + touched as i64 {
                // Beyond the edge lies what lies at the edge.
                let inside = at.clamp(0, from as i64 - 1);
                weights[(inside - start) as usize] += cubic((at as f64 - center) / widened);
            }
            axis.starts.push(start as usize);
            axis.weights.extend(whole(&weights));
        }
        axis
    }

    /// The first source sample and the weights, for each output sample.
    pub(super) fn samples(&self) -> impl Iterator<Item = (usize, &[i16])> {
        let weights = self.weights.chunks_exact(self.taps);
        self.starts.iter().copied().zip(weights)
    }

    /// Samples of the output.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }
}

fn cubic(distance: f64) -> f64 {
    let (a, x) = (SHARPNESS, distance.abs());
    if x < 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < REACH {
        a * (((x - 5.0) * x + 8.0) * x - 4.0)
    } else {
        0.0
    }
}

/// The weights as whole numbers; what rounding takes goes to the largest.
fn whole(weights: &[f64]) -> Vec<i16> {
    let sum: f64 = weights.iter().sum();
    let mut whole: Vec<i32> = weights
        .iter()
        .map(|weight| (weight / sum * f64::from(ONE)).round() as i32)
        .collect();
    let rest = ONE - whole.iter().sum::<i32>();
    if let Some(largest) = whole.iter_mut().max() {
        *largest += rest;
    }
    whole.into_iter().map(|weight| weight as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(from: usize, to: usize) -> Vec<i32> {
        let axis = Axis::new(from, to);
        let sum = |(_, weights): (usize, &[i16])| weights.iter().map(|w| i32::from(*w)).sum();
        axis.samples().map(sum).collect()
    }

    #[test]
    fn weights_are_a_whole() {
        for (from, to) in [(1920, 1280), (640, 426), (213, 320), (7, 3), (2, 9)] {
            let sums = sums(from, to);
            assert_eq!(sums.len(), to);
            assert!(
                sums.iter().all(|sum| *sum == ONE),
                "{from} to {to}: {sums:?}"
            );
        }
    }

    #[test]
    fn every_sample_read_lies_in_the_source() {
        for (from, to) in [(1, 1), (1, 5), (3, 2), (16, 1), (1080, 720), (480, 1024)] {
            let axis = Axis::new(from, to);
            assert!(
                axis.samples()
                    .all(|(start, weights)| start + weights.len() <= from)
            );
        }
    }

    #[test]
    fn halves_are_symmetric() {
        let axis = Axis::new(64, 32);
        let (start, weights) = axis.samples().nth(10).unwrap();
        assert_eq!((start, weights.len()), (17, 8));
        let mut turned = weights.to_vec();
        turned.reverse();
        let differ = |(a, b): (&i16, &i16)| (a - b).abs();
        assert!(
            weights.iter().zip(&turned).map(differ).all(|by| by <= 1),
            "{weights:?}"
        );
    }
}
