//! From a picture's colour to words that find it: the whole way, with fakes in place of CLIP that know three
//! colours.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use reeldrop_models::testing::write_colour_models;
use reeldrop_tests::{Bundle, chromium, get, wait_until_seen, watch};
use serde_json::Value;

/// How long the first question may take on a busy machine: analyze is started and reads a model.
const LIMIT: Duration = Duration::from_secs(30);

/// Three seconds of each colour.
fn make_clip(path: &Path, colours: &[&str]) {
    let source = |colour: &&str| {
        format!(
            "videotestsrc pattern={colour} num-buffers=60 ! video/x-raw,format=I420,width=320,height=180,framerate=20/1 ! c. "
        )
    };
    let sources: String = colours.iter().map(source).collect();
    let pipeline = format!(
        "concat name=c ! x264enc speed-preset=ultrafast key-int-max=40 ! h264parse ! mp4mux faststart=true \
         ! filesink location=\"{}\" {sources}",
        path.display()
    );
    let made = Command::new("sh")
        .args(["-c", &format!("gst-launch-1.0 -q {pipeline}")])
        .status()
        .unwrap();
    assert!(made.success(), "the clip cannot be made");
}

/// What a search finds, once analyze has answered.
fn search(bundle: &Bundle, words: &str, until: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + LIMIT;
    loop {
        let found = get(bundle, &format!("/api/search?q={words}")).unwrap();
        if until(&found) {
            return found;
        }
        assert!(Instant::now() < end, "{found:#}\n{}", bundle.log());
        thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn words_find_the_moment_that_looks_like_them() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    std::fs::create_dir(&models).unwrap();
    write_colour_models(&models).unwrap();
    let [first, second] = ["first.mp4", "second.mp4"].map(|name| folder.path().join(name));
    make_clip(&first, &["red", "blue"]);
    make_clip(&second, &["blue"]);
    let bundle = Bundle::start_with_env(&[("REELDROP_MODELS", models.to_str().unwrap())]).unwrap();
    let mut assets = Vec::new();
    for clip in [&first, &second] {
        let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
        assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
        let asset = added.asset.unwrap();
        let Some(seen) = wait_until_seen(&bundle, &asset).unwrap() else {
            return;
        };
        assert_eq!(seen["detections"][0]["kind"], "scene", "{seen:#}");
        assets.push(asset);
    }
    let any = |found: &Value| !found["alike"].as_array().unwrap().is_empty();
    // "photo" is no label: the picture alone tells.
    let red = search(&bundle, "red%20photo", any);
    assert_eq!(red["alike"].as_array().unwrap().len(), 1, "{red:#}");
    assert_eq!(red["alike"][0]["asset"], assets[0].as_str());
    let moment = (&red["alike"][0]["start_ms"], &red["alike"][0]["end_ms"]);
    assert_eq!(moment, (&0.into(), &3_000.into()), "{red:#}");
    let blue = search(&bundle, "blue%20photo", any);
    let found: Vec<_> = blue["alike"].as_array().unwrap().iter().collect();
    assert_eq!(found.len(), 2, "{blue:#}");
    assert!(
        found
            .iter()
            .all(|alike| alike["similarity"].as_f64() > Some(0.9)),
        "{blue:#}"
    );
    let of_first = found
        .iter()
        .find(|alike| alike["asset"] == assets[0].as_str());
    let watch = of_first.unwrap()["watch"].as_str().unwrap();
    let at: f64 = watch.split_once("?t=").unwrap().1.parse().unwrap();
    assert!((3.0..6.0).contains(&at), "{watch}");
    // A scene's label is found like a thing's.
    let labelled = search(&bundle, "blue", any);
    assert_eq!(
        labelled["sightings"].as_array().unwrap().len(),
        2,
        "{labelled:#}"
    );
    assert_eq!(labelled["sightings"][0]["kind"], "scene");
    if let Some(chromium) = chromium() {
        look(chromium, &bundle, &assets[0]);
    }
    // Whatever is typed, the search goes on.
    for hostile in ["giraffe", "%F0%9F%A6%92", "%22%22", &"x".repeat(200)] {
        let found = search(&bundle, hostile, |_| true);
        assert!(
            found["alike"].as_array().unwrap().is_empty(),
            "{hostile}: {found:#}"
        );
    }
}

/// What a viewer sees of it.
fn look(chromium: &str, bundle: &Bundle, asset: &str) {
    let (page, url) = (format!("{}/watch/{asset}", bundle.url()), bundle.url());
    let pictures = std::env::var("REELDROP_SHOW_PICTURES").ok();
    let mut arguments = vec![chromium, &page, &url, "red photo"];
    arguments.extend(pictures.as_deref());
    let seen = watch("scenes.mjs", &arguments, 1).remove(0);
    assert!(
        seen["failed"].is_null() && seen["problems"].as_array().unwrap().is_empty(),
        "{seen:#}"
    );
    for size in ["phone", "desktop"] {
        let seen = &seen[size];
        let lanes: Vec<_> = seen["lanes"].as_array().unwrap().iter().collect();
        assert_eq!(lanes, ["blue, scene", "red, scene"], "{seen:#}");
        let counts = (&seen["spans"], &seen["boxes"], &seen["alike"]);
        assert_eq!(counts, (&2.into(), &0.into(), &1.into()), "{seen:#}");
        assert_eq!(seen["says"], "looks like red photo");
        let href = seen["href"].as_str().unwrap();
        assert!(href.starts_with(&format!("./watch/{asset}?t=")), "{href}");
        assert_eq!(seen["tooWide"], false, "{size}: {seen:#}");
    }
}
