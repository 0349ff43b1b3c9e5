use super::*;

/// Sizes of the ladder's steps, chroma, portraits, an anamorphic source, and what no registers divide.
const SIZES: [((usize, usize), (usize, usize)); 9] = [
    ((640, 360), (426, 240)),
    ((213, 120), (320, 180)),
    ((180, 320), (120, 213)),
    ((704, 576), (1024, 576)),
    ((1920, 40), (320, 8)),
    ((37, 29), (31, 17)),
    ((1, 1), (3, 2)),
    ((2, 3), (1, 1)),
    ((33, 65), (33, 65)),
];

/// Noise over edges over a slope.
fn picture((width, height): (usize, usize)) -> Vec<u8> {
    let sample = |at: usize| {
        let (x, y) = (at % width, at / width);
        let noise = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
        let edge = if (x / 9 + y / 7).is_multiple_of(2) {
            120
        } else {
            0
        };
        (x * 60 / width + edge) as u8 + noise as u8
    };
    (0..width * height).map(sample).collect()
}

fn scaled(source: &[u8], from: (usize, usize), to: (usize, usize)) -> Vec<u8> {
    let mut out = vec![0; to.0 * to.1];
    PlaneScaler::new(from, to).scale(source, from.0, &mut out, to.0);
    out
}

/// The same by the definition: cubic convolution in real numbers, down to whole samples, then across.
fn exact(source: &[u8], from: (usize, usize), to: (usize, usize)) -> Vec<u8> {
    let along = |length: usize, to: usize, at: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let ratio = length as f64 / to as f64;
        let widened = ratio.max(1.0);
        let weight = |x: f64| match x.abs() {
            x if x < 1.0 => 1.4 * x * x * x - 2.4 * x * x + 1.0,
            x if x < 2.0 => -0.6 * x * x * x + 3.0 * x * x - 4.8 * x + 2.4,
            _ => 0.0,
        };
        let sample = |n: usize| {
            let center = (n as f64 + 0.5) * ratio - 0.5;
            let reach = (2.0 * widened).ceil() as i64 + 1;
            let near = center as i64 - reach..=center as i64 + reach;
            let (mut sum, mut whole) = (0.0, 0.0);
            for position in near {
                let weight = weight((position as f64 - center) / widened);
                sum += weight * at(position.clamp(0, length as i64 - 1) as usize);
                whole += weight;
            }
            sum / whole
        };
        let whole = |sample: f64| sample.round().clamp(0.0, 255.0);
        (0..to).map(sample).map(whole).collect()
    };
    let columns: Vec<Vec<f64>> = (0..from.0)
        .map(|x| along(from.1, to.1, &|y| f64::from(source[y * from.0 + x])))
        .collect();
    (0..to.1)
        .flat_map(|y| along(from.0, to.0, &|x| columns[x][y]))
        .map(|sample| sample as u8)
        .collect()
}

#[test]
fn pictures_are_what_cubic_convolution_makes_of_them() {
    for (from, to) in SIZES {
        let source = picture(from);
        let (own, exact) = (scaled(&source, from, to), exact(&source, from, to));
        let differ = |(a, b): (&u8, &u8)| u32::from(a.abs_diff(*b));
        let most = own.iter().zip(&exact).map(differ).max().unwrap();
        let differing = own.iter().zip(&exact).filter(|(a, b)| a != b).count();
        // A sample that is rounded otherwise on the way down shows in those across.
        assert!(most <= 2, "{from:?} to {to:?}: {most} apart");
        assert!(
            differing * 8 <= own.len(),
            "{from:?} to {to:?}: {differing} of {} differ",
            own.len()
        );
    }
}

#[test]
fn wide_registers_change_nothing() {
    for (from, to) in SIZES {
        let source = picture(from);
        let mut out = vec![0; to.0 * to.1];
        let mut scaler = PlaneScaler::new(from, to);
        scaler.job(&source, from.0, &mut out, to.0).call();
        assert!(out == scaled(&source, from, to), "{from:?} to {to:?}");
    }
}

#[test]
fn what_stands_still_stays() {
    for level in [0, 1, 16, 128, 235, 255] {
        for (from, to) in SIZES {
            let flat = vec![level; from.0 * from.1];
            let scaled = scaled(&flat, from, to);
            assert!(
                scaled.iter().all(|sample| *sample == level),
                "{from:?} to {to:?}"
            );
        }
    }
    let source = picture((33, 65));
    assert!(scaled(&source, (33, 65), (33, 65)) == source);
}

#[test]
fn what_lies_between_rows_is_neither_read_nor_written() {
    let (from, to) = ((37, 29), (31, 17));
    let source = picture(from);
    let mut apart = Vec::new();
    for row in source.chunks_exact(from.0) {
        apart.extend_from_slice(row);
        apart.extend_from_slice(&[255; 11]);
    }
    let mut out = vec![77; 40 * to.1];
    PlaneScaler::new(from, to).scale(&apart, from.0 + 11, &mut out, 40);
    let expected = scaled(&source, from, to);
    for (row, expected) in out.chunks_exact(40).zip(expected.chunks_exact(to.0)) {
        assert_eq!(&row[..to.0], expected);
        assert_eq!(&row[to.0..], [77; 9]);
    }
}

#[test]
fn one_scaler_scales_many_pictures() {
    let (from, to) = ((37, 29), (31, 17));
    let mut scaler = PlaneScaler::new(from, to);
    let mut out = vec![0; to.0 * to.1];
    scaler.scale(&vec![255; from.0 * from.1], from.0, &mut out, to.0);
    let source = picture(from);
    scaler.scale(&source, from.0, &mut out, to.0);
    assert!(out == scaled(&source, from, to));
}
