//! From a decoded frame to an upright picture in square pixels, sRGB.

use gst_video::{VideoConverter, VideoFormat, VideoFrameExt, VideoFrameRef, VideoInfo};
use gstreamer as gst;
use gstreamer_video as gst_video;
use image::{RgbImage, imageops};
use reeldrop_events::{Orientation, Transfer, VideoTrack};

use crate::{Error, tone};

/// Width and height that fit in a square of `side` pixels, never larger than they were.
pub(crate) fn fit((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height)).max(1);
    let scaled = |length: u32| {
        let scaled = (u64::from(length) * u64::from(side) + longest / 2) / longest;
        u32::try_from(scaled).unwrap_or(side).max(1)
    };
    match longest <= u64::from(side) {
        true => (width.max(1), height.max(1)),
        false => (scaled(width), scaled(height)),
    }
}

/// Makes the picture of a frame; its longest side is at most `side`.
pub(crate) fn upright(
    sample: &gst::Sample,
    video: &VideoTrack,
    side: u32,
) -> Result<RgbImage, Error> {
    let (width, height) = fit((video.display_width, video.display_height), side);
    let (width, height) = match video.orientation.swaps_sides() {
        true => (height, width),
        false => (width, height),
    };
    let mut picture = match video.interlaced {
        // Two fields are two moments: the first alone is sharp where something moves.
        true => {
            let both = rgb(sample, width, video.coded_height)?;
            let first = RgbImage::from_fn(width, video.coded_height.div_ceil(2), |x, y| {
                *both.get_pixel(x, y * 2)
            });
            imageops::resize(&first, width, height, imageops::FilterType::Triangle)
        }
        false => rgb(sample, width, height)?,
    };
    match video.color.dynamic_range {
        Transfer::Sdr => {}
        Transfer::Pq | Transfer::Hlg => tone::to_sdr(&mut picture, video.color.dynamic_range),
    }
    Ok(turn(picture, video.orientation))
}

/// Converts and scales, whatever the shape of the stored pixels.
fn rgb(sample: &gst::Sample, width: u32, height: u32) -> Result<RgbImage, Error> {
    let (Some(caps), Some(buffer)) = (sample.caps(), sample.buffer()) else {
        return Err(Error::Convert("it is empty".to_owned()));
    };
    let stored = VideoInfo::from_caps(caps).map_err(failed)?;
    // The converter changes neither rate nor fields, and refuses where they seem to differ.
    let wanted = VideoInfo::builder(VideoFormat::Rgb, width, height)
        .fps(stored.fps())
        .interlace_mode(stored.interlace_mode())
        .build()
        .map_err(failed)?;
    let converter = VideoConverter::new(&stored, &wanted, None).map_err(failed)?;
    let mut picture = gst::Buffer::with_size(wanted.size()).map_err(failed)?;
    let from = VideoFrameRef::from_buffer_ref_readable(buffer, &stored).map_err(failed)?;
    let mut to =
        VideoFrameRef::from_buffer_ref_writable(picture.make_mut(), &wanted).map_err(failed)?;
    converter.frame_ref(&from, &mut to);
    let data = to.plane_data(0).map_err(failed)?;
    let stride = usize::try_from(to.plane_stride()[0]).map_err(failed)?;
    let row = width as usize * 3;
    let lines = data.chunks(stride).take(height as usize);
    let mut pixels = Vec::with_capacity(row * height as usize);
    lines.for_each(|line| pixels.extend_from_slice(&line[..row]));
    RgbImage::from_raw(width, height, pixels)
        .ok_or_else(|| Error::Convert("it is too short".to_owned()))
}

fn failed(reason: impl std::fmt::Display) -> Error {
    Error::Convert(reason.to_string())
}

fn turn(picture: RgbImage, orientation: Orientation) -> RgbImage {
    match orientation {
        Orientation::Identity => picture,
        Orientation::Rotate90 => imageops::rotate90(&picture),
        Orientation::Rotate180 => imageops::rotate180(&picture),
        Orientation::Rotate270 => imageops::rotate270(&picture),
        Orientation::FlipHorizontal => imageops::flip_horizontal(&picture),
        Orientation::FlipVertical => imageops::flip_vertical(&picture),
        Orientation::FlipRotate90 => imageops::rotate90(&imageops::flip_horizontal(&picture)),
        Orientation::FlipRotate270 => imageops::rotate270(&imageops::flip_horizontal(&picture)),
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn a_picture_fits_and_never_grows() {
        assert_eq!(fit((3840, 2160), 1280), (1280, 720));
        assert_eq!(fit((2160, 3840), 160), (90, 160));
        assert_eq!(fit((320, 240), 1280), (320, 240));
        assert_eq!(fit((10_000, 1), 160), (160, 1));
    }

    #[test]
    fn turning_is_clockwise_and_mirroring_comes_first() {
        // The corner that is first in the stored picture.
        let stored = RgbImage::from_fn(2, 3, |x, y| Rgb([u8::from(x == 0 && y == 0), 0, 0]));
        let corner = |orientation| {
            let turned = turn(stored.clone(), orientation);
            let (x, y, _) = turned
                .enumerate_pixels()
                .find(|pixel| pixel.2[0] == 1)
                .unwrap();
            (turned.dimensions(), x, y)
        };
        assert_eq!(corner(Orientation::Identity), ((2, 3), 0, 0));
        assert_eq!(corner(Orientation::Rotate90), ((3, 2), 2, 0));
        assert_eq!(corner(Orientation::Rotate180), ((2, 3), 1, 2));
        assert_eq!(corner(Orientation::Rotate270), ((3, 2), 0, 1));
        assert_eq!(corner(Orientation::FlipHorizontal), ((2, 3), 1, 0));
        assert_eq!(corner(Orientation::FlipVertical), ((2, 3), 0, 2));
        assert_eq!(corner(Orientation::FlipRotate90), ((3, 2), 2, 1));
        assert_eq!(corner(Orientation::FlipRotate270), ((3, 2), 0, 0));
    }
}
