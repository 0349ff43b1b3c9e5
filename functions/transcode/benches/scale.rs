//! The ladder's own steps of size: ours beside GStreamer's converter with the same kind of filter.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use divan::{Bencher, counter::BytesCount};
use gstreamer as gst;
use gstreamer_video as gst_video;
use transcode::scale::PlaneScaler;

/// Width and height of the source and of what is made of it.
const STEPS: [[u32; 4]; 5] = [
    [1920, 1080, 1280, 720],
    [1920, 1080, 854, 480],
    [1280, 720, 640, 360],
    [854, 480, 426, 240],
    [640, 360, 426, 240],
];

fn main() {
    gst::init().unwrap();
    divan::main();
}

fn info(width: u32, height: u32) -> gst_video::VideoInfo {
    let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height);
    info.build().unwrap()
}

fn noise(bytes: usize) -> Vec<u8> {
    let sample = |at: usize| ((at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
    (0..bytes).map(sample).collect()
}

#[divan::bench(args = STEPS)]
fn ours(bencher: Bencher<'_, '_>, [width, height, to_width, to_height]: [u32; 4]) {
    let (from, to) = (info(width, height), info(to_width, to_height));
    let source = noise(from.size());
    let mut out = vec![0; to.size()];
    let size = |info: &gst_video::VideoInfo, plane: u8| {
        let (width, height) = (info.comp_width(plane), info.comp_height(plane));
        (width as usize, height as usize)
    };
    let mut planes: Vec<PlaneScaler> = (0..3)
        .map(|plane| PlaneScaler::new(size(&from, plane), size(&to, plane)))
        .collect();
    bencher
        .counter(BytesCount::new(from.size()))
        .bench_local(|| {
            for (plane, scaler) in planes.iter_mut().enumerate() {
                scaler.scale(
                    &source[from.offset()[plane]..],
                    from.stride()[plane] as usize,
                    &mut out[to.offset()[plane]..],
                    to.stride()[plane] as usize,
                );
            }
        });
}

#[divan::bench(args = STEPS)]
fn gstreamer(bencher: Bencher<'_, '_>, [width, height, to_width, to_height]: [u32; 4]) {
    let (from, to) = (info(width, height), info(to_width, to_height));
    let mut config = gst_video::VideoConverterConfig::new();
    config.set_resampler_method(gst_video::VideoResamplerMethod::Cubic);
    let converter = gst_video::VideoConverter::new(&from, &to, Some(config)).unwrap();
    let source = gst::Buffer::from_mut_slice(noise(from.size()));
    let source = gst_video::VideoFrame::from_buffer_readable(source, &from).unwrap();
    let out = gst::Buffer::with_size(to.size()).unwrap();
    let mut out = gst_video::VideoFrame::from_buffer_writable(out, &to).unwrap();
    bencher
        .counter(BytesCount::new(from.size()))
        .bench_local(|| converter.frame(&source, &mut out));
}
