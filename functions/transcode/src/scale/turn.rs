//! Rows become columns.

use wide::u8x16;

/// Samples on a side of the squares that are turned at once.
const SIDE: usize = 16;

/// Writes column `x` of the source as row `x` of `out`: `width` columns of `height` rows, whose starts lie
/// `stride` and `out_stride` apart. Rows of the source are read up to the next multiple of 16 samples, and up
/// to a multiple of 16 rows; what they hold there is not written.
#[inline(always)]
pub(super) fn turn(
    rows: &[u8],
    stride: usize,
    width: usize,
    height: usize,
    out: &mut [u8],
    out_stride: usize,
) {
    for y in (0..height).step_by(SIDE) {
        for x in (0..width).step_by(SIDE) {
            let square = turned(square(&rows[y * stride + x..], stride));
            let across = SIDE.min(height - y);
            for (column, samples) in square.iter().enumerate().take(width - x) {
                let out = &mut out[(x + column) * out_stride + y..];
                match (across, out.first_chunk_mut()) {
                    (SIDE, Some(out)) => *out = samples.to_array(),
                    _ => out[..across].copy_from_slice(&samples.to_array()[..across]),
                }
            }
        }
    }
}

#[inline(always)]
fn square(rows: &[u8], stride: usize) -> [u8x16; SIDE] {
    let mut square = [u8x16::ZERO; SIDE];
    for (y, row) in square.iter_mut().enumerate() {
        let mut samples = [0; SIDE];
        samples.copy_from_slice(&rows[y * stride..][..SIDE]);
        *row = u8x16::new(samples);
    }
    square
}

/// A square shuffled four times as one shuffles cards is turned.
#[inline(always)]
fn turned(mut square: [u8x16; SIDE]) -> [u8x16; SIDE] {
    for _ in 0..SIDE.trailing_zeros() {
        let before = square;
        for pair in 0..SIDE / 2 {
            let (upper, lower) = (before[pair], before[pair + SIDE / 2]);
            square[2 * pair] = u8x16::unpack_low(upper, lower);
            square[2 * pair + 1] = u8x16::unpack_high(upper, lower);
        }
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows_and_nothing_else_is_written() {
        let (width, height, stride) = (21, 18, 32);
        let rows: Vec<u8> = (0..stride * 32).map(|at| (at * 7 % 251) as u8).collect();
        let mut out = vec![255; 40 * 20];
        turn(&rows, stride, width, height, &mut out, 20);
        for (at, sample) in out.iter().enumerate() {
            let (x, y) = (at / 20, at % 20);
            let inside = x < width && y < height;
            let expected = if inside { rows[y * stride + x] } else { 255 };
            assert_eq!(*sample, expected, "column {x}, row {y}");
        }
    }
}
