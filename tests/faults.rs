//! Any program may be killed at any moment: the title still becomes ready, with the same content.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use reeldrop_cmaf::protect::{ContentKey, Decryption, decrypt_init, decrypt_segment};
use reeldrop_tests::{Bundle, clear_parts, clip, find, signal, tree, wait_for_storyboard};
use serde_json::Value;

/// Whom to kill, and how many milliseconds after it was first seen at work on the title.
const MOMENTS: &[(&str, u64)] = &[
    ("bucket-source", 0),
    ("probe", 0),
    ("probe", 60),
    ("transcode", 0),
    ("transcode", 150),
    ("transcode", 700),
    ("encrypt-package", 0),
    ("encrypt-package", 300),
    ("catalog-write", 100),
    ("catalog-write", 600),
    ("thumbnail", 50),
    ("portal", 200),
    ("postgres", 0),
    ("postgres", 500),
    ("reeldrop", 0),
    ("reeldrop", 300),
    ("reeldrop", 600),
    ("reeldrop", 900),
    ("reeldrop", 1_300),
    ("reeldrop", 2_000),
];

type Files = BTreeMap<PathBuf, Vec<u8>>;

const LIMIT: Duration = Duration::from_secs(90);

#[test]
fn a_title_survives_the_death_of_any_program_at_any_moment() {
    let Some(clip) = clip("killing programs", "h264_aac_640x360_8s_audio_first.mp4") else {
        return;
    };
    let mut bundle = Bundle::start().unwrap();
    let undisturbed = make(&mut bundle, &clip, "undisturbed.mp4", None);
    for (number, (victim, after_ms)) in MOMENTS.iter().enumerate() {
        let name = format!("{number:02} {victim} {after_ms}.mp4");
        let made = make(&mut bundle, &clip, &name, Some((victim, *after_ms)));
        // What was encoded comes first: where that differs, what is published does too.
        assert_same(&name, &undisturbed.clear, &made.clear);
        assert_same(&name, &undisturbed.published, &made.published);
    }
    let titles = bundle.list().unwrap();
    assert_eq!(
        titles.len(),
        MOMENTS.len() + 1,
        "a title is double: {titles:?}"
    );
    assert!(
        bundle.stop().unwrap(),
        "the runner does not end cleanly:\n{}",
        bundle.log()
    );
}

fn assert_same(name: &str, undisturbed: &Files, disturbed: &Files) {
    assert_eq!(
        disturbed.keys().collect::<Vec<_>>(),
        undisturbed.keys().collect::<Vec<_>>(),
        "{name}: other objects"
    );
    let others = undisturbed
        .iter()
        .filter(|(path, expected)| disturbed[*path] != **expected)
        .map(|(path, expected)| {
            let (found, shown) = (&disturbed[path], path.display());
            let same = expected.iter().zip(found).take_while(|(a, b)| a == b);
            let (from, expected, found) = (same.count(), expected.len(), found.len());
            format!("{shown}: {expected} bytes, now {found}, from byte {from} on")
        });
    let others: Vec<String> = others.collect();
    assert!(
        others.is_empty(),
        "{name}: other contents:\n{}",
        others.join("\n")
    );
}

/// What a title left in the buckets, without what is its own: its id, and its key.
struct Made {
    /// Every published object: segments decrypted, manifests without the ids, pictures as they are.
    published: Files,
    clear: Files,
}

fn make(
    bundle: &mut Bundle,
    clip: &std::path::Path,
    name: &str,
    kill: Option<(&str, u64)>,
) -> Made {
    bundle.drop_file(clip, name).unwrap();
    if let Some((victim, after_ms)) = kill {
        disturb(bundle, name, victim, Duration::from_millis(after_ms));
    }
    let title = bundle.wait_for(name, LIMIT).unwrap();
    assert_eq!(
        title.state,
        "ready",
        "{name}: {:?}\n{}",
        title.reason,
        bundle.log()
    );
    wait_for_analysis(bundle, &title.asset);
    wait_for_storyboard(bundle.data(), &title.asset, LIMIT).unwrap();
    Made {
        published: published(bundle, &title.asset),
        clear: clear_parts(bundle.data(), &title.asset).unwrap(),
    }
}

/// A title is ready before all its pictures are looked at.
fn wait_for_analysis(bundle: &Bundle, asset: &str) {
    let end = Instant::now() + LIMIT;
    loop {
        let shown = bundle.run(&["show", "--json", asset]).unwrap();
        let title: Value = serde_json::from_slice(&shown.stdout).unwrap_or_default();
        match title["analysis"]["state"].as_str() {
            Some("completed" | "skipped") => return,
            state => assert!(
                Instant::now() < end,
                "{asset} is looked at: {state:?}\n{}",
                bundle.log()
            ),
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn published(bundle: &Bundle, asset: &str) -> Files {
    let media = bundle.data().join("buckets/reeldrop-media").join(asset);
    let files = tree(&media).unwrap();
    let (kid, key) = owners_key(bundle, asset);
    let open = |path: &Path, content: &[u8]| {
        let kind = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        match kind {
            "m3u8" | "mpd" => anonymous(content, asset, &kid),
            "mp4" => decrypt_init(content).unwrap(),
            "m4s" => {
                let init = &files[&path.with_file_name("init.mp4")];
                let decryption = Decryption::new(init, |_| Some(ContentKey(bytes(&key)))).unwrap();
                let mut clear = Vec::new();
                decrypt_segment(content, &decryption, &mut clear).unwrap();
                clear
            }
            _ => content.to_vec(),
        }
    };
    let opened = files
        .iter()
        .map(|(path, content)| (path.clone(), open(path, content)));
    opened.collect()
}

/// The key id and the key of a title, in hex.
fn owners_key(bundle: &Bundle, asset: &str) -> (String, String) {
    let answer = Command::new("curl")
        .arg("-fsS")
        .arg(format!("{}/api/assets/{asset}/key", bundle.url()))
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("kid"), text("key"))
}

fn bytes(hex: &str) -> [u8; 16] {
    u128::from_str_radix(hex, 16).unwrap().to_be_bytes()
}

/// A manifest without the id of its title and the id of its key.
fn anonymous(manifest: &[u8], asset: &str, kid: &str) -> Vec<u8> {
    let text = String::from_utf8(manifest.to_vec()).unwrap();
    let groups = [
        &kid[..8],
        &kid[8..12],
        &kid[12..16],
        &kid[16..20],
        &kid[20..],
    ];
    let text = text
        .replace(asset, "{asset}")
        .replace(&groups.join("-"), "{kid}")
        .replace(kid, "{kid}");
    // The header of the protection system names the key in base64.
    let lines = text.lines().filter(|line| !line.contains("<cenc:pssh>"));
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

fn disturb(bundle: &mut Bundle, name: &str, victim: &str, after: Duration) {
    wait_until_listed(bundle, name);
    thread::sleep(after);
    if victim == "reeldrop" {
        bundle.kill().unwrap();
        bundle.restart().unwrap();
        return;
    }
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        // It may have ended by itself between being found and being killed: then there is nothing to disturb.
        if let Some(pid) = find(bundle.pid(), victim) {
            let _ = signal(pid, "KILL");
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn wait_until_listed(bundle: &Bundle, name: &str) {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        if bundle
            .list()
            .is_ok_and(|titles| titles.iter().any(|title| title.file == name))
        {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("{name} was dropped but is not listed:\n{}", bundle.log());
}
