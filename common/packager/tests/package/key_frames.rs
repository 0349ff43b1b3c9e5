//! Key frames that are fetched and decrypted alone.

use std::fs;
use std::ops::Range;

use reeldrop_cmaf::boxes::iter;
use reeldrop_events::Scheme;
use reeldrop_packager::{Layout, Settings};

use crate::{CLIPS, KEY, KID, Made, clip, decrypted, make, media, settings};

/// A track's playlist of key frames: the file and the byte range of each.
fn key_frames(made: &Made, track: &str) -> Vec<(String, Range<usize>)> {
    let text = made.text(&format!("{track}/iframes.m3u8"));
    assert!(text.contains("#EXT-X-I-FRAMES-ONLY\n"), "{text}");
    let mut found = Vec::new();
    let mut range = 0..0;
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("#EXT-X-BYTERANGE:") {
            let (bytes, at) = said.split_once('@').unwrap();
            let at: usize = at.parse().unwrap();
            range = at..at + bytes.parse::<usize>().unwrap();
        } else if !line.starts_with('#') {
            found.push((line.to_owned(), range.clone()));
        }
    }
    found
}

/// Header and byte range of a key frame, which have to decode alone.
fn alone(made: &Made, track: &str, (file, range): &(String, Range<usize>)) -> Vec<u8> {
    let folder = made.folder.path().join(track);
    let header = match file.as_str() {
        "media.mp4" => {
            let whole = fs::read(folder.join(file)).unwrap();
            let moov = iter(&whole).find(b"moov").unwrap().unwrap();
            whole[..moov.end()].to_vec()
        }
        _ => fs::read(folder.join("init.mp4")).unwrap(),
    };
    let bytes = fs::read(folder.join(file)).unwrap()[range.clone()].to_vec();
    let kinds: Vec<String> = iter(&bytes)
        .map(|found| found.unwrap().kind.to_string())
        .collect();
    assert_eq!(kinds, ["moof", "mdat"], "{file} {range:?}");
    [header, bytes].concat()
}

#[test]
fn every_key_frame_has_a_range_that_is_decrypted_alone() {
    for name in CLIPS {
        let Some(path) = clip(name) else { return };
        let clear = make(&[&path], &settings(Scheme::None)).unwrap();
        let pictures = clear.tracks.iter().enumerate();
        let pictures = pictures.filter(|(_, track)| track.name.starts_with("video"));
        for (index, track) in pictures {
            let plain = key_frames(&clear, &track.name);
            // As many as there are fragments of one sync sample in the segments.
            let joined = clear.track(index);
            let header = iter(&joined).find(b"moov").unwrap().unwrap().end();
            let all = reeldrop_cmaf::key_frames(0, &joined[header..]).unwrap();
            assert!(!plain.is_empty() && plain.len() == all.len(), "{name}");
            let pictures: Vec<Vec<u8>> = plain
                .iter()
                .map(|key| media(&alone(&clear, &track.name, key)))
                .collect();
            for scheme in [Scheme::Cbcs, Scheme::Cenc] {
                for layout in [Layout::Segments, Layout::SingleFile] {
                    let settings = Settings {
                        layout,
                        ..settings(scheme)
                    };
                    let made = make(&[&path], &settings).unwrap();
                    let keys = key_frames(&made, &track.name);
                    assert_eq!(keys.len(), pictures.len(), "{name}");
                    for (key, picture) in keys.iter().zip(&pictures) {
                        let alone = alone(&made, &track.name, key);
                        assert!(media(&alone) != *picture, "{name}: in the clear");
                        assert!(decrypted(&alone, KEY, KID) == *picture, "{name}");
                    }
                }
            }
            let master = clear.text("stream.m3u8");
            let uri = format!("URI=\"{}/iframes.m3u8\"", track.name);
            assert!(master.contains(&uri), "{master}");
        }
    }
}
