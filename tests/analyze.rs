//! A title that nobody could look at is looked at once models are there and a person asks, as fast as it plays
//! and then thoroughly; what was seen stays until the new is there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use reeldrop_tests::{Bundle, clip, get};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(180);

#[test]
fn a_title_that_nobody_could_look_at_is_looked_at_when_a_person_asks() {
    let name = "looking again";
    let Some(clip) = clip(name, "h264_aac_720p_people_5s.mp4") else {
        return;
    };
    let Some(models) = std::env::var_os("REELDROP_MODELS") else {
        eprintln!("skipped: {name} needs models; REELDROP_MODELS names no folder");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let bundle = Bundle::start_with_env(&[("REELDROP_MODELS", folder.path().to_str().unwrap())]);
    let bundle = bundle.unwrap();
    let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let asset = added.asset.unwrap();
    let skipped = wait(&bundle, &asset, "skipped", "batch");
    let reason = skipped["analysis"]["reason"].as_str().unwrap();
    if reason.contains("ONNX Runtime") {
        eprintln!("{reason}");
        return;
    }
    assert!(said(&bundle, &["show", &asset]).contains("reeldrop models pull"));

    for file in fs::read_dir(Path::new(&models)).unwrap() {
        let file = file.unwrap();
        symlink(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    said(&bundle, &["analyze", &asset, "--realtime"]);
    let seen = wait(&bundle, &asset, "completed", "realtime");
    assert_eq!(seen["analysis"]["seen_mode"], "realtime");
    has_person(&seen);
    let boxes = seen["analysis"]["boxes"].as_str().unwrap();
    assert!(said(&bundle, &["show", &asset]).contains("completed, in realtime"));

    let asked = said(&bundle, &["analyze", &asset, "--batch", "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&asked).unwrap()["mode"],
        "batch"
    );
    let thorough = wait(&bundle, &asset, "completed", "batch");
    has_person(&thorough);
    assert_eq!(thorough["analysis"]["dropped"], 0);
    assert_ne!(thorough["analysis"]["boxes"].as_str(), Some(boxes));
    let pictures = |seen: &Value| seen["analysis"]["pictures"].as_u64().unwrap();
    assert!(pictures(&thorough) >= pictures(&seen));
}

fn has_person(seen: &Value) {
    let mut detections = seen["detections"].as_array().unwrap().iter();
    assert!(detections.any(|d| d["label"] == "person"), "{seen:#}");
}

/// What a command prints.
fn said(bundle: &Bundle, arguments: &[&str]) -> String {
    let output = bundle.run(arguments).unwrap();
    assert!(output.status.success(), "{output:?}\n{}", bundle.log());
    String::from_utf8(output.stdout).unwrap()
}

/// What is seen once it is as it should be; what was seen before is there all the time.
fn wait(bundle: &Bundle, asset: &str, state: &str, mode: &str) -> Value {
    let end = Instant::now() + LIMIT;
    let mut shown = false;
    loop {
        let seen = get(bundle, &format!("/api/assets/{asset}/detections")).unwrap();
        let has = !seen["detections"].as_array().unwrap().is_empty();
        assert!(has || !shown, "what was seen is gone: {seen:#}");
        shown |= has;
        let analysis = &seen["analysis"];
        if (&analysis["state"], &analysis["mode"]) == (&state.into(), &mode.into()) {
            return seen;
        }
        assert!(Instant::now() < end, "{seen:#}\n{}", bundle.log());
        thread::sleep(Duration::from_millis(200));
    }
}
