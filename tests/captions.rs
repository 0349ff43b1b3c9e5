//! From spoken words to captions on the page and a search that finds them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod speech;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use reeldrop_tests::{Bundle, chromium, scripts, watch};
use serde_json::Value;

/// Sentences that the test model is known to understand, and where they begin, seconds.
const SENTENCES: [&str; 2] = [
    "Welcome to the reel drop demo.",
    "The clip is ready on Monday night.",
];

/// How long hearing a short clip may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn models() -> Option<PathBuf> {
    let folder = std::env::var_os("REELDROP_MODELS").map(PathBuf::from);
    let folder = folder.filter(|folder| folder.join("reeldrop-espeak-tiny.en.bin").is_file());
    if folder.is_none() {
        println!("skipped: REELDROP_MODELS names no folder with the model espeak-tiny");
    }
    folder
}

fn get(bundle: &Bundle, path: &str) -> Value {
    let url = format!("{}{path}", bundle.url());
    let output = Command::new("curl").args(["-fsS", &url]).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{url}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The title, once `is_so`.
fn wait(bundle: &Bundle, asset: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + LIMIT;
    loop {
        let title = get(bundle, &format!("/api/assets/{asset}"));
        if is_so(&title) {
            return title;
        }
        assert!(Instant::now() < end, "{title:#}\n{}", bundle.log());
        thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn what_is_said_is_captioned_found_and_replaced() {
    if models().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("Spoken words.mp4");
    let begins = speech::clip(&clip, &SENTENCES);
    let bundle = Bundle::start_with_env(&[("REELDROP_WHISPER_MODEL", "espeak-tiny")]).unwrap();
    let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let asset = added.asset.unwrap();
    let title = wait(&bundle, &asset, |title| title["captions"][0].is_object());
    let captions = &title["captions"][0];
    assert_eq!(
        (&captions["language"], &captions["origin"]),
        (&"en".into(), &"speech".into())
    );

    let found = get(&bundle, "/api/search?q=%22monday%20night%22");
    let moment = &found["moments"][0];
    assert_eq!(moment["text"], SENTENCES[1]);
    let away = moment["start_ms"].as_f64().unwrap() / 1_000.0 - begins[1];
    assert!(
        away.abs() < 0.4,
        "found {away} s away from where it is said"
    );

    if let Some(chromium) = chromium() {
        let watch = format!("{}/watch/{asset}", bundle.url());
        look(chromium, &bundle, &watch, &begins);
    }
    match chromium() {
        Some(chromium) => {
            let watch = format!("{}/watch/{asset}", bundle.url());
            watch_replaced(chromium, &watch, || {
                replace(&bundle, &asset, folder.path());
            });
        }
        None => replace(&bundle, &asset, folder.path()),
    }
}

/// Who watches sees the other captions without opening the page again, and finds them once in the menu.
fn watch_replaced(chromium: &str, watch: &str, replace: impl FnOnce()) {
    let mut node = Command::new("node")
        .arg(scripts().join("replaced.mjs"))
        .args([chromium, watch, "2.8"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert_eq!(first, "shown");
    replace();
    let seen: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert!(node.wait().unwrap().success());
    let text = |field: &str| seen[field].as_str().unwrap_or_default().trim().to_owned();
    assert_eq!(seen["problems"], Value::Array(Vec::new()), "{seen:#}");
    assert!(text("before").contains("Welcome"), "{seen:#}");
    assert_eq!(text("after"), "A submarine appears.", "{seen:#}");
    let at = seen["at"].as_f64().unwrap();
    assert!((2.5..3.2).contains(&at), "{seen:#}");
    let menu = seen["menu"].as_array().unwrap().iter();
    let english = menu.filter(|entry| **entry == "English").count();
    assert_eq!(english, 1, "{seen:#}");
}

/// What a viewer sees of it.
fn look(chromium: &str, bundle: &Bundle, page: &str, begins: &[f64]) {
    let pictures = std::env::var("REELDROP_SHOW_PICTURES").ok();
    let url = bundle.url();
    let mut arguments = vec![chromium, page, &url, "Monday night"];
    arguments.extend(pictures.as_deref());
    let seen = watch("captions.mjs", &arguments, 1).remove(0);
    assert!(
        seen["failed"].is_null() && seen["problems"].as_array().unwrap().is_empty(),
        "{seen:#}"
    );
    let text = |field: &str| seen[field].as_str().unwrap_or_default().replace('\n', " ");
    assert_eq!(seen["lines"].as_array().unwrap().len(), 2, "{seen:#}");
    let menu = seen["menu"].as_array().unwrap().iter();
    let english = menu.filter(|entry| **entry == "English").count();
    assert_eq!(english, 1, "captions are offered once: {seen:#}");
    assert!(text("current").contains(SENTENCES[1]), "{seen:#}");
    assert!(text("shown").contains("Monday night"), "{seen:#}");
    assert!(!text("shownBefore").contains("Monday"), "{seen:#}");
    assert_eq!(seen["filtered"].as_array().unwrap().len(), 1, "{seen:#}");
    for field in ["soughtTo", "openedAt"] {
        let away = seen[field].as_f64().unwrap() - begins[1];
        assert!((-0.5..3.0).contains(&away), "{field}: {seen:#}");
    }
}

/// A person's captions take the place of the machine's.
fn replace(bundle: &Bundle, asset: &str, folder: &Path) {
    let file = folder.join("mine.srt");
    let srt = "1\n00:00:01,000 --> 00:00:03,500\nA submarine appears.\n";
    fs::write(&file, srt).unwrap();
    let arguments = [
        "captions",
        "import",
        asset,
        file.to_str().unwrap(),
        "--language",
        "en",
    ];
    let output = bundle.run(&arguments).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let title = wait(bundle, asset, |title| {
        title["captions"][0]["origin"] == "import"
    });
    assert_eq!(title["captions"].as_array().unwrap().len(), 1);
    let moments = |words: &str| get(bundle, &format!("/api/search?q={words}"))["moments"].clone();
    assert_eq!(moments("submarine")[0]["start_ms"], 1_000);
    assert_eq!(moments("monday"), Value::Array(Vec::new()));
}

/// Puts German subtitles into the clip, in Matroska.
fn with_german(clip: &Path, out: &Path) {
    let srt = out.with_extension("srt");
    fs::write(
        &srt,
        "1\n00:00:02,000 --> 00:00:04,000\n<i>Willkommen</i> bei Reeldrop.\n",
    )
    .unwrap();
    let pipeline = format!(
        "matroskamux name=mux ! filesink location=\"{}\" \
         filesrc location=\"{}\" ! qtdemux name=in in.video_0 ! queue ! h264parse ! mux. \
         in.audio_0 ! queue ! aacparse ! mux. \
         filesrc location=\"{}\" ! subparse ! taginject tags=language-code=de ! queue ! mux.",
        out.display(),
        clip.display(),
        srt.display()
    );
    let made = Command::new("sh")
        .args(["-c", &format!("gst-launch-1.0 -q {pipeline}")])
        .status()
        .unwrap();
    assert!(made.success(), "the clip cannot be made");
}

#[test]
fn what_is_said_in_another_language_than_the_files_subtitles_is_written_down() {
    if models().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("spoken.mp4");
    speech::clip(&clip, &SENTENCES);
    let both = folder.path().join("both.mkv");
    with_german(&clip, &both);
    let bundle = Bundle::start_with_env(&[("REELDROP_WHISPER_MODEL", "espeak-tiny")]).unwrap();
    let added = bundle.add(&[both.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let title = wait(&bundle, &added.asset.unwrap(), |title| {
        title["captions"].as_array().unwrap().len() == 2
    });
    let captions = title["captions"].as_array().unwrap().iter();
    let found: Vec<_> = captions
        .map(|track| ["language", "origin", "kind"].map(|field| track[field].as_str().unwrap()))
        .collect();
    assert_eq!(found, [["de", "source", "full"], ["en", "speech", "full"]]);
}

#[test]
fn without_a_model_the_title_is_ready_and_says_why_it_has_no_captions() {
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.mp4");
    speech::clip(&clip, &SENTENCES[..1]);
    let empty = folder.path().to_str().unwrap();
    let bundle = Bundle::start_with_env(&[("REELDROP_MODELS", empty)]).unwrap();
    let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
    assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
    let title = wait(&bundle, &added.asset.unwrap(), |title| {
        title["transcript"].is_object()
    });
    assert_eq!(title["transcript"]["state"], "skipped");
    let reason = title["transcript"]["reason"].as_str().unwrap();
    assert!(reason.contains("reeldrop models pull"), "{reason}");
}
