//! Proof that chunks partition the frames of real sources, bit by bit.

use std::{
    collections::hash_map::DefaultHasher,
    hash::Hasher,
    path::{Path, PathBuf},
    sync::Arc,
};

use gst::prelude::*;
use gstreamer as gst;
use reeldrop_events::{Chunk, FrameRate, Ratio, Timeline};
use reeldrop_media::{Frame, LocalFile, ReadAt};

use super::{
    feed,
    gate::{Gate, Pacing},
    opened::open_at,
    picture::tests::video,
};

fn media(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("REELDROP_TEST_MEDIA");
    if folder.is_none() {
        eprintln!("REELDROP_TEST_MEDIA is not set: {name} is not tested");
    }
    folder.map(|folder| PathBuf::from(folder).join(name))
}

/// A time line that keeps every frame at its own time, with GOPs of a second.
fn timeline(origin_ns: u64) -> Timeline {
    Timeline {
        origin_ns,
        timescale: 90_000,
        frame_rate: FrameRate::Variable(Ratio { num: 30, den: 1 }),
        gop_ticks: 90_000,
        segment_ticks: 90_000,
        first_segment_ticks: None,
    }
}

fn hash(frame: &Frame) -> u64 {
    let mut hasher = DefaultHasher::new();
    let map = frame.sample.buffer().unwrap().map_readable().unwrap();
    hasher.write(&map);
    hasher.finish()
}

/// The frames of one chunk: time and hash.
fn decode(
    reader: &Arc<dyn ReadAt>,
    timeline: &Timeline,
    start: u64,
    end: Option<u64>,
) -> Vec<(u64, u64)> {
    let chunk = Chunk {
        index: 0,
        first_segment: 0,
        segments: 1,
        start,
        end,
    };
    let opened = open_at(reader, &video(1, 1080), timeline, start, "identity").unwrap();
    let gate = Gate::new(*timeline, Pacing::Source, &chunk);
    let mut frames = Vec::new();
    feed::through(gate, timeline, opened, &mut |frame, shown| {
        frames.push((shown.tick, hash(frame)));
        Ok(())
    })
    .unwrap();
    frames
}

/// Checks that chunks of `chunk_s` seconds hold what one decode of all holds.
fn check(path: &Path, chunk_s: u64) {
    reeldrop_media::init().unwrap();
    let reader: Arc<dyn ReadAt> = Arc::new(LocalFile::open(path).unwrap());
    let first = open_at(&reader, &video(1, 1080), &timeline(0), 0, "identity")
        .unwrap()
        .first
        .unwrap();
    let timeline = timeline(u64::try_from(first.time_ns.unwrap()).unwrap());
    let whole = decode(&reader, &timeline, 0, None);
    let last = whole.last().unwrap().0;
    let mut joined = Vec::new();
    let mut start = 0;
    while start <= last {
        let end = start + chunk_s * 90_000;
        joined.extend(decode(
            &reader,
            &timeline,
            start,
            (end <= last).then_some(end),
        ));
        start = end;
    }
    let at = joined.iter().zip(&whole).position(|(a, b)| a != b);
    let ends = (joined.last(), whole.last());
    assert_eq!(
        (at, joined.len()),
        (None, whole.len()),
        "{}: {ends:?}",
        path.display()
    );
}

/// Runs a pipeline that writes a file.
fn make(description: &str) {
    reeldrop_media::init().unwrap();
    let pipeline = gst::parse::launch(description).unwrap();
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = bus
        .timed_pop_filtered(gst::ClockTime::from_seconds(60), &wanted)
        .unwrap();
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn mp4_with_b_frames() {
    let Some(path) = media("h264_aac_640x360_17s.mp4") else {
        return;
    };
    check(&path, 2);
}

#[test]
fn the_same_in_a_transport_stream_and_in_matroska() {
    let Some(path) = media("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for (muxer, name) in [("mpegtsmux", "a.ts"), ("matroskamux", "a.mkv")] {
        let out = folder.path().join(name);
        let (from, to) = (path.display(), out.display());
        make(&format!(
            "filesrc location={from} ! qtdemux ! h264parse ! {muxer} ! filesink location={to}"
        ));
        check(&out, 2);
    }
}

#[test]
fn hevc_with_open_gops() {
    let folder = tempfile::tempdir().unwrap();
    for (muxer, name) in [
        ("mp4mux", "a.mp4"),
        ("matroskamux", "a.mkv"),
        ("mpegtsmux", "a.ts"),
    ] {
        let out = folder.path().join(name);
        make(&format!(
            "videotestsrc num-buffers=180 pattern=smpte ! timeoverlay font-desc=\"Sans 40\" ! video/x-raw,width=320,height=180,framerate=30/1 \
             ! x265enc speed-preset=ultrafast option-string=open-gop=1:keyint=40:min-keyint=40:bframes=4 \
             ! h265parse ! queue ! {muxer} ! filesink location={}",
            out.display()
        ));
        check(&out, 1);
    }
}

#[test]
fn variable_frame_rate_with_an_edit_list() {
    let Some(path) = media("vfr_edit_list.mp4") else {
        return;
    };
    check(&path, 1);
}

#[test]
fn other_containers_and_codecs() {
    let clips = [
        "mpeg4_mp3.avi",
        "vp9_noaudio_bear.webm",
        "vp9_vorbis51_540p60.webm",
        "mpeg2_mp2_1080p.ts",
        "av1_videoonly_5s.mkv",
        "frag_seekable.mp4",
        "h264_aac_rot270_720p.mp4",
        "multi_2video_2audio_2subs_nasa.mp4",
    ];
    for clip in clips {
        let Some(path) = media(clip) else { return };
        check(&path, 1);
    }
}
