//! Subtitle tracks of uploaded files: real ones, and such as mean harm.

use bytes::Bytes;

use super::matroska::{TRACK, block, cluster_at, cue, element, file, sized};
use super::*;

const SUBRIP: &str = "S_TEXT/UTF8";

/// A title of ten seconds whose upload is `body`.
async fn planned(buckets: &TestBuckets, body: Bytes) -> SubtitlesPlanned {
    let at = TestBuckets::location(Bucket::Uploads, "with subtitles.mkv");
    let source = buckets.put(&at, None, &[], body).await;
    SubtitlesPlanned {
        asset: AssetId::of(&source),
        source,
        track: u64::from(TRACK),
        language: "en".to_owned(),
        label: "English".to_owned(),
        kind: CaptionKind::Full,
        origin_ns: 0,
        duration_ns: 10_000_000_000,
    }
}

/// What becomes of the track, twice the same: its events, and its WebVTT file.
async fn made(body: Bytes) -> Result<(Events, String), Failure> {
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, PathBuf::new());
    let planned = planned(&buckets, body).await;
    let input = || Input::Subtitles(Box::new(planned.clone()));
    let events = function.handle(input()).await?;
    let before = buckets.objects(Bucket::Media);
    assert_eq!(function.handle(input()).await.unwrap(), events);
    assert!(buckets.objects(Bucket::Media) == before, "the same bytes");
    let completed = all::<TranscriptCompleted>(&events);
    let vtt = completed.first().map(|track| before[&track.vtt].clone());
    Ok((events, String::from_utf8(vtt.unwrap_or_default()).unwrap()))
}

async fn vtt(codec: &str, blocks: &[Vec<u8>]) -> String {
    made(file(codec, b"", &blocks.concat())).await.unwrap().1
}

/// The reason why nothing can become of it.
async fn reason(body: Bytes) -> String {
    let Failure::Permanent {
        report: Some(report),
        ..
    } = made(body).await.unwrap_err()
    else {
        panic!("must fail for good");
    };
    let part = format!("subtitles/{TRACK}");
    assert_eq!(report.data["part"], Value::from(part));
    report.data["reason"].as_str().unwrap().to_owned()
}

/// `media.probed` of an upload with a text track.
async fn probed(buckets: &TestBuckets, body: Bytes) -> MediaProbed {
    let golden =
        include_str!("../../../../common/events/tests/golden/io.reeldrop.media.probed.v1.json");
    let mut golden: Value = serde_json::from_str(golden).unwrap();
    let mut probed: MediaProbed = serde_json::from_value(golden["data"].take()).unwrap();
    probed.source = planned(buckets, body).await.source;
    probed.media.tracks.push(TrackSummary {
        index: 2,
        kind: TrackKind::Text,
        codec: "application/x-subtitle".to_owned(),
        language: None,
        picked: false,
    });
    probed
}

#[tokio::test]
async fn tracks_of_a_real_file_are_planned_once_a_language_and_become_captions() {
    for (name, label, first) in [
        ("multi_2video_2audio_2subs_nasa.mp4", "English", "NAR: "),
        ("h264_ac3_srt.mkv", "English", "This is the first subtitle."),
    ] {
        let Some(media) = std::env::var_os("REELDROP_TEST_MEDIA") else {
            eprintln!("skipped: REELDROP_TEST_MEDIA is not set");
            return;
        };
        let body = std::fs::read(PathBuf::from(media).join(name)).unwrap();
        let buckets = TestBuckets::start().await;
        let function = function(&buckets, PathBuf::new());
        let probed = probed(&buckets, body.into()).await;
        let input = || Input::Probed(Box::new(probed.clone()));
        let events = function.handle(input()).await.unwrap();
        assert_eq!(function.handle(input()).await.unwrap(), events);
        // Nobody listens, since there is no model; what the file has is there all the same.
        assert_eq!(all::<TranscriptSkipped>(&events).len(), 1);
        let planned = all::<SubtitlesPlanned>(&events);
        assert_eq!(planned.len(), 1, "{name}: {planned:?}");
        assert_eq!(
            (planned[0].language.as_str(), planned[0].label.as_str()),
            ("en", label)
        );
        let input = Input::Subtitles(Box::new(planned[0].clone()));
        let events = function.handle(input).await.unwrap();
        let completed = all::<TranscriptCompleted>(&events).remove(0);
        assert_eq!(completed.origin, CaptionOrigin::Source);
        assert!(completed.cues > 0);
        let pages = all::<CuesCompleted>(&events);
        assert!(pages[0].cues[0].text.starts_with(first), "{pages:?}");
    }
}

#[tokio::test]
async fn markup_and_script_become_text_or_nothing() {
    let blocks = [
        block(0, Some(900), b"<script>alert(1)</script>"),
        block(1_000, Some(900), b"<img src=x onerror=alert(2)"),
        block(
            2_000,
            Some(900),
            b"00:00:00.000 --> 00:00:09.000\n\nNOTE no",
        ),
        block(3_000, Some(900), b"\x00\x1b[31m{\\an8}<b>Red</b>\x07"),
    ];
    assert_eq!(
        vtt(SUBRIP, &blocks).await,
        "WEBVTT\n\n00:00:00.000 --> 00:00:00.900\nalert(1)\n\n\
         00:00:01.000 --> 00:00:01.900\n&lt;img src=x onerror=alert(2)\n\n\
         00:00:02.000 --> 00:00:02.900\n00:00:00.000 --&gt; 00:00:09.000\nNOTE no\n\n\
         00:00:03.000 --> 00:00:03.900\n[31mRed\n"
    );
}

#[tokio::test]
async fn times_that_overlap_run_backwards_or_lie_beyond_the_title_are_put_right() {
    let blocks = [
        block(5_000, Some(2_000), b"third"),
        block(1_000, Some(9_000), b"first, over the others"),
        block(4_000, Some(0), b"never"),
        block(-3_000, Some(1_000), b"before"),
        block(2_000, None, b"second, until the next"),
        block(9_000, Some(u64::MAX), b"for ever"),
        block(12_000, Some(1_000), b"after the end"),
    ];
    let vtt = vtt(SUBRIP, &blocks).await;
    let lines: Vec<&str> = vtt.lines().filter(|line| !line.is_empty()).collect();
    let expected = [
        "WEBVTT",
        "00:00:01.000 --> 00:00:10.000",
        "first, over the others",
        "00:00:02.000 --> 00:00:04.000",
        "second, until the next",
        "00:00:05.000 --> 00:00:07.000",
        "third",
        "00:00:09.000 --> 00:00:10.000",
        "for ever",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn text_in_another_encoding_is_read_and_bytes_that_are_no_text_do_no_harm() {
    let blocks = [
        block(0, Some(900), b"Gr\xf6\xdfe"),
        block(1_000, Some(900), "Größe".as_bytes()),
        block(2_000, Some(900), &[0xff; 600]),
        block(3_000, Some(900), &[0; 600]),
    ];
    let vtt = vtt(SUBRIP, &blocks).await;
    assert_eq!(vtt.matches("\nGröße\n").count(), 2, "{vtt}");
    let longest = vtt.lines().map(|line| line.chars().count()).max();
    assert_eq!(
        (longest, vtt.matches("-->").count()),
        (Some(400), 3),
        "{vtt}"
    );
}

#[tokio::test]
async fn sizes_that_lie_cost_no_more_than_their_caption() {
    let good = block(1_000, Some(500), b"good");
    let lies = [
        sized(0xa0, 1 << 40, b"beyond the file"),
        sized(0xa0, 20_000, &vec![b'x'; 20_000]),
        element(0xa0, &sized(0xa1, 1 << 30, b"\x83\0\0\0beyond its group")),
        element(0xa3, b"\x83"),
    ];
    // What is longer than the file ends it.
    for (at, lie) in lies.into_iter().enumerate() {
        let vtt = vtt(SUBRIP, &[good.clone(), lie, good.clone()]).await;
        assert!(vtt.contains("\ngood\n"), "lie {at}: {vtt}");
        assert_eq!(vtt.matches("-->").count(), 1, "lie {at}: {vtt}");
    }
}

#[tokio::test]
async fn an_index_that_lies_leads_to_no_other_bytes() {
    let blocks = [
        block(1_000, Some(500), b"first"),
        block(2_000, Some(500), b"second"),
    ];
    // Behind the cluster's time.
    let relative = element(0xe7, &[0; 8]).len() as u64;
    let cues = |cluster: u64| {
        [
            cue(2_000, cluster, relative + blocks[0].len() as u64),
            cue(1_000, cluster, relative),
            cue(3_000, cluster, 1 << 50),
            cue(3_000, cluster, relative + 1),
            cue(3_000, u64::MAX, 0),
            cue(3_000, 0, 0),
            cue(u64::MAX, cluster + 1, relative),
        ]
        .concat()
    };
    let cluster = cluster_at(SUBRIP, cues(0).len());
    let (_, vtt) = made(file(SUBRIP, &cues(cluster), &blocks.concat()))
        .await
        .unwrap();
    assert_eq!(
        vtt,
        "WEBVTT\n\n00:00:01.000 --> 00:00:01.500\nfirst\n\n00:00:02.000 --> 00:00:02.500\nsecond\n"
    );
}

#[tokio::test]
async fn endless_text_and_endless_captions_end_with_a_sentence() {
    let long = block(0, Some(500), &vec![b'x'; 16_000]).repeat(1_100);
    let reason_of_text = reason(file(SUBRIP, b"", &long)).await;
    assert!(
        reason_of_text.contains("more than 16 MiB of text"),
        "{reason_of_text}"
    );
    let many = block(0, Some(500), b"x").repeat(100_001);
    let reason_of_number = reason(file(SUBRIP, b"", &many)).await;
    assert!(
        reason_of_number.contains("more than 100000 captions"),
        "{reason_of_number}"
    );
}

#[tokio::test]
async fn a_track_that_is_not_there_fails_and_one_without_text_says_nothing() {
    let (events, _) = made(file(SUBRIP, b"", &block(0, Some(500), b" \n<i></i>")))
        .await
        .unwrap();
    assert_eq!(events.as_slice(), []);
    let none = reason(file("S_VOBSUB", b"", b"")).await;
    assert!(
        none.contains("bring them as an SRT or WebVTT file"),
        "{none}"
    );
}

#[tokio::test]
async fn substation_is_read_without_its_styles() {
    let blocks = [
        block(0, Some(900), b"0,0,Default,,0,0,0,,{\\pos(1,2)}One,\\Ntwo"),
        block(
            1_000,
            Some(900),
            b"1,0,Default,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}",
        ),
    ];
    let vtt = vtt("S_TEXT/ASS", &blocks).await;
    assert_eq!(vtt, "WEBVTT\n\n00:00:00.000 --> 00:00:00.900\nOne,\ntwo\n");
}
