//! Scenes in words and as embeddings, by fakes that know three colours: real CLIP models are too large to lie
//! beside a test.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use analyze::{Analyze, Config, Input};
use reeldrop_events::*;
use reeldrop_models::{Registry, testing::write_colour_models};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::testing::TestBuckets;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    BOTTLES,
    clips::Clip,
    function,
    looked::{self, Looked, all, without_models},
};

/// Frames of each colour; twenty are a second.
const FRAMES: usize = 60;

/// Red, blue, black and blue again, three seconds each.
const COLOURS: Clip = Clip::new("colours.mp4", (160, 120), (20, 1), 12_000);
const SHOWN: [[u8; 3]; 4] = [[220, 20, 20], [20, 20, 220], [0, 0, 0], [20, 20, 220]];

fn make_clip(folder: &Path) -> PathBuf {
    let (frames, clip) = (folder.join("frames"), folder.join(COLOURS.file));
    let picture = |colour: [u8; 3]| colour.repeat(160 * 120 * FRAMES);
    let bytes: Vec<u8> = SHOWN.into_iter().flat_map(picture).collect();
    fs::write(&frames, bytes).unwrap();
    let pipeline = format!(
        "filesrc location=\"{}\" ! rawvideoparse format=rgb width=160 height=120 framerate=20/1 \
         ! videoconvert ! video/x-raw,format=I420 ! x264enc speed-preset=ultrafast key-int-max=40 \
         ! h264parse ! mp4mux faststart=true ! filesink location=\"{}\"",
        frames.display(),
        clip.display()
    );
    let made = Command::new("sh")
        .args(["-c", &format!("gst-launch-1.0 -q {pipeline}")])
        .status();
    assert!(made.unwrap().success(), "the clip cannot be made");
    clip
}

/// A folder with the fakes.
fn fakes() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_colour_models(folder.path()).unwrap();
    folder
}

fn config(folder: &Path) -> Config {
    Config {
        registry: Registry::of_folder(folder).unwrap(),
        ..without_models(folder.to_owned())
    }
}

/// The clip, looked at by the fakes alone.
async fn look(config: Config, chunks: u32) -> Option<Looked> {
    reeldrop_media::init().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let clip = make_clip(folder.path());
    looked::look_at(config, &clip, COLOURS, chunks).await
}

fn labels(looked: &Looked) -> Vec<(&str, u64, u64)> {
    let scenes = looked.detections.iter();
    let scenes = scenes.filter(|seen| seen.kind == DetectionKind::Scene);
    scenes
        .map(|seen| (seen.label.as_str(), seen.start_ms, seen.end_ms))
        .collect()
}

fn times(looked: &Looked) -> Vec<(u64, u64)> {
    let pages = looked.embeddings.iter().flat_map(|page| &page.scenes);
    pages.map(|scene| (scene.start_ms, scene.end_ms)).collect()
}

#[tokio::test]
async fn scenes_are_told_in_words_and_as_embeddings_from_cut_to_cut() {
    let folder = fakes();
    let Some(looked) = look(config(folder.path()), 1).await else {
        return;
    };
    let expected = [
        ("red", 0, 3_000),
        ("blue", 3_000, 6_000),
        ("blue", 9_000, 12_000),
    ];
    assert_eq!(labels(&looked), expected);
    assert_eq!(times(&looked), expected.map(|(_, start, end)| (start, end)));
    let page = &looked.embeddings[0];
    assert_eq!((page.space.as_str(), page.first), ("colours", 0));
    assert_eq!(page.model.name, "fake-pictures");
    let red = Embedding::of(&[1.0, 0.0, 0.0]).unwrap();
    assert!(page.scenes[0].embedding.cosine(&red).unwrap() > 0.97);
    assert!(page.scenes[1].embedding.cosine(&red).unwrap() < 0.3);
    assert!(
        page.scenes
            .iter()
            .all(|s| (s.start_ms..s.end_ms).contains(&s.best_ms))
    );
    assert!(
        looked
            .detections
            .iter()
            .all(|seen| seen.area == Area::WHOLE && seen.still.is_none())
    );
    assert_eq!(looked.completed.labels, ["blue", "red"]);
}

#[tokio::test]
async fn a_title_described_in_parts_says_the_same_and_so_does_one_that_took_long() {
    let folder = fakes();
    let Some(whole) = look(config(folder.path()), 1).await else {
        return;
    };
    let parts = look(config(folder.path()), 3).await.unwrap();
    assert_eq!(labels(&parts), labels(&whole));
    let slow = Config {
        slice: Duration::ZERO,
        patience: Duration::ZERO,
        ..config(folder.path())
    };
    let slow = look(slow, 1).await.unwrap();
    assert!(slow.unfinished >= 2, "{}", slow.unfinished);
    assert_eq!(slow.embeddings, whole.embeddings);
    assert_eq!(slow.sidecar, whole.sidecar);
}

#[tokio::test]
async fn scenes_are_described_as_fast_as_they_play_too() {
    let folder = fakes();
    let realtime = Config {
        mode: AnalysisMode::Realtime,
        ..config(folder.path())
    };
    let Some(looked) = look(realtime, 2).await else {
        return;
    };
    // Which pictures are left out is the machine's affair, but not what the others show.
    let told: BTreeSet<_> = labels(&looked).iter().map(|(label, ..)| *label).collect();
    assert_eq!(
        told,
        BTreeSet::from(["red", "blue"]),
        "{:?}",
        labels(&looked)
    );
    assert!(!looked.embeddings.is_empty());
}

#[tokio::test]
async fn things_and_scenes_are_seen_beside_each_other_and_neither_changes_the_other() {
    let Some(things) = looked::config("things and scenes") else {
        return;
    };
    let clip = Clip {
        duration_ms: 6_000,
        ..BOTTLES
    };
    let Some(alone) = looked::look_with(things.clone(), clip, 1).await else {
        return;
    };
    assert!(alone.embeddings.is_empty() && labels(&alone).is_empty());
    assert!(
        !alone.sidecar.to_string().contains("scene\""),
        "no kind is said of things"
    );
    let folder = fakes();
    for file in fs::read_dir(&things.folder).unwrap() {
        let file = file.unwrap();
        std::os::unix::fs::symlink(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    // The least that is sure, so that some label fits whatever the clip's colours are.
    let entries = folder.path().join("models.yaml");
    let sure = fs::read_to_string(&entries).unwrap();
    fs::write(&entries, sure.replace("score: 0.6", "score: 0.1")).unwrap();
    let both = Config {
        registry: Registry::of_folder(folder.path()).unwrap(),
        folder: folder.path().to_owned(),
        ..things
    };
    let both = looked::look_with(both, clip, 1).await.unwrap();
    let things = |looked: &Looked| {
        let things = looked
            .detections
            .iter()
            .filter(|d| d.kind.is_thing())
            .cloned();
        let alone = |seen| Detection {
            beside: Vec::new(),
            ..seen
        };
        things.map(alone).collect::<Vec<_>>()
    };
    assert_eq!(things(&both), things(&alone));
    assert!(!labels(&both).is_empty() && !both.embeddings.is_empty());
    let bottle = both.detections_of("bottle")[0];
    let scenes = ["red", "green", "blue"];
    assert!(
        bottle
            .beside
            .iter()
            .any(|label| scenes.contains(&label.as_str())),
        "{bottle:?}"
    );
    let numbers: Vec<_> = both
        .detections
        .iter()
        .map(|seen| seen.kind.is_thing())
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a >= b), "things come first");
}

#[tokio::test]
async fn a_model_that_is_not_as_its_entry_says_is_told_before_anything_is_looked_at() {
    for (right, wrong, says) in [
        (
            "dimension: 3, width",
            "dimension: 4, width",
            "not 4 numbers",
        ),
        ("width: 32", "width: 64", "[1, 3, 32, 64]"),
        (
            "output: image_embeds",
            "output: embeds",
            "no output embeds, only image_embeds",
        ),
        (
            "output: text_embeds",
            "output: image_embeds",
            "no output image_embeds",
        ),
    ] {
        let folder = fakes();
        let entries = folder.path().join("models.yaml");
        let text = fs::read_to_string(&entries).unwrap();
        assert!(text.contains(right), "{text}");
        fs::write(&entries, text.replace(right, wrong)).unwrap();
        let Some(reason) = failure(config(folder.path())).await else {
            return;
        };
        assert!(
            reason.contains("does not fit its entry in the registry") && reason.contains(says),
            "{wrong}: {reason}"
        );
    }
    // Two that are installed under each other's names.
    let folder = fakes();
    let [pictures, words] =
        ["fake-pictures.onnx", "fake-words.onnx"].map(|f| folder.path().join(f));
    fs::copy(&words, &pictures).unwrap();
    let reason = failure(config(folder.path())).await.unwrap();
    assert!(reason.contains("fake-pictures does not fit"), "{reason}");
    fs::write(&pictures, "no model").unwrap();
    let reason = failure(config(folder.path())).await.unwrap();
    assert!(reason.contains("fake-pictures cannot be read"), "{reason}");
}

/// Why a part cannot be looked at; none where nobody could.
async fn failure(config: Config) -> Option<String> {
    reeldrop_media::init().unwrap();
    let (buckets, folder) = (TestBuckets::start().await, tempfile::tempdir().unwrap());
    let source = buckets
        .upload(&make_clip(folder.path()), COLOURS.file)
        .await;
    let function = function(&buckets, config);
    let probed = Input::Probed(Box::new(COLOURS.probed(source, 1)));
    let events = function.handle(probed).await.unwrap();
    let Some(part) = all::<AnalysisPlanned>(&events).pop() else {
        eprintln!("{}", all::<AnalysisSkipped>(&events)[0].reason);
        return None;
    };
    match function.handle(Input::Part(Box::new(part))).await {
        Err(Failure::Permanent { reason, .. }) => Some(reason),
        other => panic!("it must fail for good: {other:?}"),
    }
}

async fn asking(folder: &Path) -> Analyze {
    function(&TestBuckets::start().await, config(folder))
}

#[tokio::test]
async fn words_are_answered_with_what_they_mean() {
    let folder = fakes();
    let function = asking(folder.path()).await;
    let answer = async |words: &str| function.answer(json!({ "words": words })).await.unwrap();
    let Some(red) = answer("a RED car,  please").await else {
        eprintln!("skipped: no ONNX Runtime");
        return;
    };
    assert_eq!(
        (&red["space"], &red["alike"]),
        (&json!("colours"), &json!(0.9))
    );
    let embedding = |answer: &Value| -> Option<Embedding> {
        serde_json::from_value(answer["embedding"].clone()).unwrap()
    };
    assert_eq!(embedding(&red), Embedding::of(&[1.0, 0.0, 0.0]));
    // What means nothing to the model has no direction.
    for nothing in ["", "  \n", "giraffe", "🦒 🎬", "\0"] {
        assert_eq!(
            embedding(&answer(nothing).await.unwrap()),
            None,
            "{nothing:?}"
        );
    }
    // More words than the model takes: what is beyond is cut off.
    let long = answer(&format!("red {}", "blue ".repeat(150)))
        .await
        .unwrap();
    let long = embedding(&long).unwrap();
    assert_eq!(
        long,
        embedding(
            &answer(&format!("red {}", "blue ".repeat(74)))
                .await
                .unwrap()
        )
        .unwrap()
    );
    for wrong in [
        json!({ "words": "x".repeat(1_001) }),
        json!({}),
        json!({ "words": 1 }),
        json!("red"),
    ] {
        let refused = function.answer(wrong.clone()).await;
        assert!(matches!(refused, Err(Failure::Permanent { .. })), "{wrong}");
    }
}

#[tokio::test]
async fn nobody_answers_where_no_model_knows_words() {
    let folder = tempfile::tempdir().unwrap();
    let function = asking(folder.path()).await;
    assert_eq!(
        function.answer(json!({ "words": "red" })).await.unwrap(),
        None
    );
}
