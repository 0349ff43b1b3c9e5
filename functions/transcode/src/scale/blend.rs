//! Rows blended into one, by weights.

use super::axis::ONE;

/// Samples that are made at once: as many as fill two 256-bit registers with 16-bit sums.
pub(super) const LANES: usize = 32;

/// Bits of the sums behind the point: a sample's 8 bits are shifted by 8, and a product by 16.
const POINT: u32 = 8 + ONE.trailing_zeros() - 16;

type Samples = [u8; LANES];

static NOTHING: Samples = [0; LANES];

/// Blends the first `width` samples of `weights.len()` rows that lie `stride` apart. `out` is written up to
/// the next multiple of [`LANES`], as far as it reaches.
#[inline(always)]
pub(super) fn blend(rows: &[u8], stride: usize, width: usize, weights: &[i16], out: &mut [u8]) {
    // The compiler keeps sums in registers only where it knows how many rows there are: these are all
    // that the ladder's own steps need, and those of most sources.
    match weights.len() {
        4 => of::<4>(rows, stride, width, weights, out),
        5 => of::<5>(rows, stride, width, weights, out),
        6 => of::<6>(rows, stride, width, weights, out),
        7 => of::<7>(rows, stride, width, weights, out),
        8 => of::<8>(rows, stride, width, weights, out),
        9 => of::<9>(rows, stride, width, weights, out),
        10 => of::<10>(rows, stride, width, weights, out),
        _ => any(rows, stride, width, weights, out),
    }
}

#[inline(always)]
fn of<const TAPS: usize>(
    rows: &[u8],
    stride: usize,
    width: usize,
    weights: &[i16],
    out: &mut [u8],
) {
    let mut weight = [0; TAPS];
    weight.copy_from_slice(weights);
    // Loops instead of `array::from_fn`, whose closures the compiler leaves out of line here.
    let mut lines = [&rows[..0]; TAPS];
    for (tap, line) in lines.iter_mut().enumerate() {
        *line = &rows[tap * stride..][..width];
    }
    let whole = width - width % LANES;
    for (at, out) in (0..whole).step_by(LANES).zip(out.chunks_exact_mut(LANES)) {
        let mut sums = start(TAPS);
        for tap in 0..TAPS {
            let mut samples = NOTHING;
            samples.copy_from_slice(&lines[tap][at..at + LANES]);
            add(&mut sums, &samples, weight[tap]);
        }
        finish(&sums, out);
    }
    if whole < width {
        any(
            &rows[whole..],
            stride,
            width - whole,
            weights,
            &mut out[whole..],
        );
    }
}

/// Any number of rows.
fn any(rows: &[u8], stride: usize, width: usize, weights: &[i16], out: &mut [u8]) {
    for (at, out) in (0..width).step_by(LANES).zip(out.chunks_mut(LANES)) {
        let mut sums = start(weights.len());
        for (tap, weight) in weights.iter().enumerate() {
            let line = &rows[tap * stride..][at..width];
            match line.first_chunk() {
                Some(samples) => add(&mut sums, samples, *weight),
                None => add(&mut sums, &padded(line), *weight),
            }
        }
        finish(&sums, out);
    }
}

#[inline(always)]
fn padded(samples: &[u8]) -> Samples {
    let mut all = NOTHING;
    all[..samples.len()].copy_from_slice(samples);
    all
}

/// One half, and what cutting off each product's low bits takes on average.
#[inline(always)]
fn start(taps: usize) -> [i16; LANES] {
    [(1 << (POINT - 1)) + taps as i16 / 2; LANES]
}

/// Adds a row to the sums. Samples count from their middle, so that 16 bits hold them signed; the weights
/// of a cubic add up to less than 1.5 where all are taken as positive, and the sums to less than 2^15.
#[inline(always)]
fn add(sums: &mut [i16; LANES], samples: &Samples, weight: i16) {
    let mut next = [0; LANES];
    for lane in 0..LANES {
        let sample = i16::from((samples[lane] ^ 0x80).cast_signed()) << 8;
        let product = (i32::from(sample) * i32::from(weight)) >> 16;
        next[lane] = sums[lane].wrapping_add(product as i16);
    }
    *sums = next;
}

#[inline(always)]
fn finish(sums: &[i16; LANES], out: &mut [u8]) {
    let mut samples = NOTHING;
    for lane in 0..LANES {
        let sample = (sums[lane] >> POINT).clamp(i16::from(i8::MIN), i16::from(i8::MAX)) as i8;
        samples[lane] = sample.cast_unsigned() ^ 0x80;
    }
    match out.first_chunk_mut() {
        Some(out) => *out = samples,
        None => out.copy_from_slice(&samples[..out.len()]),
    }
}
