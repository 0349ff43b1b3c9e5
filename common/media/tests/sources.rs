//! Real files through [`RangeSrc`]: streams found, decoded whole, and from the middle.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use reeldrop_media::{Demuxed, LocalFile, MediaError, StreamKind, Track};

const PATIENCE: Duration = Duration::from_secs(30);

/// A file of the test media, or nothing where they are not on this machine.
fn media(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("skipped: REELDROP_TEST_MEDIA is not set");
        return None;
    };
    Some(PathBuf::from(folder).join(name))
}

fn open(path: &std::path::Path) -> Result<Demuxed, MediaError> {
    Demuxed::open(Arc::new(LocalFile::open(path).unwrap()), PATIENCE)
}

fn times(path: &std::path::Path, from_ns: Option<u64>) -> Vec<i64> {
    let decoding = open(path)
        .unwrap()
        .decode(Track::Video(0), from_ns)
        .unwrap();
    let mut frames = decoding.frames().unwrap();
    let mut times = Vec::new();
    while let Some(frame) = frames.next(PATIENCE).unwrap() {
        times.push(frame.time_ns.unwrap());
    }
    times
}

#[test]
fn streams_are_listed_in_the_files_order() {
    let Some(path) = media("multi_2video_2audio_2subs_nasa.mp4") else {
        return;
    };
    let demuxed = open(&path).unwrap();
    let ids: Vec<_> = demuxed
        .streams()
        .iter()
        .filter(|stream| matches!(stream.kind, StreamKind::Video(_)))
        .map(|stream| stream.id.clone())
        .collect();
    assert_eq!(ids, ["001", "004"]);
    assert_eq!(demuxed.demuxers(), ["qtdemux"]);
    assert!(demuxed.seekable());
}

#[test]
fn frames_from_the_middle_are_those_of_the_whole() {
    let Some(path) = media("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let whole = times(&path, None);
    assert_eq!(whole.len(), 512);
    let tail = times(&path, Some(10_000_000_000));
    assert!(
        tail[0] <= 10_000_000_000,
        "starts at the key frame before: {}",
        tail[0]
    );
    assert_eq!(tail, whole[whole.len() - tail.len()..]);
}

#[test]
fn an_audio_track_is_decoded_alone() {
    let Some(path) = media("h264_aac_640x360_8s_audio_first.mp4") else {
        return;
    };
    let started = Instant::now();
    let mut blocks = open(&path)
        .unwrap()
        .decode(Track::Audio(0), None)
        .unwrap()
        .frames()
        .unwrap();
    let mut bytes = 0;
    while let Some(block) = blocks.next(PATIENCE).unwrap() {
        bytes += block.sample.buffer().unwrap().size();
    }
    assert!(bytes >= 8 * 48_000 * 2 * 4, "{bytes}");
    assert!(started.elapsed() < PATIENCE);
}

#[test]
fn what_is_no_media_is_said_to_be_none() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        file.path(),
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\nhttp://127.0.0.1:1/a.ts\n",
    )
    .unwrap();
    assert!(matches!(
        open(file.path()),
        Err(MediaError::NotMedia | MediaError::UnsupportedCodec { .. })
    ));
    std::fs::write(file.path(), b"").unwrap();
    assert!(open(file.path()).is_err());
}

#[test]
fn all_files_open_or_fail_without_hanging() {
    let Some(folder) = media("") else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let started = Instant::now();
        // Whether it opens is for probe to judge.
        let _ = open(&path);
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{}",
            path.display()
        );
    }
}
