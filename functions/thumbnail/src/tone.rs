//! HDR to SDR for small pictures: the values are still the HDR curve's, in 8 bits.

use image::RgbImage;
use reeldrop_events::Transfer;

/// Luminance of white paper in HDR, cd/m² (ITU-R BT.2408, 2.1).
const REFERENCE_WHITE: f32 = 203.0;

/// Where highlights end, in multiples of reference white: about 1000 cd/m².
const PEAK: f32 = 1000.0 / REFERENCE_WHITE;

/// BT.2020 to BT.709 primaries in linear light (ITU-R BT.2087, annex 1, inverted).
const TO_709: [[f32; 3]; 3] = [
    [1.660_49, -0.587_64, -0.072_85],
    [-0.124_55, 1.132_90, -0.008_35],
    [-0.018_15, -0.100_58, 1.118_73],
];

/// Steps of the table from linear light to sRGB.
const STEPS: usize = 4096;

/// Turns a picture that holds PQ or HLG values in BT.2020 into sRGB.
pub(crate) fn to_sdr(picture: &mut RgbImage, transfer: Transfer) {
    let linear: Vec<f32> = (0..=255_u8)
        .map(|value| light(f32::from(value) / 255.0, transfer))
        .collect();
    let encoded: Vec<u8> = (0..=STEPS)
        .map(|step| srgb(step as f32 / STEPS as f32))
        .collect();
    for pixel in picture.pixels_mut() {
        let wide = pixel.0.map(|value| linear[usize::from(value)]);
        for (channel, row) in pixel.0.iter_mut().zip(TO_709) {
            let value: f32 = row
                .iter()
                .zip(wide)
                .map(|(factor, light)| factor * light)
                .sum();
            *channel = encoded[(compress(value.max(0.0)) * STEPS as f32).round() as usize];
        }
    }
}

/// Light in multiples of reference white.
fn light(value: f32, transfer: Transfer) -> f32 {
    match transfer {
        Transfer::Sdr => value,
        // SMPTE ST 2084, 5.2.
        Transfer::Pq => {
            let (m1, m2) = (2610.0 / 16384.0, 2523.0 / 4096.0 * 128.0);
            let (c1, c2, c3) = (
                3424.0 / 4096.0,
                2413.0 / 4096.0 * 32.0,
                2392.0 / 4096.0 * 32.0,
            );
            let root = value.powf(1.0 / m2);
            let relative = ((root - c1).max(0.0) / (c2 - c3 * root)).powf(1.0 / m1);
            relative * 10_000.0 / REFERENCE_WHITE
        }
        // ARIB STD-B67: scene light, shown on a display of 1000 cd/m² (system gamma 1.2).
        Transfer::Hlg => {
            let (a, b, c) = (0.178_832_77_f32, 0.284_668_92_f32, 0.559_910_7_f32);
            let scene = match value <= 0.5 {
                true => value * value / 3.0,
                false => (((value - c) / a).exp() + b) / 12.0,
            };
            scene.powf(1.2) * PEAK
        }
    }
}

/// Reinhard's curve, extended so that the peak is white.
fn compress(light: f32) -> f32 {
    // Mid-tones are lifted to where they stand in SDR, as the curve darkens them.
    let light = light * 1.4;
    let peak = PEAK * 1.4;
    (light * (1.0 + light / (peak * peak)) / (1.0 + light)).min(1.0)
}

/// IEC 61966-2-1.
fn srgb(light: f32) -> u8 {
    let value = match light <= 0.003_130_8 {
        true => light * 12.92,
        false => 1.055 * light.powf(1.0 / 2.4) - 0.055,
    };
    (value * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn grey(value: u8, transfer: Transfer) -> [u8; 3] {
        let mut picture = RgbImage::from_pixel(1, 1, Rgb([value; 3]));
        to_sdr(&mut picture, transfer);
        picture.get_pixel(0, 0).0
    }

    #[test]
    fn grey_stays_grey_black_black_and_brighter_brighter() {
        for transfer in [Transfer::Pq, Transfer::Hlg] {
            assert_eq!(grey(0, transfer), [0; 3]);
            let mut before = 0;
            for value in 0..=255 {
                let [red, green, blue] = grey(value, transfer);
                assert!(red.abs_diff(green) <= 1 && green.abs_diff(blue) <= 1);
                assert!(green >= before);
                before = green;
            }
            assert_eq!(before, 255);
        }
    }

    #[test]
    fn reference_white_becomes_a_bright_grey() {
        // 203 cd/m² is 58 % of PQ and 75 % of HLG (ITU-R BT.2408, table 1).
        assert!(
            (180..=225).contains(&grey(148, Transfer::Pq)[1]),
            "{:?}",
            grey(148, Transfer::Pq)
        );
        assert!(
            (180..=225).contains(&grey(191, Transfer::Hlg)[1]),
            "{:?}",
            grey(191, Transfer::Hlg)
        );
    }
}
