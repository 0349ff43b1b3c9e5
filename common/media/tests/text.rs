//! Subtitle tracks of real files, whole and damaged.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::PathBuf;

use bytes::Bytes;
use reeldrop_media::{
    ReadAt,
    text::{Caption, Place, TextFormat, TextTrack, places, tracks},
};

fn clip(name: &str) -> Option<Bytes> {
    let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("skipped: REELDROP_TEST_MEDIA is not set");
        return None;
    };
    Some(
        std::fs::read(PathBuf::from(folder).join(name))
            .unwrap()
            .into(),
    )
}

fn captions(file: &Bytes, track: u64) -> Vec<Caption> {
    let places = places(file, track).unwrap_or_default().into_iter();
    let read = places.filter_map(|place| {
        let data = file.read_at(place.offset, usize::try_from(place.bytes).unwrap());
        place.caption(&data.unwrap())
    });
    read.collect()
}

/// Number, format and language of each track, and its captions with their times in milliseconds.
type Found = (u64, TextFormat, String, Vec<(i64, Option<i64>, String)>);

fn found(file: &Bytes) -> Vec<Found> {
    let all = |track: TextTrack| {
        let shown = captions(file, track.id).into_iter();
        let ms = |ns: i64| ns / 1_000_000;
        let shown = shown.map(|c| (ms(c.start_ns), c.end_ns.map(ms), c.text));
        let language = track.language.unwrap_or_default();
        (track.id, track.format, language, shown.collect())
    };
    tracks(file).unwrap().into_iter().map(all).collect()
}

#[test]
fn timed_text_is_found_in_mp4() {
    let Some(file) = clip("multi_2video_2audio_2subs_nasa.mp4") else {
        return;
    };
    let found = found(&file);
    assert_eq!(found.len(), 2);
    for (_, format, language, captions) in &found {
        assert_eq!((*format, language.as_str()), (TextFormat::Tx3g, "eng"));
        let (start, end, text) = &captions[0];
        assert_eq!((*start, *end), (210, Some(4_260)));
        assert!(text.starts_with("NAR: This is the optical"), "{text}");
        assert!(captions.len() > 3, "{captions:?}");
    }
}

#[test]
fn subrip_is_found_in_matroska() {
    let Some(file) = clip("h264_ac3_srt.mkv") else {
        return;
    };
    let found = found(&file);
    assert_eq!(found.len(), 1, "{found:?}");
    let (_, format, language, captions) = &found[0];
    assert_eq!((*format, language.as_str()), (TextFormat::Plain, "eng"));
    assert_eq!(captions[0].2, "This is the first subtitle.");
}

#[test]
fn closed_captions_are_found_as_a_track_and_their_bytes_in_it() {
    let Some(file) = clip("cbcs_video_clear.mp4") else {
        return;
    };
    let found = tracks(&file).unwrap();
    let language = found[0].language.as_deref();
    assert_eq!(
        (found.len(), found[0].format, language),
        (1, TextFormat::Cea608, Some("eng"))
    );
    let places = places(&file, found[0].id).unwrap();
    assert!(places.iter().all(Place::is_closed) && !places.is_empty());
    for place in places {
        let from = usize::try_from(place.offset).unwrap();
        let sample = &file[from..from + usize::try_from(place.bytes).unwrap()];
        let triplets = place.closed_captions(sample);
        assert!(!triplets.is_empty() && triplets.len() % 3 == 0);
        assert_eq!(place.caption(sample), None);
    }
}

#[test]
fn captions_inside_the_picture_are_no_text_track() {
    for name in ["h264_ac3.mkv", "mpeg4_mp3.avi"] {
        let Some(file) = clip(name) else { return };
        assert_eq!(tracks(&file).unwrap(), [], "{name}");
    }
}

#[test]
fn whatever_is_in_a_damaged_file_reading_ends_and_stays_within_it() {
    for (name, index) in [
        ("multi_2video_2audio_2subs_nasa.mp4", &b"moov"[..]),
        ("h264_ac3_srt.mkv", &b"\x1a\x45\xdf\xa3"[..]),
        ("h264_ac3_srt.mkv", &b"\x1c\x53\xbb\x6b"[..]),
    ] {
        let Some(whole) = clip(name) else { return };
        let from = whole.windows(4).rposition(|id| id == index).unwrap();
        let length = (whole.len() - from).min(20_000);
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap()
        };
        for round in 0..300 {
            let mut damaged = whole.to_vec();
            for _ in 0..8 {
                damaged[from + random() % length] = [0, 1, 0x7f, 0x80, 0xff][random() % 5];
            }
            if round % 3 == 0 {
                damaged.truncate(from + random() % length);
            }
            let damaged = Bytes::from(damaged);
            for track in tracks(&damaged).unwrap() {
                for place in places(&damaged, track.id).unwrap_or_default() {
                    assert!(place.offset + place.bytes <= damaged.len() as u64, "{name}");
                    assert!(place.bytes <= 16 << 10, "{name}");
                }
                captions(&damaged, track.id);
            }
        }
    }
}
