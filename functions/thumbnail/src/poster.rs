//! The best of several pictures.

use gstreamer as gst;
use image::{GrayImage, RgbImage, codecs::jpeg::JpegEncoder, imageops};

use crate::{
    Error,
    clear::{KeyPicture, Keys},
    decode::decode,
    picture::picture,
};

/// The longest side of a poster, pixels.
const POSTER_SIDE: u32 = 1280;

/// Luma below which a pixel is black to the eye, and above which it is white.
const BLACK: u8 = 28;
const WHITE: u8 = 240;

/// Standard deviation of luma from which a picture has contrast enough.
const CONTRAST: f32 = 50.0;

const QUALITY: u8 = 85;

/// A poster, ready to be stored.
#[derive(Debug)]
pub(crate) struct Poster {
    pub(crate) jpeg: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Where it lies in the title, milliseconds.
    pub(crate) time_ms: u64,
}

/// The best frame so far.
#[derive(Debug, Default)]
pub(crate) struct Best(pub(crate) Option<Candidate>);

/// A frame that may become the poster.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    score: f32,
    frame: gst::Sample,
    /// Where it lies in the title, ticks.
    pub(crate) tick: u64,
    time_ms: u64,
}

impl Best {
    /// Keeps a frame of a title of `title_ns` where its small picture (320 pixels: enough to see
    /// blur) is better than all before it.
    pub(crate) fn consider(
        &mut self,
        key: &KeyPicture,
        frame: &gst::Sample,
        small: &RgbImage,
        title_ns: u64,
    ) {
        let score = score(small) * place(key.offset_ns as f32 / title_ns.max(1) as f32);
        // Any picture is better than none, a black one too.
        if self.0.as_ref().is_none_or(|best| score > best.score) {
            self.0 = Some(Candidate {
                score,
                frame: frame.clone(),
                tick: key.tick,
                time_ms: key.offset_ns / 1_000_000,
            });
        }
    }
}

impl Poster {
    /// The poster of a candidate, or of the same picture of a larger rendition where there is one.
    pub(crate) fn of(best: &Candidate, larger: Option<&Keys>) -> Result<Self, Error> {
        let mut poster = match larger {
            None => Some(picture(&best.frame, POSTER_SIDE)?),
            Some(_) => None,
        };
        if let Some(keys) = larger {
            decode(keys, |_, frame| {
                poster = Some(picture(frame, POSTER_SIDE)?);
                Ok(())
            })?;
        }
        let poster = poster.ok_or(Error::NoPicture)?;
        Ok(Self {
            jpeg: jpeg(&poster, QUALITY)?,
            width: poster.width(),
            height: poster.height(),
            time_ms: best.time_ms,
        })
    }
}

/// A JPEG of a picture.
pub(crate) fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(picture)
        .map_err(|error| Error::Encode(error.to_string()))?;
    Ok(bytes)
}

/// The early third is preferred: a poster should not tell the end.
fn place(fraction: f32) -> f32 {
    match fraction {
        early if early < 1.0 / 3.0 => 1.0,
        late => 1.0 - 0.35 * (late - 1.0 / 3.0),
    }
}

/// From 0: sharp, with contrast, and neither dark, white nor flat.
fn score(picture: &RgbImage) -> f32 {
    let gray = imageops::grayscale(picture);
    let count = gray.len().max(1) as f32;
    let mean = gray.iter().map(|luma| f32::from(*luma)).sum::<f32>() / count;
    let variance = gray
        .iter()
        .map(|luma| (f32::from(*luma) - mean).powi(2))
        .sum::<f32>()
        / count;
    let dull = gray
        .iter()
        .filter(|luma| **luma < BLACK || **luma > WHITE)
        .count() as f32
        / count;
    let contrast = (variance.sqrt() / CONTRAST).min(1.0);
    // Sharpness counts by its order of magnitude: noise and foliage are no better than a face.
    (1.0 + sharpness(&gray)).ln() * contrast * (1.0 - dull * dull)
}

/// Variance of the Laplacian.
fn sharpness(gray: &GrayImage) -> f32 {
    let (width, height) = gray.dimensions();
    if width < 3 || height < 3 {
        return 0.0;
    }
    let luma = |x, y| f32::from(gray.get_pixel(x, y)[0]);
    let (mut sum, mut squares) = (0.0, 0.0);
    for y in 1..height - 1 {
        for x in 1..width - 1 {
            let around = luma(x - 1, y) + luma(x + 1, y) + luma(x, y - 1) + luma(x, y + 1);
            let laplacian = 4.0 * luma(x, y) - around;
            sum += laplacian;
            squares += laplacian * laplacian;
        }
    }
    let count = ((width - 2) * (height - 2)) as f32;
    squares / count - (sum / count).powi(2)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn flat(value: u8) -> RgbImage {
        RgbImage::from_pixel(320, 180, Rgb([value; 3]))
    }

    fn blocks() -> RgbImage {
        RgbImage::from_fn(320, 180, |x, y| {
            Rgb([if (x / 20 + y / 20) % 2 == 0 { 60 } else { 190 }; 3])
        })
    }

    #[test]
    fn a_sharp_picture_beats_a_blurred_a_flat_a_black_and_a_white_one() {
        let sharp = score(&blocks());
        assert!(sharp > score(&imageops::blur(&blocks(), 4.0)));
        for dull in [0, 128, 255] {
            assert!(sharp > score(&flat(dull)));
        }
    }

    #[test]
    fn of_equals_the_earliest_stays_and_a_black_title_has_a_poster() {
        gst::init().unwrap();
        let frame = gst::Sample::builder().build();
        let picked = |picture: &RgbImage, offsets: [u64; 2]| {
            let mut best = Best::default();
            for offset_ns in offsets {
                let key = KeyPicture {
                    data: bytes::Bytes::new(),
                    tick: offset_ns,
                    offset_ns,
                    stands_for: 1,
                };
                best.consider(&key, &frame, picture, 100_000_000);
            }
            best.0.unwrap().time_ms
        };
        assert_eq!(picked(&flat(0), [10_000_000, 20_000_000]), 10);
        assert_eq!(picked(&blocks(), [30_000_000, 90_000_000]), 30);
    }
}
