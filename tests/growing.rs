//! Players that others wrote play a title while most of it is still to come, from its start and, when all
//! of it is there, to its end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use reeldrop_tests::{Bundle, Held, chromium, clip, scripts};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(60);

/// Seconds of the clip.
const LENGTH: f64 = 40.0;

#[test]
fn players_begin_at_the_start_of_a_growing_title_and_reach_its_end() {
    let Some(chromium) = chromium() else { return };
    let Some(clip) = clip(
        "playback while a title grows",
        "objects_bottles_640x360_40s.mp4",
    ) else {
        return;
    };
    // Without models: the processor is for the players.
    let none = tempfile::tempdir().unwrap();
    let none = none.path().to_str().unwrap();
    let bundle = Bundle::start_with_env(&[("REELDROP_MODELS", none)]).unwrap();
    bundle.drop_file(&clip, "growing.mp4").unwrap();
    let title = playable(&bundle);
    let held = Held::all(bundle.pid(), "transcode").unwrap();
    let address = |of: &str| title[of].as_str().unwrap().to_owned();
    let sessions = [
        ("dash.js", address("dash")),
        ("shaka", address("dash")),
        ("shaka", address("hls")),
        ("hls.js", address("hls_js")),
    ];
    let sessions = sessions
        .map(|(player, address)| json!({"player": player, "address": address, "key": "growing", "length": LENGTH}));
    for report in watched(chromium, &sessions, held) {
        check(&report);
    }
}

/// The title, as soon as its beginning plays.
fn playable(bundle: &Bundle) -> Value {
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        for title in bundle.list().unwrap() {
            if title.state == "playable" {
                let shown = bundle.run(&["show", &title.asset, "--json"]).unwrap();
                return serde_json::from_slice(&shown.stdout).unwrap();
            }
            let is_made = ["received", "processing"].contains(&title.state.as_str());
            assert!(is_made, "there is nothing left to grow: {title:?}");
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing plays after {LIMIT:?}\n{}", bundle.log());
}

/// What is seen in each player. The title is held until all of them play.
fn watched(chromium: &str, sessions: &[Value], held: Held) -> Vec<Value> {
    let mut node = Command::new("node")
        .arg(scripts().join("players.mjs"))
        .args([chromium, &json!(sessions).to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = Some(held);
    let mut playing = 0;
    let mut reports = Vec::new();
    for line in BufReader::new(node.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line == "playing" {
            playing += 1;
            held = held.filter(|_| playing < sessions.len());
        } else {
            reports.push(serde_json::from_str(&line).unwrap());
        }
    }
    assert!(node.wait().unwrap().success());
    assert_eq!(reports.len(), sessions.len());
    reports
}

fn check(report: &Value) {
    let number = |of: &str, field: &str| report[of][field].as_f64().unwrap_or(f64::NAN);
    assert!(report["broken"].is_null(), "playback failed: {report:#}");
    assert!(report["failure"].is_null(), "the player says: {report:#}");
    assert_eq!(report["problems"], json!([]), "{report:#}");
    assert_eq!(report["read"], json!(["growing"]), "{report:#}");
    assert!(
        number("first", "time") < 3.0,
        "not from the start: {report:#}"
    );
    assert!(
        number("onward", "frames") > number("first", "frames"),
        "the picture stands still: {report:#}"
    );
    assert_eq!(report["last"]["ended"], true, "no end: {report:#}");
    assert!(
        (number("last", "time") - LENGTH).abs() < 0.5,
        "not its end: {report:#}"
    );
}
