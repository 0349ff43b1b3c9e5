//! Segments hold what their input held, in files of their own or in one, and what cannot is named.

use std::fs;
use std::path::Path;

use reeldrop_cmaf::boxes::iter;
use reeldrop_events::Scheme;
use reeldrop_packager::{Layout, Settings};

use crate::{CLIPS, KEY, KID, clip, decrypted, make, media, settings};

#[test]
fn encrypted_samples_are_the_clear_ones_after_an_independent_decryptor() {
    for name in CLIPS {
        let Some(path) = clip(name) else { return };
        let clear = make(&[&path], &settings(Scheme::None)).unwrap();
        for scheme in [Scheme::Cbcs, Scheme::Cenc] {
            for (layout, clear_lead_ms) in [(Layout::Segments, 0), (Layout::SingleFile, 100)] {
                let settings = Settings {
                    layout,
                    clear_lead_ms,
                    ..settings(scheme)
                };
                let made = make(&[&path], &settings).unwrap();
                assert_eq!(made.tracks.len(), clear.tracks.len());
                for index in 0..made.tracks.len() {
                    let expected = media(&clear.track(index));
                    let track = made.track(index);
                    // One segment alone is all lead.
                    let all_clear = clear_lead_ms > 0 && made.tracks[index].segments == 1;
                    assert_eq!(media(&track) == expected, all_clear, "{name}");
                    assert!(
                        decrypted(&track, KEY, KID) == expected,
                        "{name}, {scheme:?}"
                    );
                    if !all_clear {
                        assert!(
                            decrypted(&track, [9; 16], KID) != expected,
                            "a wrong key fits"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let Some(path) = clip("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let [first, second] = [0, 1].map(|_| make(&[&path], &settings(Scheme::Cenc)).unwrap());
    assert_eq!(first.tracks, second.tracks);
    assert!((0..2).all(|index| first.track(index) == second.track(index)));
    assert_eq!(first.text("stream.mpd"), second.text("stream.mpd"));
}

#[test]
fn an_index_names_the_segments_of_a_whole_file() {
    let Some(path) = clip("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let single = Settings {
        layout: Layout::SingleFile,
        ..settings(Scheme::Cbcs)
    };
    let (single, many) = (
        make(&[&path], &single).unwrap(),
        make(&[&path], &settings(Scheme::Cbcs)).unwrap(),
    );
    let whole = single.track(0);
    let index = iter(&whole).find(b"sidx").unwrap().unwrap();
    let references = index.payload[32..].chunks(12);
    let sizes = references.map(|found| u32::from_be_bytes(found[..4].try_into().unwrap()));
    let sizes: Vec<u64> = sizes.map(u64::from).collect();
    assert_eq!(sizes.len(), many.tracks[0].segments);
    assert_eq!(
        sizes.iter().sum::<u64>(),
        (whole.len() - index.end()) as u64
    );
    let ranges = single.text("stream.mpd");
    let range = format!("indexRange=\"{}-{}\"", index.offset, index.end() - 1);
    assert!(
        ranges.contains(&range) && !ranges.contains("SegmentTemplate"),
        "{ranges}"
    );
    let playlist = single.text("video-360p/index.m3u8");
    let first = format!("#EXT-X-BYTERANGE:{}@{}\nmedia.mp4", sizes[0], index.end());
    assert!(playlist.contains(&first), "{playlist}");
    // The same segments, one after the other.
    let init = fs::read(many.folder.path().join("video-360p/init.mp4")).unwrap();
    assert!(whole[index.end()..] == many.track(0)[init.len()..]);
}

#[test]
fn what_cannot_be_packaged_is_named() {
    for (name, why) in [
        ("bad_no_moov.mp4", "free"),
        ("bad_moov_only_no_mdat.mp4", "cut short"),
        ("cenc_av_enc.mp4", "protected already"),
        ("vp9_noaudio_bear.webm", ""),
    ] {
        let Some(path) = clip(name) else { return };
        let error = make(&[&path], &settings(Scheme::Cbcs))
            .map(|_| ())
            .unwrap_err();
        let error = error.to_string();
        assert!(error.contains(name) && error.contains(why), "{error}");
    }
    let missing = make(&[Path::new("/nowhere/x.mp4")], &settings(Scheme::None));
    let error = missing.map(|_| ()).unwrap_err().to_string();
    assert!(
        error.starts_with("/nowhere/x.mp4: cannot be read"),
        "{error}"
    );
}
