//! A chunk encoded again gives the same bytes, whatever lay in the encoder's memory before, and
//! whatever instructions the machine has.

use std::{path::Path, process::Command, sync::Arc};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use reeldrop_events::{
    AssetId, Chunk, ChunkPlanned, FrameRate, Ratio, Rendition, Scheme, Source, Timeline, VideoCodec,
};
use reeldrop_media::{LocalFile, ReadAt};

use super::{encoder, picture::tests::video, transcode};
use crate::{Config, Encoder};

/// Names the folder to encode to: set in the processes that this test starts, and only there.
const TO: &str = "REELDROP_TEST_ENCODE_TO";

/// Bytes that glibc fills new memory with: each the complement of the setting. With the first, x264's
/// AVX-512 code took what lies behind the last row for motion into the picture.
const MEMORY: [u8; 4] = [0x01, 0x02, 0x25, 0xff];

fn rung(name: &str, width: u32, height: u32, max_bitrate_bps: u64) -> Rendition {
    Rendition {
        name: name.to_owned(),
        codec: VideoCodec::H264,
        width,
        height,
        max_bitrate_bps,
        crf: 23,
        preset: "veryfast".to_owned(),
    }
}

fn planned() -> ChunkPlanned {
    let source = Source {
        bucket: "uploads".to_owned(),
        object: "clip".to_owned(),
        version: "1".to_owned(),
        size_bytes: 0,
    };
    let rate = Ratio { num: 30, den: 1 };
    let mut video = video(1, 360);
    video.frame_rate = rate;
    ChunkPlanned {
        asset: AssetId::of(&source),
        source,
        timeline: Timeline {
            origin_ns: 0,
            timescale: 30_000,
            frame_rate: FrameRate::Variable(rate),
            gop_ticks: 60_000,
            segment_ticks: 180_000,
            first_segment_ticks: Some(60_000),
        },
        video,
        chunk: Chunk {
            index: 0,
            first_segment: 0,
            segments: 1,
            start: 0,
            end: Some(60_000),
        },
        // x264's AVX-512 code works on 16 macroblocks at once: only the last is a multiple of them wide.
        ladder: vec![
            rung("large", 640, 360, 800_000),
            rung("small", 426, 240, 300_000),
            rung("even", 256, 144, 200_000),
        ],
        scheme: Scheme::Cbcs,
    }
}

fn encode(clip: &Path, to: &Path) {
    reeldrop_media::init().unwrap();
    let reader: Arc<dyn ReadAt> = Arc::new(LocalFile::open(clip).unwrap());
    let planned = planned();
    let encoded = transcode(&planned, &reader, Config::default()).unwrap();
    for (rendition, encoded) in planned.ladder.iter().zip(encoded.renditions) {
        std::fs::write(to.join(&rendition.name), encoded.segments).unwrap();
    }
}

/// Encodes in a process of its own, whose new memory is filled.
fn encode_apart(memory: u8) -> Vec<Vec<u8>> {
    let to = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "video::repeatable::what_lies_in_memory_decides_nothing",
        ])
        .env(TO, to.path())
        .env("MALLOC_PERTURB_", memory.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let ladder = planned().ladder;
    let read = |rendition: &Rendition| std::fs::read(to.path().join(&rendition.name)).unwrap();
    ladder.iter().map(read).collect()
}

#[test]
fn what_lies_in_memory_decides_nothing() {
    let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("REELDROP_TEST_MEDIA is not set: repeated encoding is not tested");
        return;
    };
    if let Some(to) = std::env::var_os(TO) {
        let clip = Path::new(&folder).join("h264_aac_640x360_8s_audio_first.mp4");
        return encode(&clip, Path::new(&to));
    }
    let first = encode_apart(0);
    for memory in MEMORY {
        assert!(
            encode_apart(memory) == first,
            "memory filled with {:#04x} changes what is encoded",
            !memory
        );
    }
}

/// A moving test picture, encoded with some of the machine's instructions left out.
fn encoded(without: &str) -> Vec<u8> {
    let rung = rung("large", 640, 360, 800_000);
    let encoder =
        encoder(&rung, Encoder::X264, 1).replace("scenecut=0", &format!("scenecut=0{without}"));
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers=60 pattern=ball motion=sweep \
         ! video/x-raw,format=I420,width=640,height=360,framerate=30/1 \
         ! {encoder} ! appsink name=out sync=false"
    ));
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let out = pipeline.by_name("out").unwrap();
    let out = out.downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut bytes = Vec::new();
    while let Ok(sample) = out.pull_sample() {
        bytes.extend_from_slice(&sample.buffer().unwrap().map_readable().unwrap());
    }
    pipeline.set_state(gst::State::Null).unwrap();
    bytes
}

#[test]
fn what_instructions_a_machine_has_decides_nothing() {
    reeldrop_media::init().unwrap();
    let first = encoded("");
    assert!(first.len() > 10_000, "{} bytes", first.len());
    let without = if cfg!(target_arch = "x86_64") {
        &[":asm=AVX2", ":asm=SSE4.2", ":asm=0"][..]
    } else {
        &[":asm=0"]
    };
    for without in without {
        assert!(
            encoded(without) == first,
            "{without} changes what is encoded"
        );
    }
}
