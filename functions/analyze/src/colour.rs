//! From luma and chroma to red, green and blue.

use gstreamer_video::{VideoColorRange, VideoInfo};

/// The tallest picture that is coded as ITU-R BT.601 says where nothing is said.
const LAST_BT601_ROWS: u32 = 576;

/// How a source's samples become colours (ITU-R BT.601, BT.709, BT.2020: the inverse of their equations).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colour {
    /// Level of black, and how much a step of luma is.
    luma: (f32, f32),
    /// What a step of the red difference adds to red, of the blue one to blue, and of both to green.
    red: f32,
    blue: f32,
    green: (f32, f32),
}

impl Colour {
    /// As a frame says.
    pub(crate) fn of(info: &VideoInfo) -> Self {
        let colours = info.colorimetry();
        let shares = match colours.matrix().kr_kb() {
            Ok((red, blue)) if red > 0.0 && blue > 0.0 => (red, blue),
            _ if info.height() <= LAST_BT601_ROWS => (0.299, 0.114),
            _ => (0.2126, 0.0722),
        };
        Self::new(shares, colours.range() == VideoColorRange::Range0_255)
    }

    /// Of the shares of red and blue in luma, with levels from 0 to 255 or from 16 to 235 (chroma: 240).
    fn new((kr, kb): (f64, f64), is_full: bool) -> Self {
        let (black, luma, chroma) = match is_full {
            true => (0.0, 1.0, 1.0),
            false => (16.0, 255.0 / 219.0, 255.0 / 224.0),
        };
        let kg = 1.0 - kr - kb;
        let (red, blue) = (2.0 * (1.0 - kr) * chroma, 2.0 * (1.0 - kb) * chroma);
        Self {
            luma: (black, luma as f32),
            red: red as f32,
            blue: blue as f32,
            green: ((-red * kr / kg) as f32, (-blue * kb / kg) as f32),
        }
    }

    /// The pixel of these samples.
    pub(crate) fn rgb(&self, luma: f32, blue: f32, red: f32) -> [u8; 3] {
        let luma = (luma - self.luma.0) * self.luma.1;
        let (blue, red) = (blue - 128.0, red - 128.0);
        let green = luma + self.green.0 * red + self.green.1 * blue;
        // What lies outside is the nearest that lies inside.
        [luma + self.red * red, green, luma + self.blue * blue].map(|level| (level + 0.5) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_standards() {
        let bt601 = Colour::new((0.299, 0.114), false);
        let bt709 = Colour::new((0.2126, 0.0722), false);
        for colour in [bt601, bt709] {
            assert_eq!(colour.rgb(16.0, 128.0, 128.0), [0, 0, 0]);
            assert_eq!(colour.rgb(235.0, 128.0, 128.0), [255, 255, 255]);
            assert_eq!(colour.rgb(125.5, 128.0, 128.0), [128, 128, 128]);
            assert_eq!(colour.rgb(300.0, 128.0, 128.0), [255, 255, 255]);
        }
        // Pure red, green and blue in eight bits.
        for (samples, shown) in [
            ((81.0, 90.0, 240.0), [254, 0, 0]),
            ((145.0, 54.0, 34.0), [0, 255, 1]),
            ((41.0, 240.0, 110.0), [0, 0, 255]),
        ] {
            let made = bt601.rgb(samples.0, samples.1, samples.2);
            let near = made
                .iter()
                .zip(shown)
                .all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 2);
            assert!(near, "{made:?} and not {shown:?}");
        }
        assert_eq!(bt709.rgb(63.0, 102.0, 240.0)[0], 255);
        let full = Colour::new((0.299, 0.114), true);
        assert_eq!(full.rgb(0.0, 128.0, 128.0), [0, 0, 0]);
        assert_eq!(full.rgb(76.245, 84.97, 255.5), [255, 0, 0]);
    }
}
