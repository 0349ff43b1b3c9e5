//! What a picture looks like as a whole, in a few hundred bytes: enough to tell scenes and motion.

use image::{Rgb, RgbImage, imageops};
use reeldrop_events::Area;
use serde::{Deserialize, Serialize};

use crate::{picture::pixels, seen::rounded};

/// Columns and rows in which brightness is kept.
const COLUMNS: usize = 16;
const ROWS: usize = 9;

/// Steps of each channel in which colours are counted.
const STEPS: usize = 4;

/// Kinds of colour that are told apart.
pub(crate) const COLOURS: usize = STEPS * STEPS * STEPS;

/// What a picture looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Look {
    /// Mean brightness, 0 to 1.
    pub(crate) brightness: f64,
    /// How strong the finest details are: the variance of the Laplacian, of brightness 0 to 255.
    pub(crate) sharpness: f64,
    /// Brightness of 16 times 9 fields, row by row, 0 to 255.
    fields: Vec<u8>,
    /// How much of the picture has each kind of colour, in thousandths.
    colours: Vec<u16>,
}

impl Look {
    /// Measures a picture.
    pub(crate) fn of(picture: &RgbImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut luma = Vec::with_capacity(width * height);
        let mut sums = vec![(0_u64, 0_u64); COLUMNS * ROWS];
        let mut counts = vec![0_u64; COLOURS];
        for (x, y, pixel) in picture.enumerate_pixels() {
            let [red, green, blue] = pixel.0.map(usize::from);
            let bright = bright(pixel);
            luma.push(bright);
            let (column, row) = (x as usize * COLUMNS / width, y as usize * ROWS / height);
            let field = &mut sums[row * COLUMNS + column];
            *field = (field.0 + u64::from(bright), field.1 + 1);
            let step = |sample: usize| sample * STEPS / 256;
            counts[(step(red) * STEPS + step(green)) * STEPS + step(blue)] += 1;
        }
        let pixels = luma.len().max(1) as u64;
        let sum: u64 = luma.iter().map(|bright| u64::from(*bright)).sum();
        let colours = counts.iter().map(|count| (count * 1_000 / pixels) as u16);
        Self {
            brightness: rounded(sum as f64 / pixels as f64 / 255.0),
            sharpness: rounded(sharpness(&luma, width)),
            fields: sums
                .iter()
                .map(|(sum, n)| (sum / (*n).max(1)) as u8)
                .collect(),
            colours: colours.collect(),
        }
    }

    /// How different the brightness of the fields is, 0 to 1.
    pub(crate) fn motion(&self, other: &Self) -> f64 {
        let fields = self.fields.iter().zip(&other.fields);
        let sum: u32 = fields.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        f64::from(sum) / (self.fields.len().max(1) as f64 * 255.0)
    }

    /// How much of the picture has other colours, 0 to 1.
    pub(crate) fn recoloured(&self, other: &Self) -> f64 {
        let colours = self.colours.iter().zip(&other.colours);
        let sum: u32 = colours.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        f64::from(sum) / 2_000.0
    }

    /// How far the fields are from one brightness, 0 to 1.
    pub(crate) fn contrast(&self) -> f64 {
        let brightest = self.fields.iter().copied().max().unwrap_or(0);
        let darkest = self.fields.iter().copied().min().unwrap_or(0);
        f64::from(brightest - darkest) / 255.0
    }

    /// How much of the picture has each kind of colour, in thousandths.
    pub(crate) fn colours(&self) -> &[u16] {
        &self.colours
    }
}

/// The middle of a kind of colour, as the web writes it.
pub(crate) fn colour(kind: usize) -> String {
    let step = 256 / STEPS;
    let middle = |at: usize| at % STEPS * step + step / 2;
    format!(
        "#{:02x}{:02x}{:02x}",
        middle(kind / STEPS / STEPS),
        middle(kind / STEPS),
        middle(kind)
    )
}

/// The sharpness of an area of a picture.
pub(crate) fn sharpness_of(picture: &RgbImage, area: &Area) -> f64 {
    let (x, y, width, height) = pixels(area, picture.dimensions());
    let cut = imageops::crop_imm(picture, x, y, width, height).to_image();
    let luma: Vec<u8> = cut.pixels().map(bright).collect();
    rounded(sharpness(&luma, width as usize))
}

/// ITU-R BT.601, in whole numbers.
fn bright(pixel: &Rgb<u8>) -> u8 {
    let [red, green, blue] = pixel.0.map(u32::from);
    ((299 * red + 587 * green + 114 * blue) / 1_000) as u8
}

/// The variance of the Laplacian.
fn sharpness(luma: &[u8], width: usize) -> f64 {
    let (mut count, mut sum, mut squares) = (0_u64, 0_i64, 0_u64);
    let lines: Vec<&[u8]> = luma.chunks_exact(width.max(1)).collect();
    for window in lines.windows(3) {
        for x in 1..width.saturating_sub(1) {
            let at = |line: usize, x: usize| i64::from(window[line][x]);
            let sides = at(0, x) + at(2, x) + at(1, x - 1) + at(1, x + 1);
            let laplacian = sides - 4 * at(1, x);
            sum += laplacian;
            squares += (laplacian * laplacian) as u64;
            count += 1;
        }
    }
    let count = count.max(1) as f64;
    let mean = sum as f64 / count;
    squares as f64 / count - mean * mean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(size: u32) -> RgbImage {
        RgbImage::from_fn(160, 90, |x, y| {
            let bright = (x / size + y / size).is_multiple_of(2);
            Rgb([if bright { 255 } else { 0 }; 3])
        })
    }

    #[test]
    fn brightness_colour_and_sharpness_are_measured() {
        let blue = Look::of(&RgbImage::from_pixel(160, 90, Rgb([0, 0, 255])));
        assert_eq!(blue.brightness, rounded(29.0 / 255.0));
        assert_eq!((blue.sharpness, blue.contrast()), (0.0, 0.0));
        let kind = blue.colours().iter().position(|share| *share == 1_000);
        assert_eq!(kind.map(colour).as_deref(), Some("#2020e0"));
        let (fine, coarse) = (Look::of(&board(1)), Look::of(&board(30)));
        assert!(fine.sharpness > 10.0 * coarse.sharpness);
    }

    #[test]
    fn what_moves_and_what_is_recoloured_are_two_things() {
        let one = Look::of(&board(30));
        let moved = Look::of(&image::imageops::flip_horizontal(&board(32)));
        assert_eq!(one.motion(&one), 0.0);
        assert!(one.motion(&moved) > 0.1 && one.recoloured(&moved) < 0.1);
        let red = Look::of(&RgbImage::from_pixel(160, 90, Rgb([255, 0, 0])));
        // All of it; shares are whole thousandths, and those of two equal halves lack one.
        assert_eq!(one.recoloured(&red), 1_999.0 / 2_000.0);
    }

    #[test]
    fn a_picture_of_one_pixel_is_measured() {
        let look = Look::of(&RgbImage::from_pixel(1, 1, Rgb([255; 3])));
        assert_eq!((look.brightness, look.sharpness), (1.0, 0.0));
    }
}
