//! One plane from one size to another.

use pulp::{Arch, NullaryFnOnce};

use super::{
    axis::Axis,
    blend::{LANES, blend},
    turn::turn,
};

/// Scales planes of 8-bit samples from one size to another, with memory for a stripe of them.
pub struct PlaneScaler {
    arch: Arch,
    width: usize,
    height: usize,
    down: Axis,
    across: Axis,
    /// A stripe of the output's rows, as wide as the source.
    stripe: Vec<u8>,
    /// The same as columns.
    columns: Vec<u8>,
    /// The output's columns.
    scaled: Vec<u8>,
}

impl PlaneScaler {
    /// From `(width, height)` to `(width, height)` in samples, all at least 1.
    #[must_use]
    pub fn new(from: (usize, usize), to: (usize, usize)) -> Self {
        let padded = |samples: usize| samples.next_multiple_of(LANES) * LANES;
        Self {
            arch: Arch::new(),
            width: from.0,
            height: from.1,
            down: Axis::new(from.1, to.1),
            across: Axis::new(from.0, to.0),
            stripe: vec![0; padded(from.0)],
            columns: vec![0; padded(from.0)],
            scaled: vec![0; padded(to.0)],
        }
    }

    /// Scales the rows of `source`, which begin `stride` samples apart, into those of `out`.
    ///
    /// # Panics
    /// Where either is shorter than its rows.
    pub fn scale(&mut self, source: &[u8], stride: usize, out: &mut [u8], out_stride: usize) {
        let arch = self.arch;
        arch.dispatch(self.job(source, stride, out, out_stride));
    }

    fn job<'a>(
        &'a mut self,
        source: &'a [u8],
        stride: usize,
        out: &'a mut [u8],
        out_stride: usize,
    ) -> Job<'a> {
        Job {
            source: &source[..(self.height - 1) * stride + self.width],
            stride,
            out,
            out_stride,
            width: self.width,
            down: &self.down,
            across: &self.across,
            stripe: &mut self.stripe,
            columns: &mut self.columns,
            scaled: &mut self.scaled,
        }
    }
}

/// One plane to be scaled: what runs with the widest registers that the machine has.
struct Job<'a> {
    source: &'a [u8],
    stride: usize,
    out: &'a mut [u8],
    out_stride: usize,
    width: usize,
    down: &'a Axis,
    across: &'a Axis,
    stripe: &'a mut [u8],
    columns: &'a mut [u8],
    scaled: &'a mut [u8],
}

impl NullaryFnOnce for Job<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let padded = self.width.next_multiple_of(LANES);
        let mut rows = self.down.samples();
        for top in (0..self.down.len()).step_by(LANES) {
            let height = LANES.min(self.down.len() - top);
            for (out, (start, weights)) in self.stripe.chunks_exact_mut(padded).zip(&mut rows) {
                let source = &self.source[start * self.stride..];
                blend(source, self.stride, self.width, weights, out);
            }
            turn(self.stripe, padded, padded, LANES, self.columns, LANES);
            let columns = self.scaled.chunks_exact_mut(LANES);
            for (out, (start, weights)) in columns.zip(self.across.samples()) {
                blend(&self.columns[start * LANES..], LANES, LANES, weights, out);
            }
            let out = &mut self.out[top * self.out_stride..];
            turn(
                self.scaled,
                LANES,
                height,
                self.across.len(),
                out,
                self.out_stride,
            );
        }
    }
}

#[cfg(test)]
mod tests;
