//! From a decoded frame to a picture: renditions are upright, in square pixels and standard range.

use gst_video::{VideoConverter, VideoFormat, VideoFrameExt, VideoFrameRef, VideoInfo};
use gstreamer as gst;
use gstreamer_video as gst_video;
use image::RgbImage;

use crate::Error;

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
pub(crate) fn picture(sample: &gst::SampleRef, side: u32) -> Result<RgbImage, Error> {
    let (Some(caps), Some(buffer)) = (sample.caps(), sample.buffer()) else {
        return Err(Error::Convert("it is empty".to_owned()));
    };
    let stored = VideoInfo::from_caps(caps).map_err(failed)?;
    let (width, height) = fit((stored.width(), stored.height()), side);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_fits_and_never_grows() {
        assert_eq!(fit((3840, 2160), 1280), (1280, 720));
        assert_eq!(fit((2160, 3840), 160), (90, 160));
        assert_eq!(fit((320, 240), 1280), (320, 240));
        assert_eq!(fit((10_000, 1), 160), (160, 1));
    }
}
