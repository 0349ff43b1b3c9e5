//! The function on real clips, with real models where `REELDROP_MODELS` names their folder and ONNX
//! Runtime is installed.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod clips;
mod failing;
mod looked;
mod scenes;
mod switched;

use std::time::Duration;

use analyze::{Analyze, Config, Execution};
use clips::Clip;
use looked::{Looked, config, look};
use reeldrop_events::{Area, Orientation, Ratio};

const PEOPLE: Clip = Clip::new(
    "h264_aac_720p_people_5s.mp4",
    (1280, 720),
    (30_000, 1_001),
    4_970,
);
const BOTTLES: Clip = Clip::new(
    "objects_bottles_640x360_40s.mp4",
    (640, 360),
    (179, 6),
    39_850,
);
const PERSONS: Clip = Clip::new(
    "objects_persons_768x432_139s.mp4",
    (768, 432),
    (10, 1),
    139_400,
);
const BLACK: Clip = Clip::new("h264_aac_silent_black_10s.mp4", (320, 240), (30, 1), 10_000);

/// The fields of the sidecar that are stretches of time.
fn stretches(looked: &Looked, field: &str) -> Vec<(u64, u64)> {
    let stretches = looked.sidecar[field].as_array().unwrap().iter();
    stretches
        .map(|s| {
            (
                s["start_ms"].as_u64().unwrap(),
                s["end_ms"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn bottles_are_seen_throughout_as_few_things() {
    let Some(looked) = look(BOTTLES, 3).await else {
        return;
    };
    let with = looked.pictures_with("bottle");
    assert!(
        with * 100 >= looked.pictures() * 95,
        "a bottle on {with} of {} pictures",
        looked.pictures()
    );
    let bottles = looked.detections_of("bottle");
    let longest = bottles.iter().map(|d| d.end_ms - d.start_ms).max().unwrap();
    assert!(longest > 15_000, "the longest is seen for {longest} ms");
    assert!(
        bottles.len() * 10 < with,
        "{} rows for {with} pictures",
        bottles.len()
    );
}

#[tokio::test]
async fn persons_are_seen_as_they_come_and_none_while_the_room_is_empty() {
    let Some(looked) = look(PERSONS, 5).await else {
        return;
    };
    let with = looked.pictures_with("person");
    assert!(
        with * 2 > looked.pictures(),
        "a person on {with} of {} pictures",
        looked.pictures()
    );
    for empty_ms in [0, 21_000, 47_000] {
        let here = looked.seen_at(empty_ms);
        assert!(
            !here.iter().any(|label| label == "person"),
            "at {empty_ms} ms the room is empty: {here:?}"
        );
    }
    assert_eq!(
        stretches(&looked, "scenes").len(),
        1,
        "the camera stands still"
    );
}

#[tokio::test]
async fn a_title_looked_at_in_parts_shows_the_same_as_one_looked_at_whole() {
    let (Some(whole), Some(parts)) = (look(PEOPLE, 1).await, look(PEOPLE, 3).await) else {
        return;
    };
    assert_eq!(whole.times(), parts.times());
    let rows = |looked: &Looked| {
        let rows = looked.detections.iter();
        rows.map(|d| (d.label.clone(), d.start_ms, d.end_ms))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&whole), rows(&parts));
}

#[tokio::test]
async fn a_part_that_takes_too_long_goes_on_where_it_was_and_ends_as_if_it_had_not() {
    let (Some(whole), Some(config)) = (look(PEOPLE, 1).await, config("a slow part")) else {
        return;
    };
    let slow = Config {
        slice: Duration::ZERO,
        patience: Duration::ZERO,
        ..config
    };
    let slow = looked::look_with(slow, PEOPLE, 1).await.unwrap();
    assert_eq!(
        (whole.unfinished, slow.unfinished),
        (0, whole.pictures() / 8)
    );
    assert_eq!(slow.sidecar, whole.sidecar);
    assert_eq!(slow.times(), whole.times());
    assert_eq!(slow.sheets, whole.sheets);
}

#[tokio::test]
async fn at_a_variable_rate_nothing_is_left_out_wherever_it_is_cut() {
    let edited = Clip {
        orientation: Orientation::Rotate90,
        variable: true,
        ..Clip::new("vfr_edit_list.mp4", (1920, 1080), (51_600, 1_841), 2_548)
    };
    let slow_motion = Clip {
        variable: true,
        ..Clip::new("vfr_slow_motion.mp4", (1280, 720), (630_000, 47_281), 525)
    };
    for (clip, rate, most_ms) in [(edited, 10, 100), (edited, 2, 500), (slow_motion, 10, 400)] {
        let Some(config) = config(clip.file) else {
            return;
        };
        let config = Config {
            rate: Ratio { num: rate, den: 1 },
            ..config
        };
        let Some(whole) = looked::look_with(config.clone(), clip, 1).await else {
            return;
        };
        let times = whole.times();
        assert_eq!(times[0], 0, "{times:?}");
        let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.max() < Some(most_ms + 70), "{times:?}");
        let last_ms = clip.duration_ms - most_ms - 70;
        assert!(
            times.last().is_some_and(|last| *last >= last_ms),
            "{times:?}"
        );
        for chunks in [2, 3, 5] {
            let parts = looked::look_with(config.clone(), clip, chunks)
                .await
                .unwrap();
            assert_eq!(parts.times(), times, "{} in {chunks}", clip.file);
        }
    }
}

#[tokio::test]
async fn each_thing_has_a_still_that_is_cut_out_of_its_best_picture() {
    let Some(looked) = look(PEOPLE, 2).await else {
        return;
    };
    for label in ["person", "dog"] {
        let seen = looked.surest(label).unwrap();
        assert!((seen.start_ms..seen.end_ms).contains(&seen.best_ms));
        let still = seen.still.unwrap();
        let sheet = &looked.sheets[still as usize / 64];
        let (left, top) = (still % 8 * 128, still % 64 / 8 * 128);
        let tile = image::imageops::crop_imm(sheet, left, top, 128, 128).to_image();
        // The box as it is shown, with a margin: what is beside it in its square is black.
        let (width, height) = (seen.area.width * 1280.0, seen.area.height * 720.0);
        let brightest = |x, y| tile.get_pixel(x, y).0.into_iter().max().unwrap();
        let is_tall = height > width * 1.4;
        let is_wide = width > height * 1.4;
        assert!(
            is_tall || is_wide,
            "{label} is square: choose another: {seen:?}"
        );
        let edges = (0..128).map(|at| if is_tall { (2, at) } else { (at, 2) });
        assert!(
            edges.clone().all(|(x, y)| brightest(x, y) < 12),
            "{label}: {seen:?}"
        );
        let middle = (0..128).map(|at| if is_tall { (64, at) } else { (at, 64) });
        let lit = middle.filter(|(x, y)| brightest(*x, *y) > 16).count();
        assert!(
            lit > 64,
            "{label}: {lit} of 128 pixels in the middle show anything"
        );
    }
}

#[tokio::test]
async fn a_person_and_a_dog_are_seen_and_in_the_same_place_when_the_picture_is_turned() {
    let turned = Clip {
        file: "h264_aac_rot270_720p.mp4",
        orientation: Orientation::Rotate270,
        ..PEOPLE
    };
    let (Some(upright), Some(turned)) = (look(PEOPLE, 1).await, look(turned, 1).await) else {
        return;
    };
    for label in ["person", "dog"] {
        let (Some(upright), Some(turned)) = (upright.surest(label), turned.surest(label)) else {
            panic!("no {label} in one of the clips");
        };
        let expected = turned_left(&upright.area);
        let shared = overlap(&expected, &turned.area);
        assert!(
            shared > 0.5,
            "{label}: {:?} should be at {expected:?}, they share {shared}",
            turned.area
        );
    }
}

/// Where an area is when the picture is turned by 270 degrees clockwise.
fn turned_left(area: &Area) -> Area {
    Area {
        x: area.y,
        y: 1.0 - area.x - area.width,
        width: area.height,
        height: area.width,
    }
}

fn overlap(a: &Area, b: &Area) -> f64 {
    let side = |a0: f64, a1: f64, b0: f64, b1: f64| (a1.min(b1) - a0.max(b0)).max(0.0);
    let shared = side(a.x, a.x + a.width, b.x, b.x + b.width)
        * side(a.y, a.y + a.height, b.y, b.y + b.height);
    shared / (a.width * a.height + b.width * b.height - shared)
}

#[tokio::test]
async fn faces_are_seen_where_people_face_the_camera() {
    for (file, duration_ms) in [
        ("face_signerA_again.mkv", 2_600),
        ("face_signerB_eat.mkv", 1_570),
        ("face_signerC_book.mkv", 3_670),
    ] {
        let clip = Clip::new(file, (640, 480), (30, 1), duration_ms);
        let Some(looked) = look(clip, 1).await else {
            return;
        };
        let with = looked.pictures_with("face");
        assert!(
            with * 10 >= looked.pictures() * 8,
            "{file}: a face on {with} of {}",
            looked.pictures()
        );
    }
}

#[tokio::test]
async fn nothing_is_seen_in_the_dark() {
    let Some(looked) = look(BLACK, 2).await else {
        return;
    };
    assert!(looked.pictures() >= 20, "{}", looked.pictures());
    assert!(looked.detections.is_empty(), "{:?}", looked.detections);
    assert_eq!(stretches(&looked, "black"), [(0, 10_000)]);
    assert_eq!(stretches(&looked, "blurred"), []);
}

#[tokio::test]
async fn another_detector_is_another_entry_of_the_registry() {
    let Some(config) = config("the other detector") else {
        return;
    };
    let config = Config {
        objects: "nanodet-m".to_owned(),
        ..config
    };
    let clip = Clip {
        duration_ms: 6_000,
        ..BOTTLES
    };
    let Some(looked) = looked::look_with(config, clip, 1).await else {
        return;
    };
    let bottles = looked.detections_of("bottle");
    assert!(!bottles.is_empty(), "{:?}", looked.detections);
    assert_eq!(bottles[0].model.name, "nanodet-m");
}

#[test]
fn execution_is_named_as_it_is_set() {
    for name in ["cpu", "cuda", "tensorrt"] {
        assert_eq!(name.parse::<Execution>().unwrap().to_string(), name);
    }
    assert!("gpu".parse::<Execution>().is_err());
}

fn function(buckets: &reeldrop_store::testing::TestBuckets, config: Config) -> Analyze {
    Analyze::new(buckets.store.clone(), config)
}
