//! ffmpeg and Shaka Packager decrypt what is packaged to the clear samples, where both are there
//! (`REELDROP_ORACLES`, which `make test` sets).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use reeldrop_events::Scheme;
use uuid::Uuid;

use crate::{CLIPS, KEY, KID, clip, make, settings};

struct Oracles {
    ffmpeg: PathBuf,
    packager: PathBuf,
    folder: tempfile::TempDir,
}

fn oracles() -> Option<Oracles> {
    let tools = std::env::var_os("REELDROP_ORACLES").map(PathBuf::from);
    let Some(tools) = tools.filter(|tools| tools.join("packager").exists()) else {
        eprintln!("skipped: REELDROP_ORACLES names no folder with ffmpeg and packager");
        return None;
    };
    Some(Oracles {
        ffmpeg: tools.join("ffmpeg"),
        packager: tools.join("packager"),
        folder: tempfile::tempdir().unwrap(),
    })
}

fn run(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn hex(bytes: [u8; 16]) -> String {
    Uuid::from_bytes(bytes).simple().to_string()
}

impl Oracles {
    fn put(&self, name: &str, file: &[u8]) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, file).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// A hash of each stream's samples, as they lie in the file.
    fn hash(&self, before: &[&str], path: &str) -> String {
        let after = ["-i", path, "-map", "0", "-c", "copy", "-f", "streamhash"];
        let quiet: &[&str] = &["-v", "error"];
        let all = [quiet, before, &after, &["-hash", "sha256", "-"]].concat();
        run(&self.ffmpeg, &all)
    }

    /// The same after Shaka Packager has decrypted the file.
    fn after_packager(&self, path: &str) -> String {
        let out = self.folder.path().join("decrypted.mp4");
        let out = out.to_str().unwrap();
        let streams = format!("in={path},stream=0,output={out}");
        let keys = format!("label=:key_id={}:key={}", hex(KID), hex(KEY));
        let raw = "--enable_raw_key_decryption";
        run(&self.packager, &[&streams, raw, "--keys", &keys]);
        self.hash(&[], out)
    }
}

#[test]
fn ffmpeg_and_shaka_packager_find_the_clear_samples() {
    let Some(oracles) = oracles() else { return };
    for name in CLIPS {
        let Some(path) = clip(name) else { return };
        let clear = make(&[&path], &settings(Scheme::None)).unwrap();
        for scheme in [Scheme::Cbcs, Scheme::Cenc] {
            let made = make(&[&path], &settings(scheme)).unwrap();
            for index in 0..made.tracks.len() {
                let expected = oracles.put("clear.mp4", &clear.track(index));
                let expected = oracles.hash(&[], &expected);
                let encrypted = oracles.put("encrypted.mp4", &made.track(index));
                let found = oracles.hash(&["-decryption_key", &hex(KEY)], &encrypted);
                assert_eq!(found, expected, "ffmpeg: {name}, {scheme:?}");
                let found = oracles.after_packager(&encrypted);
                assert_eq!(found, expected, "Shaka Packager: {name}, {scheme:?}");
                assert_ne!(oracles.hash(&[], &encrypted), expected, "not encrypted");
            }
        }
    }
}
