//! Closed captions that are a track of their own.

use std::sync::Arc;

use reeldrop_media::{Demuxed, LocalFile, StreamKind, testing::with_closed_track};

use super::{
    closed::{Clips, PATIENCE, PICTURES, both_fields, check, probed, tracks},
    *,
};

/// What probe says of the track.
fn summary() -> TrackSummary {
    TrackSummary {
        index: 1,
        kind: TrackKind::Text,
        codec: "closedcaption/x-cea-608".to_owned(),
        language: None,
        picked: false,
    }
}

#[tokio::test]
async fn a_track_of_its_own_says_the_same_as_pictures_and_they_are_not_read_then() {
    let clips = Clips::new();
    let (carried, primary, secondary) = both_fields();
    for with_services in [false, true] {
        let clip = clips.path("clip.mov");
        with_closed_track(&clip, &carried, PICTURES, with_services);
        // As probe tells of it.
        let demuxed = Demuxed::open(Arc::new(LocalFile::open(&clip).unwrap()), PATIENCE).unwrap();
        assert_eq!(demuxed.streams()[1].kind, StreamKind::Text);
        let buckets = TestBuckets::start().await;
        let function = function(&buckets, PathBuf::new());
        let mut probed = probed(&buckets, &clip, "video/x-h264").await;
        probed.media.tracks.push(summary());
        let input = Input::Probed(Box::new(probed));
        let events = function.handle(input).await.unwrap();
        assert_eq!(all::<ClosedCaptionsPlanned>(&events), []);
        let planned = all::<SubtitlesPlanned>(&events);
        assert_eq!(planned.len(), 1, "{events:?}");
        let input = || Input::Subtitles(Box::new(planned[0].clone()));
        let events = function.handle(input()).await.unwrap();
        assert_eq!(function.handle(input()).await.unwrap(), events);
        let tracks = tracks(&[events]);
        let names: Vec<_> = tracks
            .iter()
            .map(|track| (track.0.as_str(), track.1.as_str()))
            .collect();
        let other = format!("und-x-cc3-{}", planned[0].track);
        let expected = [("Captions (SDH)", "und"), ("CC3", other.as_str())];
        assert_eq!(names, expected[..1 + usize::from(with_services)]);
        check(&tracks[0].2, &primary);
        for track in &tracks[1..] {
            check(&track.2, &secondary);
        }
    }
}

#[tokio::test]
async fn the_track_of_a_broadcasters_clip_says_what_others_read_of_it() {
    let Some(media) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("skipped: REELDROP_TEST_MEDIA is not set");
        return;
    };
    let clip = PathBuf::from(media).join("cbcs_video_clear.mp4");
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, PathBuf::new());
    let mut probed = probed(&buckets, &clip, "video/x-h264").await;
    // As ffmpeg counts: from the track's first picture.
    probed.plan.timeline.origin_ns = 10_000_000_000;
    probed.media.tracks.push(summary());
    let input = Input::Probed(Box::new(probed));
    let events = function.handle(input).await.unwrap();
    let planned = all::<SubtitlesPlanned>(&events).remove(0);
    let input = Input::Subtitles(Box::new(planned));
    let tracks = tracks(&[function.handle(input).await.unwrap()]);
    assert_eq!(tracks.len(), 1);
    assert_eq!(
        (tracks[0].0.as_str(), tracks[0].1.as_str()),
        ("English (SDH)", "en")
    );
    // ffmpeg 9 reads these, from 1.232 and from 2.233 to 4.268 s.
    let cues = &tracks[0].2;
    let texts: Vec<&str> = cues.iter().map(|cue| cue.text.as_str()).collect();
    assert_eq!(texts, ["[birds chirping]", "[soft music playing]"]);
    for (ms, expected) in [
        (cues[0].start_ms, 1_232),
        (cues[1].start_ms, 2_233),
        (cues[1].end_ms, 4_268),
    ] {
        assert!(ms.abs_diff(expected) <= 100, "{cues:?}");
    }
}
