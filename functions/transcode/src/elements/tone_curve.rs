//! From an HDR signal to an SDR one, in formulas of the standards.

use reeldrop_events::Transfer;

/// Luminance of SDR's white in cd/m²: what ITU-R BT.2408 sets as HDR reference white.
const SDR_WHITE_NITS: f64 = 203.0;

/// Luminance of the brightest HDR picture that is reproduced without clipping, cd/m².
const HDR_PEAK_NITS: f64 = 1000.0;

/// Nonlinear red, green and blue of BT.2020 in 0..1 to those of BT.709.
pub(super) fn to_sdr(rgb: [f64; 3], transfer: Transfer) -> [f64; 3] {
    let nits = match transfer {
        Transfer::Hlg => hlg_nits(rgb),
        Transfer::Pq | Transfer::Sdr => rgb.map(pq_nits),
    };
    // One factor for all three keeps the hue; the largest of them decides, so that none clips.
    let brightest = nits.iter().copied().fold(1e-6, f64::max);
    let factor = compress(brightest) / brightest / SDR_WHITE_NITS;
    let narrow = bt2020_to_bt709(nits.map(|nits| nits * factor));
    into_gamut(narrow).map(bt1886_inverse)
}

// ITU-R BT.2100, table 4.
const M1: f64 = 2610.0 / 16384.0;
const M2: f64 = 2523.0 / 4096.0 * 128.0;
const C1: f64 = 3424.0 / 4096.0;
const C2: f64 = 2413.0 / 4096.0 * 32.0;
const C3: f64 = 2392.0 / 4096.0 * 32.0;

fn pq_nits(signal: f64) -> f64 {
    let power = signal.clamp(0.0, 1.0).powf(1.0 / M2);
    10_000.0 * ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

fn pq_signal(nits: f64) -> f64 {
    let power = (nits / 10_000.0).clamp(0.0, 1.0).powf(M1);
    ((C1 + C2 * power) / (1.0 + C3 * power)).powf(M2)
}

// ITU-R BT.2100, table 5: inverse OETF, then the OOTF of a 1000 cd/m² display.
fn hlg_nits(rgb: [f64; 3]) -> [f64; 3] {
    const A: f64 = 0.178_832_77;
    const B: f64 = 0.284_668_92;
    const C: f64 = 0.559_910_73;
    const SYSTEM_GAMMA: f64 = 1.2;
    let scene = rgb.map(|signal| match signal.clamp(0.0, 1.0) {
        low if low <= 0.5 => low * low / 3.0,
        high => (((high - C) / A).exp() + B) / 12.0,
    });
    let luminance = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2];
    let gain = HDR_PEAK_NITS * luminance.max(1e-9).powf(SYSTEM_GAMMA - 1.0);
    scene.map(|light| light * gain)
}

/// ITU-R BT.2390, 5.4.1: the EETF from a 1000 cd/m² picture to an SDR display, blacks kept.
fn compress(nits: f64) -> f64 {
    let peak = pq_signal(HDR_PEAK_NITS);
    let max = pq_signal(SDR_WHITE_NITS) / peak;
    let knee = 1.5 * max - 0.5;
    let signal = (pq_signal(nits) / peak).min(1.0);
    if signal < knee {
        return nits;
    }
    let t = (signal - knee) / (1.0 - knee);
    let (t2, t3) = (t * t, t * t * t);
    let bent = (2.0 * t3 - 3.0 * t2 + 1.0) * knee
        + (t3 - 2.0 * t2 + t) * (1.0 - knee)
        + (3.0 * t2 - 2.0 * t3) * max;
    pq_nits(bent * peak)
}

// ITU-R BT.2407, 2: linear light.
fn bt2020_to_bt709([r, g, b]: [f64; 3]) -> [f64; 3] {
    [
        1.6605 * r - 0.5876 * g - 0.0728 * b,
        -0.1246 * r + 1.1329 * g - 0.0083 * b,
        -0.0182 * r - 0.1006 * g + 1.1187 * b,
    ]
}

/// Colours that BT.709 cannot show lose as much saturation as needed, and no brightness.
fn into_gamut(rgb: [f64; 3]) -> [f64; 3] {
    let grey = (0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]).clamp(0.0, 1.0);
    let mut keep: f64 = 1.0;
    for light in rgb {
        if light < 0.0 {
            keep = keep.min(grey / (grey - light));
        } else if light > 1.0 {
            keep = keep.min((1.0 - grey) / (light - grey));
        }
    }
    rgb.map(|light| (grey + (light - grey) * keep).clamp(0.0, 1.0))
}

/// ITU-R BT.1886 of a display whose black is 0.
fn bt1886_inverse(light: f64) -> f64 {
    light.powf(1.0 / 2.4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(signal: f64, transfer: Transfer) -> f64 {
        let [r, g, b] = to_sdr([signal; 3], transfer);
        assert!(
            (r - g).abs() < 0.01 && (g - b).abs() < 0.01,
            "grey stays grey"
        );
        g
    }

    #[test]
    fn pq_is_its_own_inverse() {
        for nits in [0.01, 1.0, 100.0, 203.0, 1000.0, 10_000.0] {
            assert!((pq_nits(pq_signal(nits)) / nits - 1.0).abs() < 1e-6);
        }
        // ITU-R BT.2408, table 1: reference white is 58 % PQ.
        assert!((pq_signal(203.0) - 0.58).abs() < 0.002);
    }

    #[test]
    fn hlg_reference_white_is_203_nits() {
        // ITU-R BT.2408, table 1: 75 % HLG.
        assert!((hlg_nits([0.75; 3])[0] - 203.0).abs() < 1.0);
    }

    #[test]
    fn black_is_black_and_the_peak_is_white() {
        for transfer in [Transfer::Pq, Transfer::Hlg] {
            assert!(grey(0.0, transfer) < 0.02);
            assert!(grey(1.0, transfer) > 0.99);
        }
    }

    #[test]
    fn reference_white_is_bright_and_leaves_room_for_highlights() {
        for (transfer, white) in [(Transfer::Pq, 0.58), (Transfer::Hlg, 0.75)] {
            let white = grey(white, transfer);
            assert!((0.85..0.95).contains(&white), "{transfer:?}: {white}");
        }
    }

    #[test]
    fn the_curve_never_falls() {
        for transfer in [Transfer::Pq, Transfer::Hlg] {
            let curve: Vec<f64> = (0..=100)
                .map(|n| grey(f64::from(n) / 100.0, transfer))
                .collect();
            assert!(curve.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9));
        }
    }

    #[test]
    fn a_pure_wide_red_stays_red() {
        let [r, g, b] = to_sdr([0.55, 0.0, 0.0], Transfer::Pq);
        assert!(r > 0.5 && g < 0.3 && b < 0.3, "{r} {g} {b}");
    }
}
