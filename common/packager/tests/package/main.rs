//! Files in, an independent decryptor's samples out.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod documents;
mod key_frames;
mod keys;
mod one_file;
mod oracles;
mod samples;

use std::fs;
use std::path::{Path, PathBuf};

use mp4forge::decrypt::{DecryptOptions, DecryptionKey, decrypt_bytes};
use reeldrop_cmaf::boxes::iter;
use reeldrop_events::Scheme;
use reeldrop_packager::{Input, Key, Keys, Layout, PackageError, Packaged, Settings, package};

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
