use super::*;
use reeldrop_events::CaptionKind;

use crate::presentation::{
    TextTrack,
    samples::{title, title_with_extras},
};

#[test]
fn complete_playlist() {
    let expected = "\
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"/api/assets/A/packages/1/key\",KEYFORMAT=\"identity\",KEYFORMATVERSIONS=\"1\"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio-0/index.m3u8\"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Director '& crew'\",LANGUAGE=\"und\",DEFAULT=NO,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio-1/index.m3u8\"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"text\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog\",URI=\"text-en.m3u8\"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"text\",NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog\",URI=\"text-de.m3u8\"
#EXT-X-STREAM-INF:BANDWIDTH=2126116,AVERAGE-BANDWIDTH=2125822,CODECS=\"avc1.64001F,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=29.970,VIDEO-RANGE=SDR,AUDIO=\"audio\",SUBTITLES=\"text\",CLOSED-CAPTIONS=NONE
h264-720p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=547695,AVERAGE-BANDWIDTH=536823,CODECS=\"avc1.64001F,mp4a.40.2\",RESOLUTION=640x360,FRAME-RATE=29.970,VIDEO-RANGE=SDR,AUDIO=\"audio\",SUBTITLES=\"text\",CLOSED-CAPTIONS=NONE
h264-360p/index.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=221997,AVERAGE-BANDWIDTH=199800,CODECS=\"avc1.64001F\",RESOLUTION=1280x720,VIDEO-RANGE=SDR,URI=\"h264-720p/iframes.m3u8\"
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=46173,AVERAGE-BANDWIDTH=40900,CODECS=\"avc1.64001F\",RESOLUTION=640x360,VIDEO-RANGE=SDR,URI=\"h264-360p/iframes.m3u8\"
#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=18805,RESOLUTION=160x90,CODECS=\"jpeg\",URI=\"storyboard.m3u8\"
";
    assert_eq!(multivariant(&title_with_extras()), expected);
}

#[test]
fn the_form_for_hls_js_names_playlists_of_its_own() {
    let text = multivariant_for(&title(true), KeyFormat::ClearKey);
    assert!(!text.contains("/index.m3u8") && !text.contains("/iframes.m3u8"));
    assert_eq!(text.matches("/clearkey.m3u8").count(), 4);
    assert!(text.contains(
        "#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI=\"/api/assets/A/packages/1/license\","
    ));
}

#[test]
fn bandwidth_is_measured_when_complete_and_promised_before() {
    let complete = title(true);
    let (video, audio) = (&complete.video[1].track, &complete.audio[0].track);
    let bandwidth = video.peak_bps(6) + audio.peak_bps(6);
    let average = video.average_bps() + audio.average_bps();
    let text = multivariant(&complete);
    assert!(
        text.contains(&format!(
            "BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={average},"
        )),
        "{text}"
    );
    assert!(multivariant(&title(false)).contains("BANDWIDTH=928000,"));
}

#[test]
fn the_first_variant_is_the_best_that_most_lines_carry() {
    let first = |title: &Presentation| {
        let text = multivariant(title);
        let mut lines = text.lines().map(str::to_owned);
        lines.find(|line| line.ends_with("/index.m3u8")).unwrap()
    };
    let mut title = title(false);
    assert_eq!(first(&title), "h264-360p/index.m3u8");
    title.video[0].track.declared_bps = 1_500_000;
    assert_eq!(first(&title), "h264-720p/index.m3u8");
    title.video[0].track.declared_bps = 9_000_000;
    title.video[1].track.declared_bps = 8_000_000;
    assert_eq!(first(&title), "h264-360p/index.m3u8");
}

#[test]
fn equal_labels_become_different_names_and_one_language_is_picked_once() {
    let mut title = title(true);
    title.audio[1].label = "English".to_owned();
    title.audio[1].language = "en".to_owned();
    let text = multivariant(&title);
    assert!(text.contains("NAME=\"English 2\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=NO,"));
}

#[test]
fn captions_of_one_language_say_what_each_is_for() {
    let mut title = title_with_extras();
    let kinds = [CaptionKind::Full, CaptionKind::Sdh, CaptionKind::Forced];
    title.text = kinds
        .map(|kind| TextTrack {
            kind,
            default: false,
            ..title.text[0].clone()
        })
        .to_vec();
    let text = multivariant(&title);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains("SUBTITLES,"))
        .collect();
    let ends = [
        "NAME=\"English\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog\",URI=\"text-en.m3u8\"",
        "NAME=\"English 2\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound\",URI=\"text-en.m3u8\"",
        "NAME=\"English 3\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI=\"text-en.m3u8\"",
    ];
    assert_eq!(lines.len(), ends.len());
    for (line, end) in lines.iter().zip(ends) {
        assert!(line.ends_with(end), "{line}");
    }
}

#[test]
fn the_same_languages_in_stereo_and_surround_are_two_groups_with_variants_each() {
    let mut title = title(true);
    title.audio[1].language = "en".to_owned();
    title.audio[1].channels = 6;
    let text = multivariant(&title);
    assert!(
        text.contains("GROUP-ID=\"audio-mp4a-2\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,")
    );
    assert!(text.contains("GROUP-ID=\"audio-mp4a-6\""));
    assert_eq!(text.matches("DEFAULT=YES").count(), 2, "one of each group");
    for group in ["audio-mp4a-2", "audio-mp4a-6"] {
        assert_eq!(text.matches(&format!("AUDIO=\"{group}\"")).count(), 2);
    }
    // A commentary in mono belongs beside what it comments.
    title.audio[1].language = "de".to_owned();
    let text = multivariant(&title);
    assert_eq!(text.matches("GROUP-ID=\"audio\"").count(), 2, "{text}");
}

#[test]
fn an_independent_parser_reads_it_back() {
    let text = multivariant(&title_with_extras());
    let (rest, playlist) = m3u8_rs::parse_master_playlist(text.as_bytes()).unwrap();
    assert!(rest.is_empty());
    assert!(playlist.independent_segments);
    assert_eq!(playlist.alternatives.len(), 4);
    assert_eq!(playlist.session_key.len(), 1);
    let (frames, variants): (Vec<_>, Vec<_>) = playlist
        .variants
        .iter()
        .partition(|variant| variant.is_i_frame);
    assert_eq!((frames.len(), variants.len()), (2, 2));
    for variant in variants {
        assert!(variant.average_bandwidth.unwrap() <= variant.bandwidth);
        assert_eq!(variant.audio.as_deref(), Some("audio"));
        assert_eq!(variant.subtitles.as_deref(), Some("text"));
        assert!((variant.frame_rate.unwrap() - 29.97).abs() < 1e-9);
    }
    for frames in frames {
        // RFC 8216bis, section 4.4.6.3.
        assert!(frames.audio.is_none() && frames.frame_rate.is_none());
        assert!(frames.closed_captions.is_none());
    }
}

#[test]
fn a_silent_title_names_no_audio_group() {
    let mut title = title(true);
    title.audio.clear();
    let text = multivariant(&title);
    assert!(!text.contains("AUDIO"));
    assert!(text.contains("CODECS=\"avc1.64001F\""));
}
