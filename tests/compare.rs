//! `reeldrop compare` against a fake of the Cloud Vision API: what agrees, what is sent, and what is not.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod vision;

use std::{path::Path, process::Output};

use image::RgbImage;
use reeldrop_tests::{Bundle, clip, get, wait_until_seen};
use serde_json::{Value, json};
use vision::FakeVision;

const KEY: &str = "a-key-that-nobody-may-see";

/// Frames that are compared.
const FRAMES: usize = 4;

/// A title that was looked at, and who else looks.
struct Compared {
    bundle: Bundle,
    asset: String,
    /// What `/detections` says.
    seen: Value,
    vision: FakeVision,
}

impl Compared {
    fn new(clip: &Path) -> Option<Self> {
        let bundle = Bundle::start().unwrap();
        let added = bundle.add(&[clip.to_str().unwrap()]).unwrap().remove(0);
        assert_eq!(added.state, "ready", "{:?}\n{}", added.reason, bundle.log());
        let asset = added.asset.unwrap();
        let seen = wait_until_seen(&bundle, &asset).unwrap()?;
        Some(Self {
            bundle,
            asset,
            seen,
            vision: FakeVision::start(KEY),
        })
    }

    fn run_with(&self, env: &[(&str, &str)], arguments: &[&str]) -> Output {
        // Whatever is set on this machine.
        let unset = [("REELDROP_VISION_KEY", ""), ("REELDROP_VISION_TOKEN", "")];
        let address = [("REELDROP_VISION_ADDRESS", self.vision.address())];
        let env = [&unset[..], &address[..], env].concat();
        let frames = FRAMES.to_string();
        let asked = ["compare", &self.asset, "--frames", &frames];
        self.bundle
            .run_with_env(&env, &[&asked, arguments].concat())
            .unwrap()
    }

    /// Runs it, which must succeed.
    fn run(&self, arguments: &[&str]) -> Value {
        let env = [("REELDROP_VISION_KEY", KEY)];
        let output = self.run_with(&env, &[&["--json", "--yes"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("go to 127.0.0.1: at most 0.0"), "{said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs it, which must fail without having sent more than `sent` requests; gives what it says.
    fn refused(&self, env: &[(&str, &str)], arguments: &[&str], sent: usize) -> String {
        let before = self.vision.received().len();
        let output = self.run_with(env, arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(output.stdout.is_empty(), "{said}");
        assert!(
            !said.contains(KEY) && !said.contains("another-key"),
            "{said}"
        );
        assert_eq!(self.vision.received().len() - before, sent, "{said}");
        said
    }

    /// Label and place of all that Reeldrop sees at `time_ms`.
    fn ours(&self, time_ms: u64) -> Vec<(String, [f64; 4])> {
        let analysis = &self.seen["analysis"];
        let number = time_ms / analysis["stretch_ms"].as_u64().unwrap();
        let address = analysis["boxes"].as_str().unwrap();
        let boxes = get(&self.bundle, &address.replace("{n}", &number.to_string())).unwrap();
        let mut pictures = boxes["pictures"].as_array().unwrap().iter();
        let picture = pictures
            .find(|picture| picture["time_ms"] == time_ms)
            .unwrap();
        let placed = |found: &Value| {
            let number = usize::try_from(found["detection"].as_u64().unwrap()).unwrap();
            let label = self.seen["detections"][number]["label"].as_str().unwrap();
            let place = ["x", "y", "width", "height"].map(|side| found[side].as_f64().unwrap());
            (label.to_owned(), place)
        };
        picture["boxes"]
            .as_array()
            .unwrap()
            .iter()
            .map(placed)
            .collect()
    }
}

/// The corners of a rectangle, as Vision writes them; zeros are left out.
fn corners([x, y, width, height]: [f64; 4], scale: (f64, f64)) -> Value {
    let corner = |x: f64, y: f64| {
        let mut corner = json!({});
        for (name, value) in [("x", x * scale.0), ("y", y * scale.1)] {
            if value != 0.0 {
                corner[name] = json!(value);
            }
        }
        corner
    };
    let (right, below) = (x + width, y + height);
    json!([
        corner(x, y),
        corner(right, y),
        corner(right, below),
        corner(x, below)
    ])
}

fn thing(name: &str, place: [f64; 4]) -> Value {
    let polygon = json!({"normalizedVertices": corners(place, (1.0, 1.0))});
    json!({"mid": "/m/0", "name": name, "score": 0.8, "boundingPoly": polygon})
}

/// Both, ours only and theirs only of a label.
fn counts(report: &Value, label: &str) -> [u64; 3] {
    let mut labels = report["labels"].as_array().unwrap().iter();
    let of_label = labels.find(|found| found["label"] == label);
    let of_label = of_label.unwrap_or_else(|| panic!("no {label}: {report:#}"));
    ["both", "ours_only", "theirs_only"].map(|count| of_label[count].as_u64().unwrap())
}

fn times(report: &Value) -> Vec<u64> {
    let frames = report["frames"].as_array().unwrap().iter();
    frames
        .map(|frame| frame["time_ms"].as_u64().unwrap())
        .collect()
}

fn rgb(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg)
        .unwrap()
        .to_rgb8()
}

#[test]
fn a_title_is_compared_label_by_label_within_its_budget() {
    let Some(clip) = clip("compare", "h264_aac_720p_people_5s.mp4") else {
        return;
    };
    let Some(compared) = Compared::new(&clip) else {
        return;
    };
    nothing_is_sent_unasked(&compared);
    let times = the_right_pictures_are_sent(&compared, &clip);
    labels_agree_as_the_boxes_do(&compared, &times);
    faces_are_compared_on_request(&compared, &times);
    refusals_are_tried_again_or_told(&compared);
}

fn nothing_is_sent_unasked(compared: &Compared) {
    let said = compared.refused(&[], &["--yes"], 0);
    assert!(
        said.contains("is off") && said.contains("REELDROP_VISION_KEY"),
        "{said}"
    );
    let key = [("REELDROP_VISION_KEY", KEY)];
    let said = compared.refused(&key, &[], 0);
    assert!(
        said.contains("leave this machine") && said.contains("--yes"),
        "{said}"
    );
    // Four frames cost 0.009 USD.
    let said = compared.refused(&key, &["--yes", "--budget", "0.0089"], 0);
    assert!(
        said.contains("0.00900 USD") && said.contains("budget of 0.00890 USD"),
        "{said}"
    );
    let elsewhere = [key[0], ("REELDROP_VISION_ADDRESS", "http://192.0.2.1/")];
    let said = compared.refused(&elsewhere, &["--yes"], 0);
    assert!(said.contains("https only"), "{said}");
}

/// Who sees nothing agrees with nothing; gives the times of the frames.
fn the_right_pictures_are_sent(compared: &Compared, clip: &Path) -> Vec<u64> {
    let report = compared.run(&["--budget", "0.009"]);
    let times = times(&report);
    assert_eq!(times.len(), FRAMES, "{report:#}");
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    assert_eq!(report["total"]["both"], 0, "{report:#}");
    for label in ["person", "dog"] {
        let [both, ours, theirs] = counts(&report, label);
        assert!(both == 0 && ours > 0 && theirs == 0, "{report:#}");
    }
    let received = compared.vision.received();
    assert_eq!(received.len(), 1);
    let received = &received[0];
    assert_eq!(
        (received.key.as_deref(), &received.token),
        (Some(KEY), &None)
    );
    assert_eq!(received.uri, "/v1/images:annotate");
    assert_eq!(received.features, ["OBJECT_LOCALIZATION"]);
    assert_eq!(received.pictures.len(), FRAMES);
    // Of the uploaded file, none is as like as the one of that time.
    let source = bytes::Bytes::from(std::fs::read(clip).unwrap());
    for (time_ms, sent) in times.iter().zip(&received.pictures) {
        let sent = rgb(sent);
        assert!(
            sent.width().max(sent.height()) == 640,
            "{:?}",
            sent.dimensions()
        );
        let unlike = |ms: u64| {
            let own = rgb(&reeldrop_media::still(source.clone(), ms, 640).unwrap());
            assert_eq!(own.dimensions(), sent.dimensions());
            let pairs = own.as_raw().iter().zip(sent.as_raw());
            pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>()
        };
        let here = unlike(*time_ms);
        for other in [time_ms.saturating_sub(200), time_ms + 200] {
            let there = unlike(other);
            assert!(
                here < there || other == *time_ms,
                "{time_ms} ms: {here}, {other} ms: {there}"
            );
        }
    }
    times
}

/// Vision finds persons where Reeldrop does, dogs elsewhere, and something that has no word here.
fn labels_agree_as_the_boxes_do(compared: &Compared, times: &[u64]) {
    let (mut persons, mut dogs) = (0, 0);
    let mut images = Vec::new();
    for (number, time_ms) in times.iter().enumerate() {
        let mut things = vec![thing("Clothing", [0.4, 0.4, 0.2, 0.2])];
        for (label, place) in compared.ours(*time_ms) {
            match label.as_str() {
                "person" => {
                    persons += 1;
                    things.push(thing(if number == 0 { "Woman" } else { "Person" }, place));
                }
                "dog" => {
                    dogs += 1;
                    things.push(thing("Dog", [0.0, 0.0, 0.01, 0.01]));
                }
                _ => {}
            }
        }
        images.push(json!({"localizedObjectAnnotations": things}));
    }
    assert!(persons > 0 && dogs > 0);
    compared.vision.says(images);
    let report = compared.run(&[]);
    assert_eq!(self::times(&report), times);
    assert_eq!(counts(&report, "person"), [persons, 0, 0], "{report:#}");
    assert_eq!(counts(&report, "dog"), [0, dogs, dogs], "{report:#}");
    assert_eq!(
        report["only_theirs"],
        json!({"Clothing": FRAMES}),
        "{report:#}"
    );
    let mut labels = report["labels"].as_array().unwrap().iter();
    let person = labels.find(|found| found["label"] == "person").unwrap();
    assert!(person["mean_iou"].as_f64() > Some(0.999), "{person:#}");
    assert_eq!(
        (report["total"]["both"].as_u64(), &report["cost_usd"]),
        (Some(persons), &json!(0.009))
    );
    let (p50, max) = (&report["requests"]["p50_ms"], &report["requests"]["max_ms"]);
    assert!(p50.as_u64() <= max.as_u64() && max.is_u64(), "{report:#}");
}

fn faces_are_compared_on_request(compared: &Compared, times: &[u64]) {
    let pictures = compared.vision.received().remove(0).pictures;
    let mut faces = 0;
    let mut images = Vec::new();
    for (time_ms, picture) in times.iter().zip(pictures) {
        let (width, height) = rgb(&picture).dimensions();
        let ours = compared
            .ours(*time_ms)
            .into_iter()
            .filter(|(label, _)| label == "face");
        let theirs: Vec<Value> = ours
            .map(|(_, place)| {
                let scale = (f64::from(width), f64::from(height));
                json!({"fdBoundingPoly": {"vertices": corners(place, scale)}})
            })
            .collect();
        faces += theirs.len() as u64;
        images.push(json!({"faceAnnotations": theirs}));
    }
    // One that Reeldrop does not see.
    let other =
        json!({"fdBoundingPoly": {"vertices": corners([0.0, 0.0, 0.02, 0.02], (640.0, 360.0))}});
    images[0]["faceAnnotations"]
        .as_array_mut()
        .unwrap()
        .push(other);
    compared.vision.says(images);
    let report = compared.run(&["--faces"]);
    assert_eq!(counts(&report, "face"), [faces, 0, 1], "{report:#}");
    assert_eq!(report["cost_usd"], 0.015);
    let last = compared.vision.received().pop().unwrap();
    assert_eq!(last.features, ["OBJECT_LOCALIZATION", "FACE_DETECTION"]);
}

fn refusals_are_tried_again_or_told(compared: &Compared) {
    let before = compared.vision.received().len();
    compared.vision.refuses(429, "Quota exceeded");
    let report = compared.run(&[]);
    assert_eq!(compared.vision.received().len() - before, 2);
    assert_eq!(report["requests"]["count"], 1, "{report:#}");
    assert_eq!(report["requests"]["retries"], 1, "{report:#}");
    // One that goes on refusing is not asked for ever.
    (0..4).for_each(|_| compared.vision.refuses(503, "Down"));
    let key = [("REELDROP_VISION_KEY", KEY)];
    let said = compared.refused(&key, &["--yes"], 4);
    assert!(
        said.contains("503") && said.contains("Try again later"),
        "{said}"
    );
    // A key that is none is not tried again, and not repeated, though the answer does.
    let said = compared.refused(&[("REELDROP_VISION_KEY", "another-key")], &["--yes"], 1);
    assert!(
        said.contains("refuses the key") && said.contains("blocked"),
        "{said}"
    );
    // A token goes where tokens go.
    let output = compared.run_with(&[("REELDROP_VISION_TOKEN", KEY)], &["--yes"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && told.starts_with("label "),
        "{told}"
    );
    assert!(
        told.contains("4 frames; requests: 1, sent again: 0"),
        "{told}"
    );
    let last = compared.vision.received().pop().unwrap();
    assert_eq!(
        (last.key, last.token),
        (None, Some(format!("Bearer {KEY}")))
    );
}
