//! Chromium plays a track whose key changes half way: it asks for the later key when it comes to it, and
//! does not show what another key makes of it.

use std::{fs, path::Path};

use reeldrop_cmaf::protect::{
    ContentKey, Protection, TrackProtection, encrypt_init, encrypt_segment,
};
use reeldrop_events::Scheme;
use reeldrop_packager::{Input, Keys, Layout, Packaged, Settings, package};
use reeldrop_tests::{chromium, clip, watch};
use serde_json::{Value, json};
use uuid::Uuid;

const FIRST: ([u8; 16], [u8; 16]) = (*b"the first key id", *b"and its own key.");
const LATER: ([u8; 16], [u8; 16]) = (*b"the later key id", *b"and another key.");

fn clear(clip: &Path, folder: &Path) -> Vec<Packaged> {
    let settings = Settings {
        scheme: Scheme::None,
        keys: Keys::default(),
        segment_ms: 2_000,
        clear_lead_ms: 0,
        layout: Layout::Segments,
        iv: None,
        key_uri: String::new(),
        license_uri: String::new(),
    };
    package(&[Input::File(clip.into())], &settings, folder).unwrap()
}

/// Header and segments, the second half of these under the later key.
fn rotated(folder: &Path, segments: usize, scheme: Scheme) -> Vec<u8> {
    let protection = |kid, iv| Protection {
        scheme,
        kid: Uuid::from_bytes(kid),
        iv: [iv; 16],
    };
    let init = fs::read(folder.join("init.mp4")).unwrap();
    let first = protection(FIRST.0, 7);
    let by = TrackProtection::new(&init, &first, &ContentKey(FIRST.1), "r").unwrap();
    let later = by.in_period(&protection(LATER.0, 8), &ContentKey(LATER.1));
    let mut file = encrypt_init(&init, &first).unwrap();
    for number in 0..segments {
        let by = if number < segments / 2 { &by } else { &later };
        let segment = fs::read(folder.join(format!("{number:06}.m4s"))).unwrap();
        encrypt_segment(&segment, by, &mut file).unwrap();
    }
    file
}

#[test]
fn chromium_asks_for_the_key_of_each_crypto_period() {
    let Some(chromium) = chromium() else { return };
    let Some(clip) = clip("key rotation in a browser", "h264_aac_640x360_17s.mp4") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut sessions = Vec::new();
    for track in clear(&clip, folder.path()) {
        for scheme in [Scheme::Cbcs, Scheme::Cenc] {
            let media = rotated(&folder.path().join(&track.name), track.segments, scheme);
            let file = format!("{}-{scheme:?}.mp4", track.name);
            fs::write(folder.path().join(&file), media).unwrap();
            let kind = track.name.split('-').next().unwrap();
            for right in [true, false] {
                let later = if right { LATER.1 } else { [9; 16] };
                let keys = [FIRST, (LATER.0, later)]
                    .map(|(kid, key)| [kid, key].map(|bytes| bytes.to_vec()));
                sessions.push(json!({
                    "file": file, "kind": kind, "codec": track.codec, "right": right, "keys": keys,
                    "scheme": format!("{scheme:?}").to_lowercase(),
                }));
            }
        }
    }
    assert_eq!(sessions.len(), 8);
    let asked = json!(sessions).to_string();
    let arguments = [chromium, folder.path().to_str().unwrap(), &asked];
    let reports = watch("periods.mjs", &arguments, sessions.len());
    for report in &reports {
        check(report);
    }
}

fn check(report: &Value) {
    let seen = &report["seen"];
    let kids = |ids: &[[u8; 16]]| json!(ids.iter().map(|id| id.to_vec()).collect::<Vec<_>>());
    assert_eq!(seen["asked"], kids(&[FIRST.0, LATER.0]), "{report:#}");
    assert_eq!(seen["ended"], report["right"], "{report:#}");
    // The change is eight seconds in.
    let time = seen["time"].as_f64().unwrap();
    if report["right"] == true {
        assert!(
            (time - 17.0).abs() < 0.1 && seen["error"].is_null(),
            "{report:#}"
        );
        let is_whole = report["kind"] == "audio" || seen["frames"] == 512;
        assert!(is_whole, "pictures are lost: {report:#}");
    } else {
        assert!(time < 8.5 && !seen["error"].is_null(), "{report:#}");
    }
}
