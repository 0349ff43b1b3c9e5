//! Sources made on the spot.

use std::path::PathBuf;

use gst::prelude::*;
use gstreamer as gst;
use tempfile::TempDir;

/// A folder for made files.
pub(crate) struct Made {
    folder: TempDir,
}

impl Made {
    pub(crate) fn new() -> Self {
        reeldrop_media::init().unwrap();
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file of these bytes.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A file that the pipeline `description` gives.
    pub(crate) fn run(&self, name: &str, description: &str) -> PathBuf {
        let path = self.path(name);
        let whole = format!("{description} ! filesink location={}", path.display());
        let pipeline = gst::parse::launch(&whole).unwrap();
        let bus = pipeline.bus().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let end = bus
            .timed_pop_filtered(gst::ClockTime::from_seconds(60), &wanted)
            .unwrap();
        assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
        pipeline.set_state(gst::State::Null).unwrap();
        path
    }

    /// Frames of planar 4:2:0, encoded almost without loss at 25 frames a second.
    pub(crate) fn video(
        &self,
        name: &str,
        frames: &[Planar],
        format: &str,
        encoder: &str,
    ) -> PathBuf {
        let bytes: Vec<u8> = frames
            .iter()
            .flat_map(|frame| frame.bytes(format == "i420-10le"))
            .collect();
        let raw = self.file("frames.raw", &bytes);
        let (width, height) = (frames[0].width, frames[0].height);
        self.run(
            name,
            &format!(
                "filesrc location={} ! rawvideoparse format={format} width={width} height={height} \
                 framerate=25/1 ! {encoder} ! matroskamux",
                raw.display()
            ),
        )
    }
}

/// x264 that keeps flat areas as they are.
pub(crate) const X264: &str = "x264enc pass=qual quantizer=4 speed-preset=ultrafast ! h264parse";

/// x265 in ten bits.
pub(crate) const X265: &str =
    "x265enc speed-preset=ultrafast option-string=crf=6:log-level=none ! h265parse";

/// A picture in planar 4:2:0.
#[derive(Clone)]
pub(crate) struct Planar {
    width: usize,
    height: usize,
    samples: Vec<u16>,
}

impl Planar {
    /// Paints each pixel with the luma and chroma that `color` gives for its place.
    pub(crate) fn paint(
        width: usize,
        height: usize,
        color: impl Fn(usize, usize) -> [u16; 3],
    ) -> Self {
        let mut samples = Vec::new();
        for y in 0..height {
            samples.extend((0..width).map(|x| color(x, y)[0]));
        }
        for plane in [1, 2] {
            for y in (0..height).step_by(2) {
                samples.extend((0..width).step_by(2).map(|x| color(x, y)[plane]));
            }
        }
        Self {
            width,
            height,
            samples,
        }
    }

    fn bytes(&self, wide: bool) -> Vec<u8> {
        match wide {
            true => self
                .samples
                .iter()
                .flat_map(|sample| sample.to_le_bytes())
                .collect(),
            false => self
                .samples
                .iter()
                .map(|sample| u8::try_from(*sample).unwrap())
                .collect(),
        }
    }
}
