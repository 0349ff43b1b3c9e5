//! Chromium plays titles: on their watch page, and in players that others wrote, as those come.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod packages;
mod periods;

use reeldrop_tests::{Bundle, chromium, clip, watch};
use serde_json::{Value, json};

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
    let page = added.watch.unwrap();

    let protocols = ["dash", "hls"].map(|protocol| format!("{page}?protocol={protocol}"));
    let reports = watch("play.mjs", &[chromium, &protocols[0], &protocols[1]], 2);
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

/// What is fetched when, and with which key, in each of the players.
fn sessions(dash: &str, hls: &str, key: &str) -> Vec<Value> {
    let hls_js = hls.replace("/stream.m3u8", "/stream-clearkey.m3u8");
    [
        ("dash.js", dash),
        ("shaka", dash),
        ("shaka", hls),
        ("hls.js", &hls_js),
    ]
    .map(|(player, address)| json!({ "player": player, "address": address, "key": key }))
    .to_vec()
}

#[test]
fn players_play_titles_as_they_come_and_refuse_wrong_keys() {
    let Some(chromium) = chromium() else { return };
    let test = "playback in players of others";
    let Some((clear, encrypted)) = clip(test, "multi_2video_2audio_2subs_nasa.mp4")
        .zip(clip(test, "h264_aac_640x360_17s.mp4"))
    else {
        return;
    };
    let bundle = Bundle::start().unwrap();
    let mut asked = Vec::new();
    // One has two languages, the other two renditions of the picture.
    for (scheme, file, pictures, sounds) in [("none", clear, 1, 2), ("cbcs", encrypted, 2, 1)] {
        let arguments = ["--scheme", scheme, file.to_str().unwrap()];
        let added = bundle.add(&arguments).unwrap().remove(0);
        assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
        let (dash, hls) = (added.dash.unwrap(), added.hls.unwrap());
        let encrypted = scheme == "cbcs";
        for mut session in sessions(&dash, &hls, "right") {
            session["expected"] = json!([encrypted, pictures, sounds]);
            asked.push(session);
        }
        if encrypted {
            asked.extend(sessions(&dash, &hls, "wrong"));
            asked.extend(sessions(&dash, &hls, "none"));
        }
    }
    for report in &played(chromium, &asked) {
        match report["key"].as_str() {
            Some("right") => check_watched(report),
            _ => check_refused(report),
        }
    }
}

/// What is seen in each of the sessions.
fn played(chromium: &str, asked: &[Value]) -> Vec<Value> {
    let sessions = Value::from(asked).to_string();
    watch("players.mjs", &[chromium, &sessions], asked.len())
}

fn check_watched(report: &Value) {
    let number = |of: &Value, field: &str| of[field].as_f64().unwrap_or(0.0);
    assert!(report["broken"].is_null(), "playback failed: {report:#}");
    assert!(report["failure"].is_null(), "the player says: {report:#}");
    assert_eq!(report["problems"], json!([]), "script errors: {report:#}");
    let (first, sought, last) = (&report["first"], &report["sought"], &report["last"]);
    let found = json!([sought["encrypted"], report["pictures"], report["sounds"]]);
    assert_eq!(found, report["expected"], "{report:#}");
    assert!(
        number(sought, "frames") > number(first, "frames"),
        "the picture stands still after a seek: {report:#}"
    );
    assert!(
        number(report, "shades") > 16.0,
        "the picture is empty: {report:#}"
    );
    let switched = report["switchedHeight"] == report["wantedHeight"];
    assert!(switched, "the other rendition is not shown: {report:#}");
    assert_eq!(last["ended"], true, "the end is not reached: {report:#}");
}

fn check_refused(report: &Value) {
    let said = !report["failure"].is_null() || !report["last"]["error"].is_null();
    assert!(said, "no error is shown: {report:#}");
    let shades = report["shades"].as_f64().unwrap_or(f64::MAX);
    assert!(shades <= 16.0, "something is shown: {report:#}");
}
