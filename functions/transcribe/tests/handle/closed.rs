//! Captions that lie in the pictures of a file: real H.264 with B-pictures, real HEVC and MPEG-2, into which the
//! tests put them.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use reeldrop_media::{
    Demuxed, LocalFile, Track, packet_time_ns,
    testing::{Carried, ball, captioned, cc_data},
};

use super::*;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const PICTURES: usize = 300;
const RATE: u64 = 30;

/// A picture and a rounded millisecond.
const TOLERANCE_MS: u64 = 35;

/// Text with the pictures from and to which it is shown.
pub(crate) type Shown = (usize, usize, &'static str);

/// A folder with clips, and what lies in their pictures.
pub(crate) struct Clips(tempfile::TempDir);

impl Clips {
    pub(crate) fn new() -> Self {
        let clips = Self(tempfile::tempdir().unwrap());
        ball(&clips.path("ball.mp4"), PICTURES);
        clips
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn captioned(&self, name: &str, carried: &Carried) -> PathBuf {
        let to = self.path(name);
        captioned(&self.path("ball.mp4"), &to, |n| {
            cc_data(&carried.triplets(n))
        });
        to
    }
}

/// The stream time of the first picture, nanoseconds.
fn origin_ns(clip: &Path) -> u64 {
    let file = LocalFile::open(clip).unwrap();
    let demuxed = Demuxed::open(Arc::new(file), PATIENCE).unwrap();
    let mut packets = demuxed.packets(Track::Video(0), None).unwrap();
    let packets = std::iter::from_fn(|| packets.next(PATIENCE).unwrap()).take(60);
    packets
        .filter_map(|packet| packet_time_ns(&packet))
        .min()
        .unwrap()
        .unsigned_abs()
}

/// What probe says of a clip.
pub(crate) async fn probed(buckets: &TestBuckets, clip: &Path, coding: &str) -> MediaProbed {
    let mut probed = spoken::probed(None);
    probed.source = buckets.upload(clip, "with captions").await;
    probed.asset = AssetId::of(&probed.source);
    probed.media.video.codec = coding.to_owned();
    probed.plan.timeline.origin_ns = origin_ns(clip);
    probed
}

/// What becomes of a clip's captions, each step twice the same.
pub(crate) async fn made(clip: &Path, coding: &str, part_ns: Option<u64>) -> Vec<Events> {
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, PathBuf::new());
    let probed = probed(&buckets, clip, coding).await;
    let input = Input::Probed(Box::new(probed));
    let mut planned = all::<ClosedCaptionsPlanned>(&function.handle(input).await.unwrap());
    let mut answers = Vec::new();
    while let Some(mut next) = planned.pop() {
        if let Some(part_ns) = part_ns {
            next.closed.part_ns = part_ns;
            next.closed.parts = next.closed.duration_ns.div_ceil(part_ns) as u32;
        }
        let input = || Input::Closed(Box::new(next.clone()));
        let events = function.handle(input()).await.unwrap();
        assert_eq!(function.handle(input()).await.unwrap(), events);
        planned = all::<ClosedCaptionsPlanned>(&events);
        answers.push(events);
    }
    answers
}

/// Labels, languages and captions of the tracks that were made.
pub(crate) fn tracks(answers: &[Events]) -> Vec<(String, String, Vec<TimedText>)> {
    let Some(last) = answers.last() else {
        return Vec::new();
    };
    let pages = all::<CuesCompleted>(last);
    let completed = all::<TranscriptCompleted>(last).into_iter();
    completed
        .map(|track| {
            let pages = pages.iter().filter(|page| page.name == track.name);
            let cues = pages.flat_map(|page| page.cues.clone()).collect();
            assert_eq!(
                (track.origin, track.kind),
                (CaptionOrigin::Source, CaptionKind::Full)
            );
            (track.label, track.language, cues)
        })
        .collect()
}

pub(crate) fn check(found: &[TimedText], expected: &[Shown]) {
    let texts: Vec<&str> = found.iter().map(|cue| cue.text.as_str()).collect();
    assert_eq!(
        texts,
        expected.iter().map(|shown| shown.2).collect::<Vec<_>>()
    );
    let ms = |picture: usize| picture as u64 * 1_000 / RATE;
    for (cue, (from, to, _)) in found.iter().zip(expected) {
        assert!(
            cue.start_ms.abs_diff(ms(*from)) <= TOLERANCE_MS,
            "{cue:?} {from}"
        );
        assert!(cue.end_ms.abs_diff(ms(*to)) <= TOLERANCE_MS, "{cue:?} {to}");
    }
}

/// Captions that pop on in one field, and roll up in the other.
pub(crate) fn both_fields() -> (Carried, Vec<Shown>, Vec<Shown>) {
    let mut carried = Carried::padding(PICTURES);
    carried.pop_on(0, 40, &["A ball appears,", "out of nowhere."]);
    carried.pop_on(0, 100, &["It bounces."]);
    carried.erase(0, 150);
    carried.pop_on(0, 220, &["The end."]);
    carried.erase(0, 290);
    let first = carried.roll_up(1, 30, "Una pelota");
    let second = carried.roll_up(1, 90, "rebota mucho");
    let third = carried.roll_up(1, 160, "y otra vez");
    carried.erase(1, 250);
    let primary = vec![
        (40, 100, "A ball appears,\nout of nowhere."),
        (100, 150, "It bounces."),
        (220, 290, "The end."),
    ];
    let secondary = vec![
        (first, second, "Una pelota"),
        (second, third, "rebota mucho"),
        (third, 250, "y otra vez"),
    ];
    (carried, primary, secondary)
}

#[tokio::test]
async fn what_pictures_carry_becomes_captions_in_the_order_in_which_they_are_shown() {
    let clips = Clips::new();
    let (carried, primary, secondary) = both_fields();
    for name in ["clip.mp4", "clip.mkv", "clip.ts"] {
        let clip = clips.captioned(name, &carried);
        let tracks = tracks(&made(&clip, "video/x-h264", None).await);
        let names: Vec<_> = tracks
            .iter()
            .map(|track| (track.0.as_str(), track.1.as_str()))
            .collect();
        assert_eq!(names, [("CC1", "und"), ("CC3", "und-x-cc3")], "{name}");
        check(&tracks[0].2, &primary);
        check(&tracks[1].2, &secondary);
    }
}

#[tokio::test]
async fn a_title_read_in_parts_says_the_same_as_one_read_whole() {
    let clips = Clips::new();
    let (carried, ..) = both_fields();
    for name in ["clip.mp4", "clip.mkv", "clip.ts"] {
        let clip = clips.captioned(name, &carried);
        let whole = tracks(&made(&clip, "video/x-h264", None).await);
        assert_eq!(whole.len(), 2);
        // Parts that meet in the middle of captions that are being sent, and of a second.
        for part_ns in [3_000_000_000, 1_230_000_000] {
            let answers = made(&clip, "video/x-h264", Some(part_ns)).await;
            assert_eq!(answers.len() as u64, 10_000_000_000_u64.div_ceil(part_ns));
            let told = answers[..answers.len() - 1].iter();
            assert!(told.clone().all(|events| events.as_slice().len() == 1));
            assert_eq!(tracks(&answers), whole, "{name} in parts of {part_ns} ns");
        }
    }
}

#[tokio::test]
async fn who_retries_a_title_reads_on_where_reading_ended() {
    let clips = Clips::new();
    let (carried, ..) = both_fields();
    let clip = clips.captioned("clip.mp4", &carried);
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, PathBuf::new());
    let input = Input::Probed(Box::new(probed(&buckets, &clip, "video/x-h264").await));
    let planned = all::<ClosedCaptionsPlanned>(&function.handle(input).await.unwrap());
    let mut first = planned.into_iter().next().unwrap();
    first.closed.part_ns = 1_230_000_000;
    first.closed.parts = 9;
    let of_part = |part| ClosedCaptionsPlanned {
        part,
        ..first.clone()
    };
    let asked = async |part| {
        let input = Input::Closed(Box::new(of_part(part)));
        function.handle(input).await.unwrap()
    };
    for read in 0..8 {
        assert_eq!(asked(read).await, Events::of(&of_part(read + 1)));
        // From the first part on, and from no other: each would make all that follow twice.
        assert_eq!(asked(0).await, Events::of(&of_part(read + 1)));
        if read > 1 {
            assert_eq!(asked(read - 1).await, Events::none());
        }
    }
    let captions = asked(8).await;
    assert_eq!(all::<TranscriptCompleted>(&captions).len(), 2);
    assert_eq!(asked(0).await, Events::of(&of_part(8)));
    assert_eq!(asked(8).await, captions);
}

#[tokio::test]
async fn services_of_digital_television_become_captions() {
    let clips = Clips::new();
    let mut carried = Carried::padding(PICTURES);
    // Window 0, unseen, of two rows.
    carried.packet(30, 1, &[0x98, 0, 74, 0, 0x71, 31, 0x11]);
    carried.packet(31, 1, b"Pops on,\rin two rows");
    carried.packet(60, 1, &[0x89, 1]);
    carried.packet(120, 1, &[0x8c, 1]);
    // Window 1, seen.
    carried.packet(50, 2, &[0x99, 0x20, 74, 0, 0x71, 31, 0x11]);
    carried.packet(70, 2, b"Sube la l\xednea");
    carried.packet(130, 2, b"\rSube la segunda");
    carried.packet(200, 2, &[0x88, 2]);
    let clip = clips.captioned("clip.mp4", &carried);
    let tracks = tracks(&made(&clip, "video/x-h264", None).await);
    let names: Vec<_> = tracks
        .iter()
        .map(|track| (track.0.as_str(), track.1.as_str()))
        .collect();
    assert_eq!(names, [("Service 1", "und"), ("Service 2", "und-x-s2")]);
    check(&tracks[0].2, &[(60, 120, "Pops on,\nin two rows")]);
    let expected = [
        (70, 130, "Sube la l\u{ed}nea"),
        (130, 200, "Sube la segunda"),
    ];
    check(&tracks[1].2, &expected);
}

#[tokio::test]
async fn hevc_and_mpeg_2_carry_them_too() {
    let Some(media) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("skipped: REELDROP_TEST_MEDIA is not set");
        return;
    };
    let clips = Clips::new();
    // The second lacks two pictures behind its first.
    for (name, to, coding, rate, missing) in [
        ("hevc_bframes_480p.mp4", "hevc.mp4", "video/x-h265", 30, 0),
        ("mpeg2_mp2_1080p.ts", "mpeg2.ts", "video/mpeg", 24, 2),
    ] {
        let mut carried = Carried::padding(PICTURES);
        carried.paint_on(0, 3, "Painted");
        carried.erase(0, 20);
        let (from, to) = (PathBuf::from(&media).join(name), clips.path(to));
        captioned(&from, &to, |n| cc_data(&carried.triplets(n)));
        let tracks = tracks(&made(&to, coding, None).await);
        assert_eq!(tracks.len(), 1, "{name}");
        assert_eq!(
            (tracks[0].0.as_str(), tracks[0].2.len()),
            ("CC1", 1),
            "{name}"
        );
        let cue = &tracks[0].2[0];
        assert_eq!(cue.text, "Painted", "{name}");
        let ms = |picture: u64| (picture + missing) * 1_000 / rate;
        for (found, picture) in [(cue.start_ms, 7), (cue.end_ms, 20)] {
            assert!(
                found.abs_diff(ms(picture)) <= 1_000 / rate,
                "{name}: {cue:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_primary_captions_are_in_the_language_of_the_sound_where_no_other_track_is() {
    let clips = Clips::new();
    let (carried, ..) = both_fields();
    let clip = clips.captioned("clip.mp4", &carried);
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, PathBuf::new());
    let mut heard = probed(&buckets, &clip, "video/x-h264").await;
    heard.media.audio = spoken::probed(Some(10_000_000_000)).media.audio;
    heard.media.audio[0].language = Some("eng".to_owned());
    let events = function
        .handle(Input::Probed(Box::new(heard)))
        .await
        .unwrap();
    let planned = all::<ClosedCaptionsPlanned>(&events).remove(0);
    let taken = ClosedCaptionsPlanned {
        closed: ClosedCaptionsPlan {
            language: None,
            ..planned.closed.clone()
        },
        ..planned.clone()
    };
    for (planned, labels) in [(planned, &["English (CC1)", "CC3"][..]), (taken, &["CC3"])] {
        let events = function
            .handle(Input::Closed(Box::new(planned)))
            .await
            .unwrap();
        let completed = all::<TranscriptCompleted>(&events);
        let found: Vec<&str> = completed.iter().map(|track| track.label.as_str()).collect();
        assert_eq!(found, labels);
    }
}

#[tokio::test]
async fn pictures_that_carry_none_are_not_read() {
    let clips = Clips::new();
    let answers = made(&clips.path("ball.mp4"), "video/x-h264", None).await;
    assert!(answers.is_empty());
    // Padding alone is read, and says nothing.
    let padded = clips.captioned("padded.mp4", &Carried::padding(PICTURES));
    let answers = made(&padded, "video/x-h264", None).await;
    assert_eq!(answers, [Events::none()]);
}

#[tokio::test]
async fn captions_that_begin_in_the_middle_are_found() {
    let clips = Clips::new();
    let mut carried = Carried::padding(PICTURES);
    carried.pop_on(0, 200, &["Late."]);
    carried.erase(0, 260);
    let late = clips.path("late.mp4");
    // The first five seconds carry nothing, not even padding.
    captioned(&clips.path("ball.mp4"), &late, |n| match n {
        0..155 => Vec::new(),
        n => cc_data(&carried.triplets(n)),
    });
    let tracks = tracks(&made(&late, "video/x-h264", None).await);
    check(&tracks[0].2, &[(200, 260, "Late.")]);
}

/// What ffmpeg reads in the same pictures.
#[test]
fn ffmpeg_reads_the_same_text() {
    let Some(tools) = std::env::var_os("REELDROP_ORACLES").map(PathBuf::from) else {
        eprintln!("skipped: REELDROP_ORACLES names no folder with ffmpeg");
        return;
    };
    let clips = Clips::new();
    let (carried, primary, _) = both_fields();
    let clip = clips.captioned("clip.ts", &carried);
    let source = format!("movie={}[out+subcc]", clip.display());
    let output = Command::new(tools.join("ffmpeg"))
        .args(["-v", "error", "-f", "lavfi", "-i", &source])
        .args(["-map", "0:s", "-f", "srt", "-t", "10", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let theirs = reeldrop_captions::subrip::read(&output.stdout, 20_000).unwrap();
    let texts: Vec<String> = theirs.iter().map(|cue| cue.text()).collect();
    assert_eq!(
        texts,
        primary.iter().map(|shown| shown.2).collect::<Vec<_>>()
    );
}
