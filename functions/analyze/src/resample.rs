//! Planes of samples in another size.
//!
//! In floating point and with the samples where they lie: what a model finds moves by pixels where the
//! picture differs in a few levels, as it does after the system's converter, which counts in eight bits.

use std::ops::Range;

/// How to make so many samples of another number of them, along one direction.
pub(crate) struct Axis(Vec<Span>);

/// What one sample is made of.
struct Span {
    from: usize,
    weights: Vec<f32>,
}

/// Makes planes of one size of planes of another.
pub(crate) struct Resampler {
    pub(crate) columns: Axis,
    pub(crate) rows: Axis,
}

/// A plane of eight-bit samples.
#[derive(Clone, Copy)]
pub(crate) struct Plane<'a> {
    pub(crate) data: &'a [u8],
    /// Bytes from one row to the next.
    pub(crate) stride: usize,
}

/// Mitchell and Netravali's cubic (Reconstruction Filters in Computer Graphics, 1988) with B = 0 and
/// C = 0.6, which is what ffmpeg's scaler calls bicubic.
fn cubic(x: f64) -> f64 {
    const C: f64 = 0.6;
    let x = x.abs();
    if x < 1.0 {
        ((2.0 - C) * x + (C - 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        ((-C * x + 5.0 * C) * x - 8.0 * C) * x + 4.0 * C
    } else {
        0.0
    }
}

/// Samples to either side of the middle that count, in units of the wider grid.
const SUPPORT: f64 = 2.0;

impl Axis {
    /// `to` samples of a part of `from`, from 0 to 1; they lie `offset` samples further than in the middle of
    /// their share.
    pub(crate) fn new(from: u32, part: Range<f64>, to: u32, offset: f64) -> Self {
        let first = part.start * f64::from(from);
        let ratio = (part.end - part.start) * f64::from(from) / f64::from(to.max(1));
        let width = ratio.max(1.0);
        let spans = (0..to).map(|at| {
            let middle = first + (f64::from(at) + 0.5) * ratio + offset;
            Span::around(middle, width, from as usize)
        });
        Self(spans.collect())
    }
}

impl Span {
    /// Beyond the edge lies what lies at the edge.
    fn around(middle: f64, width: f64, samples: usize) -> Self {
        let last = samples.saturating_sub(1) as f64;
        let first = (middle - SUPPORT * width).floor();
        let end = (middle + SUPPORT * width).ceil();
        let from = first.clamp(0.0, last) as usize;
        let mut weights = vec![0.0; end.clamp(0.0, last) as usize - from + 1];
        let mut at = first;
        while at <= end {
            weights[at.clamp(0.0, last) as usize - from] += cubic((at + 0.5 - middle) / width);
            at += 1.0;
        }
        let sum: f64 = weights.iter().sum();
        Self {
            from,
            weights: weights.iter().map(|weight| (weight / sum) as f32).collect(),
        }
    }
}

impl Resampler {
    /// The plane in its new size, row by row. Rows that are not there are left out.
    pub(crate) fn resample(&self, plane: Plane<'_>, width: usize) -> Vec<f32> {
        let mut made = Vec::with_capacity(self.rows.0.len() * self.columns.0.len());
        let mut row = vec![0.0_f32; width];
        for span in &self.rows.0 {
            row.fill(0.0);
            let rows = plane.data.chunks(plane.stride).skip(span.from);
            for (samples, weight) in rows.zip(&span.weights) {
                for (sum, sample) in row.iter_mut().zip(samples) {
                    *sum += weight * f32::from(*sample);
                }
            }
            made.extend(self.columns.0.iter().map(|span| {
                let samples = row.iter().skip(span.from);
                let weighed = samples
                    .zip(&span.weights)
                    .map(|(sample, weight)| sample * weight);
                weighed.sum::<f32>()
            }));
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resample(data: &[u8], from: (u32, u32), to: (u32, u32), offset: f64) -> Vec<f32> {
        let resampler = Resampler {
            columns: Axis::new(from.0, 0.0..1.0, to.0, offset),
            rows: Axis::new(from.1, 0.0..1.0, to.1, 0.0),
        };
        let width = from.0 as usize;
        let plane = Plane {
            data,
            stride: width,
        };
        resampler.resample(plane, width)
    }

    #[test]
    fn the_same_size_is_the_same_plane() {
        let data: Vec<u8> = (0..48).map(|at| at * 5).collect();
        let made = resample(&data, (8, 6), (8, 6), 0.0);
        let expected = data.iter().map(|sample| f32::from(*sample));
        assert!(
            made.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3),
            "{made:?}"
        );
    }

    #[test]
    fn what_is_of_one_level_stays_so_at_any_size() {
        for to in [(1, 1), (3, 2), (7, 5), (64, 33)] {
            let made = resample(&[200; 35], (7, 5), to, 0.25);
            assert_eq!(made.len(), (to.0 * to.1) as usize);
            assert!(
                made.iter().all(|level| (level - 200.0).abs() < 1e-3),
                "{made:?}"
            );
        }
    }

    #[test]
    fn a_slope_keeps_its_place_and_moves_with_the_offset() {
        let slope: Vec<u8> = (0..100).map(|at| at * 2).collect();
        for (offset, moved) in [(0.0, 0.0), (0.25, 0.5)] {
            let made = resample(&slope, (100, 1), (50, 1), offset);
            // Away from the edges: the middle of samples 2n and 2n + 1, which is level 4n + 1.
            for (at, level) in made.iter().enumerate().skip(5).take(40) {
                let expected = 4.0 * at as f32 + 1.0 + moved;
                assert!(
                    (level - expected).abs() < 1e-2,
                    "{at}: {level} and not {expected}"
                );
            }
        }
    }

    #[test]
    fn a_part_is_what_the_whole_has_there() {
        let data: Vec<u8> = (0..240).map(|at| (at * 37 % 251) as u8).collect();
        let plane = Plane {
            data: &data,
            stride: 20,
        };
        let whole = resample(&data, (20, 12), (20, 12), 0.0);
        let part = Resampler {
            columns: Axis::new(20, 0.25..0.75, 10, 0.0),
            rows: Axis::new(12, 0.5..1.0, 6, 0.0),
        };
        let rows = whole.chunks(20).skip(6);
        let expected: Vec<f32> = rows.flat_map(|row| row[5..15].to_vec()).collect();
        let made = part.resample(plane, 20);
        assert_eq!(made.len(), expected.len());
        let mut pairs = made.iter().zip(&expected);
        assert!(pairs.all(|(a, b)| (a - b).abs() < 1e-3), "{made:?}");
    }

    #[test]
    fn a_plane_that_is_cut_short_is_no_panic() {
        assert_eq!(resample(&[9; 10], (4, 4), (2, 2), 0.0).len(), 4);
        assert_eq!(resample(&[], (4, 4), (2, 2), 0.0), [0.0; 4]);
    }
}
