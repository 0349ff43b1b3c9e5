//! `handle` with real files in a real bucket: every file of the test media against
//! `golden/media.tsv`, twice each; and the files that tests make up themselves.
//!
//! `REELDROP_WRITE_GOLDEN=1` writes the table anew: read the difference before keeping it.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    collections::HashSet,
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use probe::Probe;
use reeldrop_events::{
    AudioTrack, Events, FrameRate, MediaProbed, MediaRejected, Payload, UploadFinalized,
};
use reeldrop_media::{LocalFile, Profile, ReadAt};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Bucket, Location, testing::TestBuckets};

/// Longest that any file may take on a busy machine, though five seconds are promised.
const PROMISED: Duration = Duration::from_secs(5);

fn media_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("REELDROP_TEST_MEDIA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: REELDROP_TEST_MEDIA is not set");
    }
    folder
}

fn probe(buckets: &TestBuckets) -> Probe {
    Probe::new(buckets.store.clone(), Profile::load("default").unwrap())
}

fn first<P: Payload>(events: &Events) -> Option<P> {
    let event = events.as_slice().first()?;
    (event.ty == P::TYPE).then(|| serde_json::from_value(event.data.clone()).unwrap())
}

fn reason(events: &Events) -> String {
    first::<MediaRejected>(events).map_or_else(|| "accepted".to_owned(), |rejected| rejected.reason)
}

/// Makes a file an upload, and says what bucket-source would.
async fn upload(buckets: &TestBuckets, file: &Path) -> UploadFinalized {
    let object = file.file_name().unwrap().to_string_lossy();
    let source = buckets.upload(file, &object).await;
    UploadFinalized { source }
}

/// Uploads bytes, and says what bucket-source would.
async fn put(
    buckets: &TestBuckets,
    object: &str,
    metadata: &[(&str, &str)],
    body: &[u8],
) -> UploadFinalized {
    let at = TestBuckets::location(Bucket::Uploads, object);
    let source = buckets.put(&at, None, metadata, body.to_vec()).await;
    UploadFinalized { source }
}

async fn reason_of(probe: &Probe, upload: UploadFinalized) -> String {
    reason(&probe.handle(upload).await.unwrap())
}

/// What a person checks of an outcome, in one line.
fn line(file: &str, events: &Events) -> String {
    let Some(probed) = first::<MediaProbed>(events) else {
        return format!("{file}\trejected\t{}", reason(events));
    };
    let (video, plan) = (&probed.media.video, &probed.plan);
    let rate = match plan.timeline.frame_rate {
        FrameRate::Constant(rate) => format!("{}/{}", rate.num, rate.den),
        FrameRate::Variable(rate) => {
            format!("variable {:.2}", f64::from(rate.num) / f64::from(rate.den))
        }
    };
    let frames = video
        .frames
        .map_or_else(|| "?".to_owned(), |frames| frames.to_string());
    let mut line = format!(
        "{file}\tready\t{:?}\t{} {}\t{}x{}\t{:?}\t{rate}\t{frames} frames\t{} ms from {} ms",
        probed.media.container,
        video.codec.trim_start_matches("video/"),
        video.profile.as_deref().unwrap_or("-"),
        video.display_width,
        video.display_height,
        video.orientation,
        video.duration_ns / 1_000_000,
        video.start_ns / 1_000_000,
    );
    let color = video.color;
    write!(
        line,
        "\t{} bit {:?} {}-{}-{}{}{}",
        video.bit_depth,
        color.dynamic_range,
        color.primaries,
        color.transfer,
        color.matrix,
        if color.full_range { " full" } else { "" },
        if video.interlaced { " interlaced" } else { "" },
    )
    .unwrap();
    let audio: Vec<_> = probed.media.audio.iter().map(sound).collect();
    let ladder: Vec<_> = plan
        .ladder
        .iter()
        .map(|rung| format!("{}x{}", rung.width, rung.height))
        .collect();
    write!(
        line,
        "\t{}\t{}\t{} chunks",
        audio.join(", "),
        ladder.join(" "),
        plan.chunks.len()
    )
    .unwrap();
    line
}

fn sound(track: &AudioTrack) -> String {
    let loudness = track.loudness_clufs.map_or_else(
        || "silent".to_owned(),
        |l| format!("{:.0} LUFS", f64::from(l) / 100.0),
    );
    let codec = track.codec.trim_start_matches("audio/");
    format!(
        "{codec} {}x{} {loudness} {} ms",
        track.channels,
        track.sample_rate_hz,
        track.duration_ns / 1_000_000
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_has_the_expected_outcome_twice() {
    let Some(folder) = media_folder() else { return };
    let buckets = TestBuckets::start().await;
    let probe = probe(&buckets);
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    let mut table = String::new();
    for name in names {
        let name = name.to_string_lossy().into_owned();
        if name.ends_with(".tsv") || !folder.join(&name).is_file() {
            continue;
        }
        let upload = upload(&buckets, &folder.join(&name)).await;
        let started = Instant::now();
        let events = probe.handle(upload.clone()).await.unwrap();
        let took = started.elapsed();
        eprintln!("{name}: {took:?}");
        assert!(took < PROMISED, "{name} took {took:?}");
        assert_eq!(
            events,
            probe.handle(upload).await.unwrap(),
            "{name} is not repeatable"
        );
        writeln!(table, "{}", line(&name, &events)).unwrap();
    }
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/media.tsv");
    if std::env::var_os("REELDROP_WRITE_GOLDEN").is_some() {
        std::fs::write(&golden, &table).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap();
    for (expected, found) in expected.lines().zip(table.lines()) {
        assert_eq!(expected, found);
    }
    assert_eq!(expected.lines().count(), table.lines().count());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_video_is_rejected_with_a_reason() {
    let buckets = TestBuckets::start().await;
    let probe = probe(&buckets);
    let playlist = b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://127.0.0.1:1/a.ts\n";
    for (name, body, expected) in [
        ("empty.mp4", &b""[..], "The file is empty."),
        (
            "notes.txt",
            b"just some words, and then some more of them",
            "not a video",
        ),
        ("noise.bin", &[7; 5_000], "not a video"),
        ("list.m3u8", playlist, "not a video"),
        (
            "cut.mp4",
            b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\x01\0\0mdat12345678",
            "index (moov) is missing",
        ),
    ] {
        let upload = put(&buckets, name, &[], body).await;
        let reason = reason_of(&probe, upload).await;
        assert!(reason.contains(expected), "{name}: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_reject_what_is_over_them() {
    let Some(folder) = media_folder() else { return };
    let buckets = TestBuckets::start().await;
    let upload = upload(&buckets, &folder.join("h264_aac_640x360_17s.mp4")).await;
    type Change = fn(&mut Profile);
    let changes: [(Change, &str); 5] = [
        (|p| p.limits.size_bytes = 1_000, "too large"),
        (|p| p.limits.duration_ms = 10_000, "too long"),
        (|p| p.limits.side_pixels = 600, "640x360"),
        (|p| p.limits.pixels = 200_000, "640x360"),
        (|p| p.limits.tracks = 1, "too many tracks: 2"),
    ];
    for (change, expected) in changes {
        let mut profile = Profile::load("default").unwrap();
        change(&mut profile);
        let probe = Probe::new(buckets.store.clone(), profile);
        let reason = reason_of(&probe, upload.clone()).await;
        assert!(reason.contains(expected), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_off_is_planned_as_far_as_it_goes() {
    let Some(folder) = media_folder() else { return };
    let buckets = TestBuckets::start().await;
    let probe = probe(&buckets);
    let whole = std::fs::read(folder.join("h264_aac_640x360_8s_audio_first.mp4")).unwrap();
    let half = put(&buckets, "half.mp4", &[], &whole[..whole.len() / 2]).await;
    let events = probe.handle(half).await.unwrap();
    let media = first::<MediaProbed>(&events).unwrap().media;
    let frames = media.video.frames.unwrap();
    assert!((60..200).contains(&frames), "{frames} frames");
    assert!(media.video.duration_ns < 7_000_000_000);
}

#[test]
fn a_huge_file_is_probed_by_reading_little_of_it() {
    const HUGE: u64 = 10 << 30;
    let Some(folder) = media_folder() else { return };
    let source = std::fs::read(folder.join("h264_aac_640x360_17s.mp4")).unwrap();
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), without_index(&source)).unwrap();
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(path.path())
        .unwrap();
    place_index_behind_hole(&file, &source, HUGE);
    let reader = Arc::new(Blocks::of(LocalFile::open(path.path()).unwrap()));
    let profile = Profile::load("default").unwrap();
    let found =
        probe::discover(Arc::clone(&reader) as Arc<dyn ReadAt>, &profile, PROMISED).unwrap();
    assert_eq!(found.media.video.frames, Some(512));
    let read = reader.touched.lock().unwrap().len() as u64 * BLOCK;
    assert!(
        reader.size_bytes() > HUGE && read < 16 << 20,
        "{read} bytes were read"
    );
}

/// Bytes that the store reads at once.
const BLOCK: u64 = 256 << 10;

/// Counts the blocks that a reader of blocks would have fetched.
struct Blocks {
    file: LocalFile,
    touched: Mutex<HashSet<u64>>,
}

impl Blocks {
    fn of(file: LocalFile) -> Self {
        Self {
            file,
            touched: Mutex::default(),
        }
    }
}

impl ReadAt for Blocks {
    fn size_bytes(&self) -> u64 {
        self.file.size_bytes()
    }

    fn read_at(&self, offset: u64, len: usize) -> std::io::Result<bytes::Bytes> {
        let last = (offset + len as u64).saturating_sub(1) / BLOCK;
        self.touched.lock().unwrap().extend(offset / BLOCK..=last);
        self.file.read_at(offset, len)
    }
}

/// Top-level boxes: kind, offset, size.
fn top_level(file: &[u8]) -> Vec<([u8; 4], usize, usize)> {
    let (mut boxes, mut at) = (Vec::new(), 0);
    while at + 8 <= file.len() {
        let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        boxes.push((file[at + 4..at + 8].try_into().unwrap(), at, size));
        at += size;
    }
    boxes
}

/// The file without its index, which becomes free space, so that no sample moves.
fn without_index(file: &[u8]) -> Vec<u8> {
    let mut front = file.to_vec();
    for (kind, at, _) in top_level(file) {
        if kind == *b"moov" {
            front[at + 4..at + 8].copy_from_slice(b"free");
        }
    }
    front
}

/// A sparse box of `huge` bytes behind the file, and its index behind that.
fn place_index_behind_hole(out: &std::fs::File, file: &[u8], huge: u64) {
    use std::os::unix::fs::FileExt;
    let (_, at, size) = *top_level(file)
        .iter()
        .find(|(kind, ..)| kind == b"moov")
        .unwrap();
    let mut hole = vec![0, 0, 0, 1];
    hole.extend(b"mdat");
    hole.extend(huge.to_be_bytes());
    out.write_all_at(&hole, file.len() as u64).unwrap();
    out.write_all_at(&file[at..at + size], file.len() as u64 + huge)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_scheme_come_with_the_upload() {
    let Some(folder) = media_folder() else { return };
    let buckets = TestBuckets::start().await;
    let probe = probe(&buckets);
    let clip = std::fs::read(folder.join("h264_aac_1s_sample.mp4")).unwrap();
    let key = [
        ("reeldrop-key", "hyN9IKGfWKdAwFaE5pm0qg"),
        ("reeldrop-kid", "oW5AK5BW43HzbTSKpiu3SQ"),
        ("reeldrop-scheme", "cenc"),
        ("reeldrop-name", "Gr%C3%BC%C3%9Fe"),
    ];
    let upload = put(&buckets, "keyed.mp4", &key, &clip).await;
    let events = probe.handle(upload).await.unwrap();
    let probed: MediaProbed = first(&events).unwrap();
    assert_eq!(probed.plan.scheme, reeldrop_events::Scheme::Cenc);
    assert_eq!(probed.name.as_deref(), Some("Grüße"));
    assert!(
        !format!("{events:?}").contains("hyN9IKGf"),
        "a key is in an event"
    );
    let upload = put(&buckets, "halfkeyed.mp4", &key[..1], &clip).await;
    assert!(reason_of(&probe, upload).await.contains("reeldrop-kid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_gone_is_rejected_and_a_store_that_is_away_is_tried_again() {
    let buckets = TestBuckets::start().await;
    let upload = put(&buckets, "a.mp4", &[], b"x").await;
    let at = Location::from(&upload.source);
    buckets.store.delete(&at).await.unwrap();
    assert!(
        reason_of(&probe(&buckets), upload.clone())
            .await
            .contains("removed or replaced")
    );
    let away = Probe::new(
        TestBuckets::unreachable().await,
        Profile::load("default").unwrap(),
    );
    assert!(matches!(
        away.handle(upload).await,
        Err(Failure::Transient { .. })
    ));
}
