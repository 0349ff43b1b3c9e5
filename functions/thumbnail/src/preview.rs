//! A short animated picture of the whole title.

use image::RgbImage;
use webp_animation::{ColorMode, Encoder, EncoderOptions, EncodingConfig};

use crate::Error;

/// Longest side of the preview, and of the pictures that are judged, pixels.
pub(crate) const PREVIEW_SIDE: u32 = 320;

/// Pictures in a preview, at most.
const MAX_PICTURES: usize = 12;

/// How long each is shown: 12 are three seconds.
const SHOWN_MS: i32 = 250;

const QUALITY: f32 = 60.0;

/// How hard the encoder tries, 0 to 6: beyond this, time grows and the file hardly shrinks.
const METHOD: usize = 2;

/// Which of `count` moments the preview shows, evenly spread.
pub(crate) fn shows(moment: usize, count: usize) -> bool {
    let pictures = count.min(MAX_PICTURES);
    // Moment m is shown where it is the first of its share.
    (moment * pictures).is_multiple_of(count)
        || (moment * pictures) / count != ((moment.max(1) - 1) * pictures) / count
}

/// The animated WebP of pictures of one size, looping for ever; each stands for as many moments.
pub(crate) fn webp(pictures: &[(RgbImage, usize)]) -> Result<Vec<u8>, Error> {
    let failed = |error: webp_animation::Error| Error::Encode(error.to_string());
    let (first, _) = pictures.first().ok_or(Error::NoPicture)?;
    let options = EncoderOptions {
        color_mode: ColorMode::Rgb,
        encoding_config: Some(EncodingConfig {
            method: METHOD,
            ..EncodingConfig::new_lossy(QUALITY)
        }),
        ..EncoderOptions::default()
    };
    let mut encoder = Encoder::new_with_options(first.dimensions(), options).map_err(failed)?;
    let mut at_ms = 0;
    for (picture, moments) in pictures {
        encoder.add_frame(picture.as_raw(), at_ms).map_err(failed)?;
        at_ms += SHOWN_MS * i32::try_from(*moments).unwrap_or(1);
    }
    Ok(encoder.finalize(at_ms).map_err(failed)?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_moments_are_shown_or_all_where_there_are_fewer() {
        for count in [1, 2, 12, 13, 20, 37, 99, 100] {
            let shown: Vec<usize> = (0..count).filter(|moment| shows(*moment, count)).collect();
            assert_eq!(shown.len(), count.min(MAX_PICTURES), "{count}");
            assert_eq!(shown[0], 0);
        }
    }
}
