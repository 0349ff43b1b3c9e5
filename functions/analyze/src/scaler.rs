//! From a decoded frame to an upright picture in square pixels.

use gst_video::{
    VideoChromaSite, VideoConverter, VideoFormat, VideoFrameExt, VideoFrameRef, VideoInfo,
};
use gstreamer as gst;
use gstreamer_video as gst_video;
use image::RgbImage;
use reeldrop_events::{Area, Orientation};

use crate::{
    Error,
    colour::Colour,
    picture::{turned_back, upright},
    resample::{Axis, Plane, Resampler},
};

/// Makes pictures of one size.
pub(crate) struct Scaler {
    orientation: Orientation,
    /// Upright.
    size: (u32, u32),
    /// For frames of this kind; a source may change it in the middle.
    made: Option<Made>,
}

/// How frames of one kind become pictures.
struct Made {
    of: VideoInfo,
    /// Where samples are not three planes of bytes.
    planes: Option<(VideoInfo, VideoConverter)>,
    colour: Colour,
    whole: Sampling,
}

/// What of a stored frame becomes a picture.
struct Sampling {
    luma: Resampler,
    chroma: Resampler,
    size: (u32, u32),
}

impl Scaler {
    /// Makes pictures of `size` of frames that are to be turned.
    pub(crate) fn new(orientation: Orientation, size: (u32, u32)) -> Self {
        Self {
            orientation,
            size,
            made: None,
        }
    }

    /// Makes the picture of a frame.
    pub(crate) fn picture(&mut self, sample: &gst::SampleRef) -> Result<RgbImage, Error> {
        let (made, buffer) = self.made(sample)?;
        let picture = made.picture(buffer, &made.whole)?;
        Ok(upright(picture, self.orientation))
    }

    /// Makes a picture of `size` of an area of the upright frame; what is around it costs nothing.
    pub(crate) fn cut(
        &mut self,
        sample: &gst::SampleRef,
        area: &Area,
        size: (u32, u32),
    ) -> Result<RgbImage, Error> {
        let (area, size) = (turned_back(area, self.orientation), self.stored(size));
        let (made, buffer) = self.made(sample)?;
        let picture = made.picture(buffer, &Sampling::new(made.read(), &area, size))?;
        Ok(upright(picture, self.orientation))
    }

    fn made<'a>(
        &mut self,
        sample: &'a gst::SampleRef,
    ) -> Result<(&Made, &'a gst::BufferRef), Error> {
        let (Some(caps), Some(buffer)) = (sample.caps(), sample.buffer()) else {
            return Err(Error::Convert("it is empty".to_owned()));
        };
        let stored = stored(caps)?;
        let size = self.stored(self.size);
        let made = match self.made.take() {
            Some(kept) if kept.of == stored => self.made.insert(kept),
            Some(_) | None => self.made.insert(Made::new(stored, size)?),
        };
        Ok((made, buffer))
    }

    /// A size before it is turned.
    fn stored(&self, (width, height): (u32, u32)) -> (u32, u32) {
        match self.orientation.swaps_sides() {
            true => (height, width),
            false => (width, height),
        }
    }
}

impl Sampling {
    /// An area of the stored frames, in this size.
    fn new(read: &VideoInfo, area: &Area, (width, height): (u32, u32)) -> Self {
        let format = read.format_info();
        let chroma_size = (
            format.scale_width(1, read.width()),
            format.scale_height(1, read.height()),
        );
        let (left, top) = chroma_offset(read);
        let columns = || area.x..area.x + area.width;
        let rows = || area.y..area.y + area.height;
        Self {
            luma: Resampler {
                columns: Axis::new(read.width(), columns(), width, 0.0),
                rows: Axis::new(read.height(), rows(), height, 0.0),
            },
            chroma: Resampler {
                columns: Axis::new(chroma_size.0, columns(), width, left),
                rows: Axis::new(chroma_size.1, rows(), height, top),
            },
            size: (width, height),
        }
    }
}

impl Made {
    fn new(of: VideoInfo, size: (u32, u32)) -> Result<Self, Error> {
        let planes = match has_planes(&of) {
            true => None,
            false => Some(converter(&of)?),
        };
        let read = planes.as_ref().map_or(&of, |(planes, _)| planes);
        let all = Area {
            x: 0.0,
            y: 0.0,
            width: 1.0,
            height: 1.0,
        };
        Ok(Self {
            colour: Colour::of(read),
            whole: Sampling::new(read, &all, size),
            planes,
            of,
        })
    }

    /// What the samples that are read are like.
    fn read(&self) -> &VideoInfo {
        self.planes.as_ref().map_or(&self.of, |(planes, _)| planes)
    }

    /// As it is stored.
    fn picture(&self, buffer: &gst::BufferRef, sampling: &Sampling) -> Result<RgbImage, Error> {
        let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &self.of).map_err(failed)?;
        let pixels = match &self.planes {
            None => self.pixels(&frame, sampling)?,
            Some((planes, converter)) => {
                let mut made = gst::Buffer::with_size(planes.size()).map_err(failed)?;
                let made = made.make_mut();
                let mut to =
                    VideoFrameRef::from_buffer_ref_writable(made, planes).map_err(failed)?;
                converter.frame_ref(&frame, &mut to);
                drop(to);
                let to = VideoFrameRef::from_buffer_ref_readable(made, planes).map_err(failed)?;
                self.pixels(&to, sampling)?
            }
        };
        let (width, height) = sampling.size;
        RgbImage::from_raw(width, height, pixels)
            .ok_or_else(|| Error::Convert("it is too short".to_owned()))
    }

    fn pixels(
        &self,
        frame: &VideoFrameRef<&gst::BufferRef>,
        sampling: &Sampling,
    ) -> Result<Vec<u8>, Error> {
        let format = frame.format_info();
        let plane = |component: u32, resampler: &Resampler| -> Result<Vec<f32>, Error> {
            let stride = frame.comp_stride(component);
            let plane = Plane {
                data: frame.comp_data(component).map_err(failed)?,
                stride: usize::try_from(stride).map_err(failed)?.max(1),
            };
            let width = format.scale_width(component as u8, frame.width());
            Ok(resampler.resample(plane, width as usize))
        };
        let luma = plane(0, &sampling.luma)?;
        let (blue, red) = (plane(1, &sampling.chroma)?, plane(2, &sampling.chroma)?);
        let samples = luma.iter().zip(blue.iter().zip(&red));
        let pixels = samples.flat_map(|(luma, (blue, red))| self.colour.rgb(*luma, *blue, *red));
        Ok(pixels.collect())
    }
}

/// What caps say of frames. GStreamer 1.22 forgets where chroma lies. Nothing said means MPEG-2's place
/// (ITU-T H.264, E.2.1): above the left one of two columns, between two rows.
fn stored(caps: &gst::CapsRef) -> Result<VideoInfo, Error> {
    let info = VideoInfo::from_caps(caps).map_err(failed)?;
    let said = caps
        .structure(0)
        .and_then(|said| said.get::<&str>("chroma-site").ok())
        .and_then(|site| site.parse::<VideoChromaSite>().ok());
    let site = said.unwrap_or(VideoChromaSite::MPEG2);
    let told = VideoInfo::builder_from_info(&info).chroma_site(site);
    told.build().map_err(failed)
}

/// Whether a frame is luma and two planes of chroma, a byte for each sample.
fn has_planes(info: &VideoInfo) -> bool {
    let format = info.format_info();
    format.is_yuv()
        && format.n_components() == 3
        && format.n_planes() == 3
        && format.depth().iter().all(|bits| *bits == 8)
        && format.pixel_stride()[..3].iter().all(|step| *step == 1)
}

/// From other frames to such as have three planes.
fn converter(stored: &VideoInfo) -> Result<(VideoInfo, VideoConverter), Error> {
    // The converter changes neither rate nor fields, and refuses where they seem to differ.
    let mut planes = VideoInfo::builder(VideoFormat::I420, stored.width(), stored.height())
        .fps(stored.fps())
        .interlace_mode(stored.interlace_mode());
    let colours = stored.colorimetry();
    if stored.format_info().is_yuv() {
        planes = planes
            .colorimetry(&colours)
            .chroma_site(stored.chroma_site());
    }
    let planes = planes.build().map_err(failed)?;
    let converter = VideoConverter::new(stored, &planes, None).map_err(failed)?;
    Ok((planes, converter))
}

/// How much further than the middle of their share chroma samples are to be looked for, in their own
/// number, to the right and below.
fn chroma_offset(info: &VideoInfo) -> (f64, f64) {
    let format = info.format_info();
    let site = info.chroma_site();
    let halves = |subsampled: u32, is_cosited: bool| match subsampled > 0 && is_cosited {
        true => 0.5 - 0.5 / f64::from(1_u32 << subsampled),
        false => 0.0,
    };
    (
        halves(format.w_sub()[1], site.contains(VideoChromaSite::H_COSITED)),
        halves(format.h_sub()[1], site.contains(VideoChromaSite::V_COSITED)),
    )
}

fn failed(reason: impl std::fmt::Display) -> Error {
    Error::Convert(reason.to_string())
}

#[cfg(test)]
mod tests {
    use gst_video::VideoColorimetry;

    use super::*;

    /// Grey from black to white over the columns, red to the left of the middle.
    fn frame(format: VideoFormat) -> gst::Sample {
        let (width, height) = (64, 32);
        let colours: VideoColorimetry = "bt709".parse().unwrap();
        let info = |format| {
            let info = VideoInfo::builder(format, width, height).colorimetry(&colours);
            info.chroma_site(VideoChromaSite::MPEG2).build().unwrap()
        };
        let drawn = info(VideoFormat::I420);
        let mut buffer = gst::Buffer::with_size(drawn.size()).unwrap();
        {
            let buffer = buffer.make_mut();
            let mut frame = VideoFrameRef::from_buffer_ref_writable(buffer, &drawn).unwrap();
            for component in 0..3 {
                let stride = frame.comp_stride(component) as usize;
                for row in frame.comp_data_mut(component).unwrap().chunks_mut(stride) {
                    for (x, sample) in row.iter_mut().enumerate() {
                        *sample = match component {
                            0 => 16 + 3 * x as u8,
                            2 if x < 16 => 200,
                            _ => 128,
                        };
                    }
                }
            }
        }
        let wanted = info(format);
        if format != VideoFormat::I420 {
            let converter = VideoConverter::new(&drawn, &wanted, None).unwrap();
            let mut made = gst::Buffer::with_size(wanted.size()).unwrap();
            {
                let from = VideoFrameRef::from_buffer_ref_readable(&buffer, &drawn).unwrap();
                let to = made.make_mut();
                let mut to = VideoFrameRef::from_buffer_ref_writable(to, &wanted).unwrap();
                converter.frame_ref(&from, &mut to);
            }
            buffer = made;
        }
        gst::Sample::builder()
            .buffer(&buffer)
            .caps(&wanted.to_caps().unwrap())
            .build()
    }

    fn picture(format: VideoFormat, orientation: Orientation, size: (u32, u32)) -> RgbImage {
        gst::init().unwrap();
        let mut scaler = Scaler::new(orientation, size);
        let first = scaler.picture(&frame(format)).unwrap();
        assert_eq!(scaler.picture(&frame(format)).unwrap(), first, "again");
        first
    }

    #[test]
    fn frames_of_all_kinds_become_the_same_picture() {
        let expected = picture(VideoFormat::I420, Orientation::Identity, (32, 16));
        // Luma 16 + 3 * 40.5 to the right, where there is no colour.
        let grey = ((3.0_f32 * 40.5) * 255.0 / 219.0).round() as u8;
        let right = expected.get_pixel(20, 8).0;
        assert!(
            right.iter().all(|level| level.abs_diff(grey) <= 1),
            "{right:?}, {grey}"
        );
        let left = expected.get_pixel(5, 8).0;
        assert!(left[0] > left[1].saturating_add(100), "{left:?}");
        for format in [
            VideoFormat::Yv12,
            VideoFormat::Nv12,
            VideoFormat::Y444,
            VideoFormat::I42010le,
            VideoFormat::P01010le,
            VideoFormat::Yuy2,
        ] {
            let made = picture(format, Orientation::Identity, (32, 16));
            let pairs = made.iter().zip(expected.iter()).enumerate();
            // Beside the edge of the colour, chroma that was resampled twice lies otherwise.
            let beside = |at: usize| (14..=18).contains(&(at / 3 % 32));
            let far = pairs.filter(|(at, (a, b))| !beside(*at) && a.abs_diff(**b) > 2);
            assert_eq!(far.count(), 0, "{format:?}");
        }
    }

    #[test]
    fn pictures_are_upright_in_the_wanted_size() {
        for orientation in [Orientation::Rotate90, Orientation::FlipRotate270] {
            let made = picture(VideoFormat::I420, orientation, (16, 32));
            assert_eq!(made.dimensions(), (16, 32));
        }
        let made = picture(VideoFormat::I420, Orientation::Rotate90, (16, 32));
        // What was the left side is above now.
        assert!(made.get_pixel(8, 28).0[1] > made.get_pixel(8, 20).0[1]);
    }

    #[test]
    fn where_chroma_lies_is_as_the_caps_say() {
        gst::init().unwrap();
        let offset = |site: Option<&str>| {
            let caps = gst::Caps::builder("video/x-raw")
                .field("format", "I420")
                .field("width", 64)
                .field("height", 32)
                .field("framerate", gst::Fraction::new(25, 1))
                .field_if_some("chroma-site", site);
            chroma_offset(&stored(&caps.build()).unwrap())
        };
        assert_eq!(offset(Some("mpeg2")), (0.25, 0.0));
        assert_eq!(offset(Some("jpeg")), (0.0, 0.0));
        assert_eq!(offset(Some("cosited")), (0.25, 0.25));
        assert_eq!(offset(None), (0.25, 0.0), "as MPEG-2 has it");
        assert_eq!(offset(Some("nowhere")), (0.25, 0.0));
    }

    #[test]
    fn what_is_cut_out_is_what_the_whole_picture_has_there() {
        gst::init().unwrap();
        let area = Area {
            x: 0.25,
            y: 0.5,
            width: 0.5,
            height: 0.25,
        };
        for (orientation, size) in [
            (Orientation::Identity, (64, 32)),
            (Orientation::Rotate90, (32, 64)),
            (Orientation::Rotate270, (32, 64)),
            (Orientation::FlipVertical, (64, 32)),
            (Orientation::FlipRotate90, (32, 64)),
        ] {
            let (width, height) = (size.0 / 2, size.1 / 4);
            let mut scaler = Scaler::new(orientation, size);
            let sample = frame(VideoFormat::I420);
            let mut whole = scaler.picture(&sample).unwrap();
            let cut = scaler.cut(&sample, &area, (width, height)).unwrap();
            let place = (size.0 / 4, size.1 / 2);
            let expected = image::imageops::crop(&mut whole, place.0, place.1, width, height);
            assert_eq!(cut, expected.to_image(), "{orientation:?}");
        }
    }
}
