//! Any program may be killed at any moment: the title still becomes ready, with the same content.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use reeldrop_tests::{Bundle, clear_parts, clip, find, signal, tree};

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
        assert_eq!(
            made.published, undisturbed.published,
            "{name}: other objects are published"
        );
        assert!(
            made.clear == undisturbed.clear,
            "{name}: the clear parts differ"
        );
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

/// What a title left in the buckets.
struct Made {
    /// Names and sizes of what is published; each title has its own key, so that contents differ.
    published: BTreeMap<PathBuf, usize>,
    clear: BTreeMap<PathBuf, Vec<u8>>,
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
    let media = tree(
        &bundle
            .data()
            .join("buckets/reeldrop-media")
            .join(&title.asset),
    )
    .unwrap();
    // Manifests name the title and its key; their sizes are the same, for ids are.
    let published = media
        .into_iter()
        .map(|(path, content)| (path, content.len()))
        .collect();
    Made {
        published,
        clear: clear_parts(bundle.data(), &title.asset).unwrap(),
    }
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
