//! Chromium plays the encrypted title on its watch page, by DASH and by HLS.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use reeldrop_tests::{Bundle, chromium, clip, scripts};
use serde_json::Value;

#[test]
fn the_watch_page_plays_the_encrypted_title_by_dash_and_by_hls() {
    let Some(chromium) = chromium() else { return };
    let Some(clip) = clip(
        "playback in a browser",
        "h264_aac_640x360_8s_audio_first.mp4",
    ) else {
        return;
    };
    let bundle = Bundle::start().unwrap();
    let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let watch = added.watch.unwrap();

    let output = Command::new("node")
        .arg(scripts().join("play.mjs"))
        .args([
            chromium,
            &format!("{watch}?protocol=dash"),
            &format!("{watch}?protocol=hls"),
        ])
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let reports: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        reports.len(),
        2,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for report in &reports {
        check(report);
    }
}

fn check(report: &Value) {
    assert!(report["failed"].is_null(), "playback failed: {report:#}");
    assert_eq!(
        report["problems"].as_array().unwrap().len(),
        0,
        "script errors: {report:#}"
    );
    let (first, second, last) = (&report["first"], &report["second"], &report["last"]);
    let number = |of: &Value, field: &str| of[field].as_f64().unwrap();
    assert!(
        second["encrypted"].as_bool().unwrap(),
        "the title was not encrypted: {report:#}"
    );
    assert!(
        number(second, "frames") > number(first, "frames"),
        "the picture stands still: {report:#}"
    );
    assert!(
        number(second, "audioBytes") > number(first, "audioBytes"),
        "there is no sound: {report:#}"
    );
    assert!(
        number(second, "shades") > 16.0,
        "the picture is empty: {report:#}"
    );
    assert!(
        (number(second, "duration") - 8.0).abs() < 0.1,
        "wrong duration: {report:#}"
    );
    assert!(
        last["ended"].as_bool().unwrap(),
        "the end is not reached: {report:#}"
    );
}
