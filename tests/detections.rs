//! From a picture to boxes on the page and a search that finds them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use reeldrop_tests::{Bundle, chromium, clip, get, wait_until_seen, watch};

/// Most pixels that a box may be away from its place: the browser rounds.
const NEAR_PX: f64 = 2.0;

#[test]
fn what_is_seen_is_on_the_page_in_its_place_and_found() {
    for file in ["h264_aac_720p_people_5s.mp4", "h264_aac_rot270_720p.mp4"] {
        let Some(clip) = clip("boxes on the page", file) else {
            return;
        };
        let bundle = Bundle::start().unwrap();
        let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
        assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
        let asset = added.asset.unwrap();
        let Some(seen) = wait_until_seen(&bundle, &asset).unwrap() else {
            return;
        };
        let detections = seen["detections"].as_array().unwrap();
        for label in ["person", "dog"] {
            assert!(
                detections.iter().any(|d| d["label"] == label),
                "{file}: no {label}: {seen:#}"
            );
        }
        let found = get(&bundle, "/api/search?q=person%20dog").unwrap();
        assert_eq!(found["sightings"][0]["asset"], asset.as_str(), "{found:#}");
        if let Some(chromium) = chromium() {
            look(
                chromium,
                &bundle,
                &format!("{}/watch/{asset}", bundle.url()),
            );
        }
    }
}

/// What a viewer sees of it.
fn look(chromium: &str, bundle: &Bundle, page: &str) {
    let pictures = std::env::var("REELDROP_SHOW_PICTURES").ok();
    let url = bundle.url();
    let mut arguments = vec![chromium, page, &url, "person dog", "person"];
    arguments.extend(pictures.as_deref());
    let seen = watch("detections.mjs", &arguments, 1).remove(0);
    assert!(
        seen["failed"].is_null() && seen["problems"].as_array().unwrap().is_empty(),
        "{seen:#}"
    );
    for situation in ["first", "sought", "narrow", "wide"] {
        let away = seen["away"][situation].as_f64();
        assert!(
            away.is_some_and(|away| away <= NEAR_PX),
            "{situation}: boxes are not where the title says: {seen:#}"
        );
    }
    assert!(
        seen["lanes"].as_array().unwrap().contains(&"person".into()),
        "{seen:#}"
    );
    assert!(seen["stills"].as_u64() >= Some(1), "{seen:#}");
    assert_eq!(seen["sheet"], serde_json::json!([1_024, 1_024]), "{seen:#}");
    assert_eq!(seen["hidden"], true, "{seen:#}");
    let opens = seen["opens"].as_str().unwrap();
    assert!(
        opens.contains("/watch/") && opens.contains("?t="),
        "{opens}"
    );
}
