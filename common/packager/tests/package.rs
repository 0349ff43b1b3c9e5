//! Files in, an independent decryptor's samples out.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::boxes::iter;
use reeldrop_events::Scheme;
use reeldrop_packager::{
    Input, Key, Keys, Layout, PackageError, Packaged, Settings, package, package_to,
};

const KEY: [u8; 16] = *b"sixteen byte key";
const KID: [u8; 16] = *b"sixteen byte kid";

fn settings(scheme: Scheme) -> Settings {
    let mut keys = Keys::default();
    keys.add(None, Key::new(KEY, KID));
    Settings {
        scheme,
        keys,
        segment_ms: 2_000,
        clear_lead_ms: 0,
        layout: Layout::Segments,
        iv: Some([7; 16]),
        key_uri: "key".to_owned(),
        license_uri: "license".to_owned(),
    }
}

/// A clip of the shared set, where the machine has it.
fn clip(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
        eprintln!("skipped: REELDROP_TEST_MEDIA does not name the folder of test clips");
        return None;
    };
    Some(Path::new(&folder).join(name))
}

/// A track's header and segments, joined.
fn joined(folder: &Path) -> Vec<u8> {
    if let Ok(whole) = fs::read(folder.join("media.mp4")) {
        return whole;
    }
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "m4s"))
        .collect();
    names.sort();
    names.insert(0, folder.join("init.mp4"));
    names
        .iter()
        .flat_map(|name| fs::read(name).unwrap())
        .collect()
}

/// The contents of all `mdat` boxes, joined.
fn media(file: &[u8]) -> Vec<u8> {
    let boxes = iter(file).map(Result::unwrap);
    let media = boxes.filter(|found| found.kind == b"mdat");
    media.flat_map(|found| found.payload.to_vec()).collect()
}

fn decrypted(file: &[u8], key: [u8; 16], kid: [u8; 16]) -> Vec<u8> {
    let options = DecryptOptions::new().with_key(DecryptionKey::kid(kid, key));
    media(&decrypt_bytes(file, &options).unwrap())
}

struct Made {
    folder: tempfile::TempDir,
    tracks: Vec<Packaged>,
}

impl Made {
    fn track(&self, index: usize) -> Vec<u8> {
        joined(&self.folder.path().join(&self.tracks[index].name))
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

fn make(inputs: &[&Path], settings: &Settings) -> Result<Made, PackageError> {
    let folder = tempfile::tempdir().unwrap();
    let inputs: Vec<_> = inputs.iter().map(|path| Input::File(path.into())).collect();
    let tracks = package(&inputs, settings, folder.path())?;
    Ok(Made { folder, tracks })
}

/// Clips of every codec and layout of file.
const CLIPS: [&str; 9] = [
    "h264_aac_640x360_17s.mp4",
    "h264_aac_640x360_8s_audio_first.mp4",
    "hevc_bframes_480p.mp4",
    "hevc_10bit.mp4",
    "av1_aac.mp4",
    "hdr10_pq_av1_portrait.mp4",
    "vp9_in_mp4.mp4",
    "frag_seekable.mp4",
    "audioonly_aac_15s.mp4",
];

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

/// A track's playlist of key frames: the file and the byte range of each.
fn key_frames(made: &Made, track: &str) -> Vec<(String, std::ops::Range<usize>)> {
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
fn alone(made: &Made, track: &str, (file, range): &(String, std::ops::Range<usize>)) -> Vec<u8> {
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

/// What the writer of one file writes.
#[derive(Clone, Default)]
struct Collected(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Collected {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The samples of each track of a file, in the order of their fragments, which are numbered.
fn by_track(file: &[u8]) -> Vec<Vec<u8>> {
    let mut found: std::collections::BTreeMap<u32, Vec<u8>> = Default::default();
    let mut last = 0;
    for moof in iter(file).map(Result::unwrap).filter(|b| b.kind == b"moof") {
        let mfhd = moof.children().find(b"mfhd").unwrap().unwrap();
        let number = u32::from_be_bytes(mfhd.payload[4..8].try_into().unwrap());
        assert_eq!(number, last + 1);
        last = number;
        let fragments = reeldrop_cmaf::moof::read(&moof, |_| Default::default()).unwrap();
        for fragment in fragments {
            let track = found.entry(fragment.track_id).or_default();
            for sample in fragment.samples {
                let at = moof.offset + sample.offset as usize;
                track.extend(&file[at..at + sample.info.size as usize]);
            }
        }
    }
    found.into_values().collect()
}

#[test]
fn one_file_has_all_tracks_side_by_side() {
    for name in CLIPS {
        let Some(path) = clip(name) else { return };
        let clear = make(&[&path], &settings(Scheme::None)).unwrap();
        let tracks = 0..clear.tracks.len();
        let expected: Vec<Vec<u8>> = tracks.map(|index| media(&clear.track(index))).collect();
        for scheme in [Scheme::None, Scheme::Cbcs, Scheme::Cenc] {
            let out = Collected::default();
            let input = Input::File(path.clone());
            let said = package_to(&input, &settings(scheme), Box::new(out.clone())).unwrap();
            assert_eq!(said.len(), expected.len());
            let file = out.0.lock().unwrap().clone();
            let movie = reeldrop_cmaf::movie::Movie::read(&file).unwrap();
            // Encrypted tracks are none that could be packaged again.
            let tracks = movie.tracks.len() + movie.left_out.len();
            assert_eq!(tracks, expected.len(), "{name}");
            let opened = match scheme {
                Scheme::None => file,
                Scheme::Cbcs | Scheme::Cenc => {
                    assert!(by_track(&file) != expected, "{name}: in the clear");
                    let options = DecryptOptions::new().with_key(DecryptionKey::kid(KID, KEY));
                    decrypt_bytes(&file, &options).unwrap()
                }
            };
            assert!(by_track(&opened) == expected, "{name}, {scheme:?}");
        }
    }
}

#[test]
fn one_file_that_cannot_be_written_says_so() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let Some(path) = clip("frag_seekable.mp4") else {
        return;
    };
    let input = Input::File(path);
    let error = package_to(&input, &settings(Scheme::Cbcs), Box::new(Closed)).unwrap_err();
    let error = error.to_string();
    assert!(
        error.starts_with("standard output cannot be written"),
        "{error}"
    );
}
