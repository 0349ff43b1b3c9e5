//! The way from an HDR picture to an SDR one as a table over its code values.

use reeldrop_events::Transfer;

use super::tone_curve::to_sdr;

/// Nodes along each axis.
const NODES: usize = 33;

/// 10-bit code values between two nodes.
const STEP: f32 = 1023.0 / (NODES - 1) as f32;

/// From 10-bit Y′CbCr of BT.2020 to 8-bit limited-range Y′CbCr of BT.709.
pub(super) struct ToneTable {
    luma: Vec<f32>,
    chroma: Vec<[f32; 2]>,
}

/// One corner of a tetrahedron: which node, and how much of it.
type Corners = [(usize, f32); 4];

impl ToneTable {
    pub(super) fn new(transfer: Transfer, full_range: bool) -> Self {
        let (mut luma, mut chroma) = (Vec::new(), Vec::new());
        for node in 0..NODES * NODES * NODES {
            let axis = |n: usize| f64::from((n % NODES) as u32) * f64::from(STEP);
            let code = [axis(node / NODES / NODES), axis(node / NODES), axis(node)];
            let [y, cb, cr] = to_bt709(to_sdr(from_bt2020(code, full_range), transfer));
            luma.push(y);
            chroma.push([cb, cr]);
        }
        Self { luma, chroma }
    }

    pub(super) fn luma(&self, code: [u16; 3]) -> u8 {
        let corners = corners(code.map(f32::from));
        round(
            corners
                .iter()
                .map(|(node, share)| self.luma[*node] * share)
                .sum(),
        )
    }

    pub(super) fn chroma(&self, code: [f32; 3]) -> [u8; 2] {
        let corners = corners(code);
        [0, 1].map(|n| {
            round(
                corners
                    .iter()
                    .map(|(node, share)| self.chroma[*node][n] * share)
                    .sum(),
            )
        })
    }
}

fn round(value: f32) -> u8 {
    // `as` saturates.
    (value + 0.5) as u8
}

/// The tetrahedron of the cube that holds `code`: greys lie on its edge, so that they stay grey.
fn corners(code: [f32; 3]) -> Corners {
    const STRIDES: [usize; 3] = [NODES * NODES, NODES, 1];
    let mut base = 0;
    let mut axes = [(0.0_f32, 0_usize); 3];
    for ((value, stride), axis) in code.into_iter().zip(STRIDES).zip(&mut axes) {
        let place = (value.clamp(0.0, 1023.0) / STEP).min((NODES - 1) as f32 - 1e-3);
        base += place as usize * stride;
        *axis = (place.fract(), stride);
    }
    sort(&mut axes);
    let [(f0, s0), (f1, s1), (f2, s2)] = axes;
    [
        (base, 1.0 - f0),
        (base + s0, f0 - f1),
        (base + s0 + s1, f1 - f2),
        (base + s0 + s1 + s2, f2),
    ]
}

/// Largest first; three comparisons instead of a sort, for each pixel.
fn sort(axes: &mut [(f32, usize); 3]) {
    for (a, b) in [(0, 1), (1, 2), (0, 1)] {
        if axes[a].0 < axes[b].0 {
            axes.swap(a, b);
        }
    }
}

// ITU-R BT.2100, tables 6 and 9: non-constant luminance, 10 bits.
fn from_bt2020([y, cb, cr]: [f64; 3], full_range: bool) -> [f64; 3] {
    let (y, cb, cr) = match full_range {
        true => (y / 1023.0, (cb - 512.0) / 1023.0, (cr - 512.0) / 1023.0),
        false => (
            (y - 64.0) / 876.0,
            (cb - 512.0) / 896.0,
            (cr - 512.0) / 896.0,
        ),
    };
    let r = y + 1.4746 * cr;
    let b = y + 1.8814 * cb;
    let g = (y - 0.2627 * r - 0.0593 * b) / 0.6780;
    [r, g, b].map(|signal| signal.clamp(0.0, 1.0))
}

// ITU-R BT.709, 3 and 4: 8 bits.
fn to_bt709([r, g, b]: [f64; 3]) -> [f32; 3] {
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (cb, cr) = ((b - y) / 1.8556, (r - y) / 1.5748);
    [
        (16.0 + 219.0 * y) as f32,
        (128.0 + 224.0 * cb) as f32,
        (128.0 + 224.0 * cr) as f32,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(code: [u16; 3], transfer: Transfer) -> [f32; 3] {
        to_bt709(to_sdr(from_bt2020(code.map(f64::from), false), transfer))
    }

    #[test]
    fn greys_stay_grey_and_close_to_the_formula() {
        for transfer in [Transfer::Pq, Transfer::Hlg] {
            let table = ToneTable::new(transfer, false);
            for y in (64..940).step_by(7) {
                let luma = f32::from(table.luma([y, 512, 512]));
                let error = (luma - exact([y, 512, 512], transfer)[0]).abs();
                assert!(error < 2.5, "{transfer:?} {y}: {error}");
                let [cb, cr] = table.chroma([f32::from(y), 512.0, 512.0]);
                assert!(
                    cb.abs_diff(128) <= 2 && cr.abs_diff(128) <= 2,
                    "{transfer:?} {y}: {cb} {cr}"
                );
            }
        }
    }

    #[test]
    fn shares_of_a_tetrahedron_make_one_whole() {
        for code in [
            [0.0; 3],
            [1023.0; 3],
            [700.3, 12.0, 512.0],
            [1.0, 1022.9, 3.0],
        ] {
            let corners = corners(code);
            let whole: f32 = corners.iter().map(|(_, share)| share).sum();
            assert!((whole - 1.0).abs() < 1e-5);
            assert!(
                corners
                    .iter()
                    .all(|(node, share)| *share >= 0.0 && *node < NODES * NODES * NODES)
            );
        }
    }
}
