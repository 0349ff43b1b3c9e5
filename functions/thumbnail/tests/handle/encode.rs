//! Pictures through a real encoder, a key frame every two seconds.

use bytes::Bytes;
use gstreamer::{self as gst, prelude::*};
use gstreamer_app as gst_app;
use reeldrop_events::VideoCodec;

/// A coded picture.
pub(crate) struct Coded {
    pub(crate) data: Bytes,
    /// When it is shown, counted in frames.
    pub(crate) frame: u64,
    pub(crate) key: bool,
}

/// The codec's configuration, and the pictures in decode order.
pub(crate) fn encode(
    source: &str,
    codec: VideoCodec,
    (width, height): (u32, u32),
) -> (Vec<u8>, Vec<Coded>) {
    gst::init().unwrap();
    let encoder = match codec {
        VideoCodec::H264 => {
            "x264enc key-int-max=60 speed-preset=ultrafast bframes=2 option-string=scenecut=0 \
             ! h264parse ! video/x-h264,stream-format=avc,alignment=au"
        }
        VideoCodec::H265 => {
            "x265enc key-int-max=60 speed-preset=ultrafast option-string=scenecut=0:open-gop=0 \
             ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au"
        }
        VideoCodec::Av1 => {
            "av1enc keyframe-max-dist=60 cpu-used=8 lag-in-frames=0 ! av1parse \
             ! video/x-av1,stream-format=obu-stream,alignment=tu"
        }
    };
    let pipeline = format!(
        "{source} ! videoconvertscale \
         ! video/x-raw,format=I420,width={width},height={height},framerate=30/1 \
         ! {encoder} ! appsink name=sink sync=false"
    );
    let pipeline = gst::parse::launch(&pipeline).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let sink = pipeline.by_name("sink").unwrap();
    let sink = sink.downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let (mut config, mut coded) = (Vec::new(), Vec::new());
    let mut times = Vec::new();
    while let Ok(sample) = sink.pull_sample() {
        let buffer = sample.buffer().unwrap();
        let map = buffer.map_readable().unwrap();
        if coded.is_empty() {
            config = configuration(codec, sample.caps().unwrap());
        }
        times.push(buffer.pts().unwrap().nseconds());
        coded.push(Coded {
            data: Bytes::copy_from_slice(without_delimiter(codec, &map)),
            frame: 0,
            key: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
        });
    }
    pipeline.set_state(gst::State::Null).unwrap();
    let first = *times.iter().min().unwrap();
    for (picture, time) in coded.iter_mut().zip(times) {
        picture.frame = ((time - first) * 30 + 500_000_000) / 1_000_000_000;
    }
    (config, coded)
}

fn configuration(codec: VideoCodec, caps: &gst::CapsRef) -> Vec<u8> {
    match codec {
        VideoCodec::H264 | VideoCodec::H265 => {
            let data = caps.structure(0).unwrap().get::<gst::Buffer>("codec_data");
            data.unwrap().map_readable().unwrap().to_vec()
        }
        // Main profile, level 5.1, 8 bits, 4:2:0.
        VideoCodec::Av1 => vec![0x81, 13, 0x0c, 0],
    }
}

/// Files hold AV1 without temporal delimiters.
fn without_delimiter(codec: VideoCodec, data: &[u8]) -> &[u8] {
    match codec {
        VideoCodec::Av1 => data.strip_prefix(&[0x12, 0]).unwrap_or(data),
        VideoCodec::H264 | VideoCodec::H265 => data,
    }
}
