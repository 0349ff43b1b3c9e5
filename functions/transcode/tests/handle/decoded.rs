//! What the function wrote, read back by GStreamer.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use gstreamer_video::{VideoFrameExt, VideoFrameRef, VideoInfo};
use reeldrop_media::{Demuxed, Frame, Frames, ReadAt, Track};

const PATIENCE: Duration = Duration::from_secs(20);

struct Memory(Bytes);

impl ReadAt for Memory {
    fn size_bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        let offset = usize::try_from(offset).unwrap().min(self.0.len());
        Ok(self.0.slice(offset..(offset + len).min(self.0.len())))
    }
}

fn opened(file: Vec<u8>) -> Demuxed {
    Demuxed::open(Arc::new(Memory(file.into())), PATIENCE).unwrap()
}

fn all(mut frames: Frames) -> Vec<Frame> {
    std::iter::from_fn(|| frames.next(PATIENCE).unwrap()).collect()
}

/// A decoded picture.
pub(crate) struct Picture {
    pub(crate) time_ns: i64,
    pub(crate) width: usize,
    pub(crate) height: usize,
    planes: [Vec<u8>; 3],
}

impl Picture {
    fn of(frame: &Frame) -> Self {
        let info = VideoInfo::from_caps(frame.sample.caps().unwrap()).unwrap();
        let mapped =
            VideoFrameRef::from_buffer_ref_readable(frame.sample.buffer().unwrap(), &info).unwrap();
        let planes = [0, 1, 2].map(|plane| {
            let (stride, rows) = (
                mapped.plane_stride()[plane as usize],
                mapped.comp_height(plane),
            );
            let (stride, width) = (
                usize::try_from(stride).unwrap(),
                mapped.comp_width(plane) as usize,
            );
            let data = mapped.plane_data(plane).unwrap();
            (0..rows as usize)
                .flat_map(|y| data[y * stride..][..width].to_vec())
                .collect()
        });
        Self {
            time_ns: frame.time_ns.unwrap(),
            width: info.width() as usize,
            height: info.height() as usize,
            planes,
        }
    }

    /// Luma and chroma at a place given in hundredths of width and height.
    pub(crate) fn at(&self, across: usize, down: usize) -> [u8; 3] {
        let (x, y) = (self.width * across / 100, self.height * down / 100);
        let half = y / 2 * (self.width / 2) + x / 2;
        [
            self.planes[0][y * self.width + x],
            self.planes[1][half],
            self.planes[2][half],
        ]
    }

    /// One row of luma.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.planes[0][y * self.width..][..self.width]
    }
}

/// The pictures of a video file.
pub(crate) fn pictures(file: Vec<u8>) -> Vec<Picture> {
    let decoding = opened(file).decode(Track::Video(0), None).unwrap();
    all(decoding.frames().unwrap())
        .iter()
        .map(Picture::of)
        .collect()
}

/// Times of the pictures of a video file that are shown, nanoseconds.
pub(crate) fn times(file: Vec<u8>) -> Vec<i64> {
    let decoding = opened(file).decode(Track::Video(0), None).unwrap();
    let frames = all(decoding.frames().unwrap());
    frames
        .iter()
        .filter_map(|frame| frame.time_ns)
        .filter(|time| *time >= 0)
        .collect()
}

/// Times of the key frames of a video file, nanoseconds.
pub(crate) fn key_times(file: Vec<u8>) -> Vec<i64> {
    let packets = all(opened(file).packets(Track::Video(0), None).unwrap());
    packets
        .iter()
        .filter(|packet| packet.key)
        .map(|packet| packet.time_ns.unwrap())
        .collect()
}

/// The left channel of a sound file.
pub(crate) fn left(file: Vec<u8>) -> Vec<f32> {
    let decoding = opened(file).decode(Track::Audio(0), None).unwrap();
    let mut samples = Vec::new();
    for frame in all(decoding.frames().unwrap()) {
        let info = gstreamer_audio::AudioInfo::from_caps(frame.sample.caps().unwrap()).unwrap();
        assert_eq!(
            (info.format(), info.channels()),
            (gstreamer_audio::AudioFormat::F32le, 2)
        );
        let map = frame.sample.buffer().unwrap().map_readable().unwrap();
        let both = map
            .as_chunks::<4>()
            .0
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes));
        if info.layout() == gstreamer_audio::AudioLayout::Interleaved {
            samples.extend(both.step_by(2));
        } else {
            samples.extend(both.take(map.len() / 8));
        }
    }
    samples
}
