//! Keys: which track gets which, and where manifests and headers say so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use reeldrop_events::Scheme;
use reeldrop_packager::{Key, Keys, Layout, PackageError, Settings};

use crate::{KEY, KID, clip, decrypted, make, media, settings};

/// Every playlist of a package: its path in the folder, and its text.
fn playlists(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "m3u8") {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// What the key lines of a playlist name, as files of the package's folder.
fn named(playlist: &Path, text: &str) -> BTreeSet<PathBuf> {
    let keys = text.lines().filter(|line| line.contains("-KEY:"));
    let addresses = keys.map(|line| {
        line.split("URI=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
    });
    let resolved = addresses.map(|address| {
        let mut path = PathBuf::new();
        for part in playlist.parent().unwrap().join(address).components() {
            if part == Component::ParentDir {
                assert!(path.pop(), "{address} leads out of the folder");
            } else {
                path.push(part);
            }
        }
        path
    });
    resolved.collect()
}

fn without_keys(text: &str) -> Vec<&str> {
    let lines = text.lines();
    lines.filter(|line| !line.contains("-KEY:")).collect()
}

#[test]
fn a_second_set_of_playlists_over_the_same_segments_is_for_hls_js() {
    let Some(path) = clip("h264_aac_640x360_17s.mp4") else {
        return;
    };
    for (scheme, method) in [
        (Scheme::Cbcs, "SAMPLE-AES"),
        (Scheme::Cenc, "SAMPLE-AES-CTR"),
    ] {
        for layout in [Layout::Segments, Layout::SingleFile] {
            let settings = Settings {
                layout,
                ..settings(scheme)
            };
            let made = make(&[&path], &settings).unwrap();
            for (one, other) in [
                ("stream.m3u8", "stream-clearkey.m3u8"),
                ("video-360p/index.m3u8", "video-360p/clearkey.m3u8"),
                (
                    "video-360p/iframes.m3u8",
                    "video-360p/iframes-clearkey.m3u8",
                ),
                ("audio-0/index.m3u8", "audio-0/clearkey.m3u8"),
            ] {
                let (one, two) = (made.text(one), made.text(other));
                let renamed = one
                    .replace("index.m3u8", "clearkey.m3u8")
                    .replace("iframes.m3u8", "iframes-clearkey.m3u8");
                assert_eq!(without_keys(&two), without_keys(&renamed), "{other}");
                let keys = two.lines().filter(|line| line.contains("-KEY:"));
                let keys: Vec<_> = keys.collect();
                let [key] = keys.as_slice() else {
                    panic!("{other}: {keys:?}");
                };
                let start = format!("KEY:METHOD={method},URI=");
                let end = ",KEYID=0x7369787465656e2062797465206b6964,\
                    KEYFORMAT=\"org.w3.clearkey\",KEYFORMATVERSIONS=\"1\"";
                assert!(key.contains(&start) && key.ends_with(end), "{key}");
                assert!(!one.contains("clearkey"), "{one}");
            }
        }
    }
}

#[test]
fn relative_addresses_lead_to_one_place_from_every_playlist() {
    let Some(path) = clip("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let made = make(&[&path], &settings(Scheme::Cbcs)).unwrap();
    let found = playlists(made.folder.path());
    assert_eq!(found.len(), 8, "{found:?}");
    for (path, text) in found {
        let expected = match path.to_string_lossy().contains("clearkey") {
            true => "license",
            false => "key",
        };
        assert_eq!(
            named(&path, &text),
            [PathBuf::from(expected)].into(),
            "{path:?}"
        );
    }
}

#[test]
fn a_clear_package_leaves_no_playlists_of_an_encrypted_one() {
    let Some(path) = clip("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let made = make(&[&path], &settings(Scheme::Cbcs)).unwrap();
    let input = [reeldrop_packager::Input::File(path)];
    let folder = made.folder.path();
    reeldrop_packager::package(&input, &settings(Scheme::None), folder).unwrap();
    let found = playlists(folder);
    let names: Vec<_> = found
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    let expected = [
        "audio-0/index.m3u8",
        "stream.m3u8",
        "video-360p/iframes.m3u8",
        "video-360p/index.m3u8",
    ];
    assert_eq!(names, expected);
    assert!(found.iter().all(|(_, text)| !text.contains("-KEY:")));
    // And back again.
    let again = [reeldrop_packager::Input::File(
        clip("h264_aac_640x360_17s.mp4").unwrap(),
    )];
    reeldrop_packager::package(&again, &settings(Scheme::Cbcs), folder).unwrap();
    assert_eq!(playlists(folder).len(), 8);
}

#[test]
fn a_ladder_has_the_sound_of_its_first_input_and_a_key_for_each_label() {
    let (Some(large), Some(small)) = (
        clip("h264_aac_640x360_17s.mp4"),
        clip("h264_aac_bbb_320x240_10s.mp4"),
    ) else {
        return;
    };
    let mut settings = settings(Scheme::Cbcs);
    settings
        .keys
        .add(Some("audio".to_owned()), Key::new([1; 16], [2; 16]));
    assert!(matches!(
        make(&[&large], &settings).map(|_| ()),
        Err(PackageError::OneKeyUri)
    ));
    settings.key_uri = "https://keys.example/{kid}".to_owned();
    let made = make(&[&large, &small], &settings).unwrap();
    let names: Vec<_> = made
        .tracks
        .iter()
        .map(|track| track.name.as_str())
        .collect();
    assert_eq!(names, ["video-360p", "audio-0", "video-240p"]);
    let clear = make(&[&large], &self::settings(Scheme::None)).unwrap();
    assert!(decrypted(&made.track(0), KEY, KID) == media(&clear.track(0)));
    assert!(decrypted(&made.track(1), [1; 16], [2; 16]) == media(&clear.track(1)));
    assert!(decrypted(&made.track(1), KEY, [2; 16]) != media(&clear.track(1)));
    let master = made.text("stream.m3u8");
    assert_eq!(master.matches("#EXT-X-STREAM-INF").count(), 2, "{master}");
    assert!(master.contains("audio-0/index.m3u8"), "{master}");
    let address = |kid: &str| format!("URI=\"https://keys.example/{kid}\"");
    let (first, second) = (
        address("7369787465656e2062797465206b6964"),
        address(&"02".repeat(16)),
    );
    assert!(made.text("video-360p/index.m3u8").contains(&first));
    assert!(made.text("audio-0/index.m3u8").contains(&second));
    for key in [first, second] {
        let line = format!("#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,{key}");
        assert_eq!(master.matches(&line).count(), 1, "{master}");
    }
    let mpd = made.text("stream.mpd");
    let kids = [
        "73697874-6565-6e20-6279-7465206b6964",
        "02020202-0202-0202-0202-020202020202",
    ];
    for kid in kids {
        // Three descriptors of a set.
        let named = format!("cenc:default_KID=\"{kid}\"");
        assert_eq!(mpd.matches(&named).count(), 3, "{mpd}");
    }
}

#[test]
fn a_track_without_a_key_is_named() {
    let Some(path) = clip("h264_aac_640x360_17s.mp4") else {
        return;
    };
    let mut keys = Keys::default();
    keys.add(Some("audio".to_owned()), Key::new(KEY, KID));
    let settings = Settings {
        keys,
        ..settings(Scheme::Cbcs)
    };
    let error = make(&[&path], &settings)
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(error.contains("no key for video-360p"), "{error}");
}
