//! Captions that come after a title is finished are in its manifests, and players show them in time.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use reeldrop_captions::webvtt;
use reeldrop_media::testing::{self, Carried};
use reeldrop_tests::{
    Bundle, chromium, clip,
    lint::{Files, lint},
    tree, watch,
};
use serde_json::{Value, json};

/// Longer than a segment of captions, which lasts a minute.
const LENGTH_S: u32 = 66;

/// A caption over the end of a segment, and one in the next.
const ENGLISH: &str = "1
00:00:02,000 --> 00:00:04,000
A ball appears.

2
00:00:59,000 --> 00:01:01,500
<i>It bounces</i> once more.

3
00:01:03,250 --> 00:01:05,000
The end.
";

const GERMAN: &str = "1
00:00:02,000 --> 00:00:04,500
Ein Ball erscheint.

2
00:01:03,250 --> 00:01:05,000
Schluss.
";

/// How long captions may take into the manifests on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

fn make_clip(path: &Path) {
    let pipeline = format!(
        "videotestsrc pattern=ball num-buffers={} ! video/x-raw,width=320,height=180,framerate=10/1 \
         ! x264enc speed-preset=ultrafast key-int-max=20 ! h264parse ! mp4mux faststart=true \
         ! filesink location=\"{}\"",
        LENGTH_S * 10,
        path.display()
    );
    let made = Command::new("sh")
        .args(["-c", &format!("gst-launch-1.0 -q {pipeline}")])
        .status()
        .unwrap();
    assert!(made.success(), "the clip cannot be made");
}

fn fetch(address: &str) -> String {
    let output = Command::new("curl")
        .args(["-fsS", address])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{address}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn import(bundle: &Bundle, asset: &str, folder: &Path, language: &str, srt: &str) {
    let file = folder.join(format!("{language}.srt"));
    fs::write(&file, srt).unwrap();
    let file = file.to_str().unwrap();
    let output = bundle
        .run(&["captions", "import", asset, file, "--language", language])
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// Waits until each of the manifests names so many caption tracks.
fn wait_for_captions(bundle: &Bundle, manifests: &[&str], tracks: usize) {
    let end = Instant::now() + LIMIT;
    for manifest in manifests {
        loop {
            let text = fetch(manifest);
            let named =
                text.matches("TYPE=SUBTITLES").count() + text.matches("\"text/vtt\"").count();
            if named == tracks {
                break;
            }
            assert!(Instant::now() < end, "{text}\n{}", bundle.log());
            thread::sleep(Duration::from_millis(200));
        }
    }
}

#[test]
fn late_captions_are_in_the_manifests_and_players_show_them_in_time() {
    let Some(chromium) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("ball.mp4");
    make_clip(&clip);
    let bundle = Bundle::start().unwrap();
    let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let (asset, dash, hls) = (
        added.asset.unwrap(),
        added.dash.unwrap(),
        added.hls.unwrap(),
    );
    let hls_js = hls.replace("/stream.m3u8", "/stream-clearkey.m3u8");
    wait_for_captions(&bundle, &[&dash, &hls, &hls_js], 0);
    import(&bundle, &asset, folder.path(), "en", ENGLISH);
    import(&bundle, &asset, folder.path(), "de", GERMAN);
    wait_for_captions(&bundle, &[&dash, &hls, &hls_js], 2);

    check_playlists(&bundle, &asset, &folder.path().join("export"));
    let sessions = [
        ("dash.js", &dash),
        ("shaka", &dash),
        ("shaka", &hls),
        ("hls.js", &hls_js),
    ];
    check_players(chromium, &sessions);

    let media = bundle.data().join("buckets/reeldrop-media").join(&asset);
    assert!(media.join("text").is_dir());
    assert!(bundle.run(&["delete", &asset]).unwrap().status.success());
    let end = Instant::now() + LIMIT;
    while tree(&media).is_ok_and(|left| !left.is_empty()) {
        assert!(Instant::now() < end, "captions outlive their title");
        thread::sleep(Duration::from_millis(100));
    }
}

/// What is exported is whole, and keeps every rule about captions.
fn check_playlists(bundle: &Bundle, asset: &str, out: &Path) {
    let exported = bundle
        .run(&["export", asset, out.to_str().unwrap()])
        .unwrap();
    let said = String::from_utf8_lossy(&exported.stderr);
    assert!(exported.status.success(), "{said}");
    let files = tree(out).unwrap().into_iter();
    let files: Files = files
        .map(|(path, content)| (path.display().to_string(), content))
        .collect();
    let captions = files.keys().filter(|path| path.starts_with("text/"));
    // Of each language: two segments, the whole as WebVTT and as SubRip.
    assert_eq!(captions.count(), 8, "{:?}", files.keys());
    for playlist in ["1/stream.m3u8", "1/stream-clearkey.m3u8"] {
        let mut findings = lint(&files, playlist, None);
        // A small picture has one bit rate.
        findings.retain(|finding| finding.rule != "9.9");
        assert!(findings.is_empty(), "{playlist}: {findings:#?}");
    }
}

fn check_players(chromium: &str, sessions: &[(&str, &String)]) {
    let looks = json!([
        ["English", 2.5, "A ball appears."],
        ["English", 60.5, "It bounces once more."],
        ["English", 62.5, ""],
        ["English", 63.5, "The end."],
        ["English", 5.0, ""],
        ["Deutsch", 63.5, "Schluss."],
        ["Deutsch", 4.2, "Ein Ball erscheint."],
        ["English", 3.0, "A ball appears."],
    ]);
    let starts = [2.0, 59.0, 63.25, 63.25, 2.0, 2.0];
    let asked = sessions.iter().map(|(player, address)| {
        json!({ "player": player, "address": address, "key": "captions", "looks": looks })
    });
    let asked: Vec<Value> = asked.collect();
    let sessions = Value::from(asked.clone()).to_string();
    let reports = watch("players.mjs", &[chromium, &sessions], asked.len());
    for report in &reports {
        assert!(report["broken"].is_null(), "not shown: {report:#}");
        assert!(report["failure"].is_null(), "the player says: {report:#}");
        assert_eq!(report["problems"], json!([]), "script errors: {report:#}");
        let mut labels: Vec<&str> = report["labels"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        labels.sort_unstable();
        assert_eq!(labels, ["Deutsch", "English"], "{report:#}");
        let shown = report["shown"].as_array().unwrap().iter();
        let begins = shown.filter_map(|cues| cues[0][0].as_f64());
        for (found, expected) in begins.zip(starts) {
            let away = found - expected;
            assert!(away.abs() < 0.05, "{away} s away: {report:#}");
        }
    }
}

/// The title's caption tracks, once there are some.
fn captions_of(bundle: &Bundle, asset: &str) -> Vec<Value> {
    let end = Instant::now() + LIMIT;
    loop {
        let title: Value =
            serde_json::from_str(&fetch(&format!("{}/api/assets/{asset}", bundle.url()))).unwrap();
        let captions = title["captions"].as_array().unwrap();
        if !captions.is_empty() {
            return captions.clone();
        }
        assert!(Instant::now() < end, "{title:#}\n{}", bundle.log());
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn subtitles_of_the_file_become_captions() {
    let test = "subtitles of the source";
    let clips = [
        // The same lines in two tracks of timed text.
        (
            "multi_2video_2audio_2subs_nasa.mp4",
            "00:00:00.210 --> 00:00:04.260\nNAR: This is the optical and science segment of the Webb\n",
        ),
        // Its end is the picture's.
        (
            "h264_ac3_srt.mkv",
            "00:00:00.000 --> 00:00:01.000\nThis is the first subtitle.\n",
        ),
    ];
    let mut found = Vec::new();
    let mut asset = String::new();
    for (name, first) in clips {
        let Some(clip) = clip(test, name) else { return };
        found.push((clip, first));
    }
    // Nobody listens: what is there comes from the file.
    let empty = tempfile::tempdir().unwrap();
    let models = empty.path().to_str().unwrap();
    let bundle = Bundle::start_with_env(&[("REELDROP_MODELS", models)]).unwrap();
    for (clip, first) in found {
        let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
        assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
        asset = added.asset.unwrap();
        let captions = captions_of(&bundle, &asset);
        assert_eq!(captions.len(), 1, "{captions:#?}");
        let track = &captions[0];
        let said = ["language", "label", "origin", "kind"].map(|field| track[field].as_str());
        let expected = ["en", "English", "source", "full"].map(Some);
        assert_eq!(said, expected, "{captions:#?}");
        let vtt = fetch(track["vtt"].as_str().unwrap());
        assert!(vtt.contains(first), "{}: {vtt}", clip.display());
        let (dash, hls) = (added.dash.unwrap(), added.hls.unwrap());
        wait_for_captions(&bundle, &[&dash, &hls], 1);
        // Nobody says that these describe sounds.
        let (dash, hls) = (fetch(&dash), fetch(&hls));
        let role = "schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"subtitle\"";
        assert!(dash.contains(role), "{dash}");
        assert!(hls.contains("transcribes-spoken-dialog\""), "{hls}");
        assert!(!hls.contains("describes-music"), "{hls}");
    }
    let found = fetch(&format!("{}/api/search?q=first%20subtitle", bundle.url()));
    assert!(found.contains("This is the first subtitle."), "{found}");

    let folder = tempfile::tempdir().unwrap();
    import(
        &bundle,
        &asset,
        folder.path(),
        "en",
        "1\n00:00:00,100 --> 00:00:00,900\nMine.\n",
    );
    let end = Instant::now() + LIMIT;
    while captions_of(&bundle, &asset)[0]["origin"] != "import" {
        assert!(Instant::now() < end, "a person's captions come first");
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(captions_of(&bundle, &asset).len(), 1);
}

#[test]
fn captions_inside_the_picture_become_captions_and_are_found() {
    const PICTURES: usize = 300;
    let mut carried = Carried::padding(PICTURES);
    carried.pop_on(0, 60, &["A ball appears,", "out of nowhere."]);
    carried.erase(0, 120);
    let line = carried.roll_up(1, 90, "Una pelota rebota");
    carried.erase(1, 150);
    let folder = tempfile::tempdir().unwrap();
    let (ball, clip) = (
        folder.path().join("ball.mp4"),
        folder.path().join("clip.mp4"),
    );
    testing::ball(&ball, PICTURES);
    testing::captioned(&ball, &clip, |n| testing::cc_data(&carried.triplets(n)));

    // Nobody listens: what is there comes from the pictures.
    let models = folder.path().to_str().unwrap();
    let bundle = Bundle::start_with_env(&[("REELDROP_MODELS", models)]).unwrap();
    let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let (dash, hls) = (added.dash.unwrap(), added.hls.unwrap());
    wait_for_captions(&bundle, &[&dash, &hls], 2);
    let tracks = captions_of(&bundle, &added.asset.unwrap());
    let expected = [
        (
            "CC1",
            "und",
            2_000,
            4_000,
            "A ball appears,\nout of nowhere.",
        ),
        (
            "CC3",
            "und-x-cc3",
            line as u64 * 1_000 / 30,
            5_000,
            "Una pelota rebota",
        ),
    ];
    for (label, language, start_ms, end_ms, text) in expected {
        let track = tracks.iter().find(|track| track["label"] == label);
        let track = track.unwrap_or_else(|| panic!("{tracks:#?}"));
        let said = ["language", "origin", "kind"].map(|field| track[field].as_str());
        assert_eq!(said, [language, "source", "full"].map(Some));
        let vtt = fetch(track["vtt"].as_str().unwrap());
        let cues = webvtt::read(vtt.as_bytes(), 20_000).unwrap();
        assert_eq!((cues.len(), cues[0].text().as_str()), (1, text), "{vtt}");
        // A picture, and a rounded millisecond.
        assert!(cues[0].start_ms.abs_diff(start_ms) <= 35, "{vtt}");
        assert!(cues[0].end_ms.abs_diff(end_ms) <= 35, "{vtt}");
    }
    let found = fetch(&format!("{}/api/search?q=pelota", bundle.url()));
    assert!(found.contains("Una pelota rebota"), "{found}");
}

#[test]
fn closed_captions_in_a_track_of_their_own_are_the_titles() {
    let test = "captions in a track of CEA-608";
    let Some(clip) = clip(test, "cbcs_video_clear.mp4") else {
        return;
    };
    let bundle = Bundle::start().unwrap();
    let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let asset = added.asset.unwrap();
    let tracks = captions_of(&bundle, &asset);
    assert_eq!(tracks.len(), 1, "{tracks:#?}");
    let track = &tracks[0];
    let said = ["label", "language", "origin", "kind"].map(|field| track[field].as_str());
    assert_eq!(said, ["English (SDH)", "en", "source", "full"].map(Some));
    let vtt = fetch(track["vtt"].as_str().unwrap());
    let cues = webvtt::read(vtt.as_bytes(), 20_000).unwrap();
    let texts: Vec<String> = cues.iter().map(|cue| cue.text()).collect();
    assert_eq!(texts, ["[birds chirping]", "[soft music playing]"], "{vtt}");
    let address = format!("{}/api/assets/{asset}", bundle.url());
    let title: Value = serde_json::from_str(&fetch(&address)).unwrap();
    assert_eq!(title["dead_letters"], json!([]), "{title:#}");
}
