//! Sheets of stills: squares of one size, in rows, as the page cuts them out again.

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ImageFormat, RgbImage, imageops};

use crate::{
    Error,
    stills::{SIDE, jpeg},
};

/// Squares in a row, and rows on a sheet: the page and the API know them, too.
const COLUMNS: u32 = 8;
const ROWS: u32 = 8;

/// Where a still lies.
#[derive(Debug, PartialEq)]
pub(crate) struct Laid {
    /// Its number among all stills.
    pub(crate) number: u32,
    /// The sheet (JPEG), where it is full with it.
    pub(crate) full: Option<Vec<u8>>,
}

/// Lays stills on sheets, one after the other.
#[derive(Default)]
pub(crate) struct Sheets {
    current: RgbImage,
    /// Stills on all sheets together.
    stills: u32,
}

impl Sheets {
    /// Adds a still; what is none lies nowhere.
    pub(crate) fn add(&mut self, still: &str) -> Result<Option<Laid>, Error> {
        let Some(still) = read(still) else {
            return Ok(None);
        };
        let place = self.stills % (COLUMNS * ROWS);
        if place == 0 {
            self.current = RgbImage::new(COLUMNS * SIDE, ROWS * SIDE);
        }
        let (width, height) = (still.width().min(SIDE), still.height().min(SIDE));
        let left = place % COLUMNS * SIDE + (SIDE - width) / 2;
        let top = place / COLUMNS * SIDE + (SIDE - height) / 2;
        let still = imageops::crop_imm(&still, 0, 0, width, height).to_image();
        imageops::replace(&mut self.current, &still, i64::from(left), i64::from(top));
        let number = self.stills;
        self.stills += 1;
        let full = (place + 1 == COLUMNS * ROWS).then(|| jpeg(&self.current));
        let full = full.transpose()?;
        Ok(Some(Laid { number, full }))
    }

    /// How many sheets there are.
    pub(crate) fn count(&self) -> u32 {
        self.stills.div_ceil(COLUMNS * ROWS)
    }

    /// The last sheet, where it is not full.
    pub(crate) fn last(&self) -> Result<Option<Vec<u8>>, Error> {
        match self.stills % (COLUMNS * ROWS) {
            0 => Ok(None),
            _ => jpeg(&self.current).map(Some),
        }
    }
}

fn read(still: &str) -> Option<RgbImage> {
    let bytes = STANDARD.decode(still).ok()?;
    let mut reader =
        image::ImageReader::with_format(std::io::Cursor::new(bytes), ImageFormat::Jpeg);
    let mut limits = image::Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE), Some(SIDE));
    reader.limits(limits);
    reader.decode().ok().map(|picture| picture.to_rgb8())
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn still(red: u8, size: (u32, u32)) -> String {
        STANDARD.encode(jpeg(&RgbImage::from_pixel(size.0, size.1, Rgb([red, 0, 0]))).unwrap())
    }

    #[test]
    fn stills_lie_in_the_middle_of_their_squares_sheet_by_sheet() {
        let mut sheets = Sheets::default();
        let mut full = Vec::new();
        for n in 0..65_u32 {
            let laid = sheets.add(&still(200, (128, 64))).unwrap().unwrap();
            assert_eq!(laid.number, n);
            full.extend(laid.full);
        }
        assert_eq!((full.len(), sheets.count()), (1, 2));
        let sheet = image::load_from_memory(&full[0]).unwrap().to_rgb8();
        assert_eq!(sheet.dimensions(), (1_024, 1_024));
        let red = |x: u32, y: u32| sheet.get_pixel(x, y).0[0];
        assert!(red(64, 64) > 150 && red(64, 8) < 50 && red(1_000, 960) > 150);
        let last = image::load_from_memory(&sheets.last().unwrap().unwrap()).unwrap();
        let last = last.to_rgb8();
        assert!(last.get_pixel(64, 64).0[0] > 150 && last.get_pixel(192, 64).0[0] < 50);
    }

    #[test]
    fn what_is_no_still_or_too_large_for_one_is_left_out() {
        let mut sheets = Sheets::default();
        for wrong in ["", "%", "AAAA", &still(9, (129, 10))] {
            assert_eq!(sheets.add(wrong).unwrap(), None);
        }
        assert_eq!((sheets.count(), sheets.last().unwrap()), (0, None));
    }
}
