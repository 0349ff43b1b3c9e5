//! A clip that was looked at, from event to bucket.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use analyze::{Analyze, Config, Execution, Input};
use reeldrop_events::*;
use reeldrop_models::Registry;
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Bucket, testing::TestBuckets};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{clips::Clip, function};

/// The models of the environment; none, with a line that says what is skipped, where they or ONNX
/// Runtime are not there.
pub(crate) fn config(test: &str) -> Option<Config> {
    if std::env::var_os("REELDROP_MODELS").is_none() {
        eprintln!("skipped: {test} needs models; REELDROP_MODELS names no folder");
        return None;
    }
    Some(Config::from_env().unwrap())
}

/// A configuration that finds no models.
pub(crate) fn without_models(folder: PathBuf) -> Config {
    Config {
        folder,
        registry: Registry::built_in().unwrap(),
        objects: String::new(),
        library: None,
        execution: Execution::Cpu,
        mode: AnalysisMode::Batch,
        rate: Ratio { num: 2, den: 1 },
        threads: 1,
        slice: Duration::MAX,
        patience: Duration::MAX,
    }
}

pub(crate) fn all<P: Payload + DeserializeOwned>(events: &Events) -> Vec<P> {
    let of_type = events.as_slice().iter().filter(|event| event.ty == P::TYPE);
    of_type
        .map(|event| serde_json::from_value(event.data.clone()).unwrap())
        .collect()
}

/// What was seen.
pub(crate) struct Looked {
    /// Sheets of stills.
    pub(crate) sheets: Vec<image::RgbImage>,
    /// How often a part was delivered before it was done, all of them together.
    pub(crate) unfinished: usize,
    pub(crate) detections: Vec<Detection>,
    /// What scenes look like, page by page.
    pub(crate) embeddings: Vec<SceneEmbeddings>,
    pub(crate) sidecar: Value,
    pub(crate) completed: AnalysisCompleted,
    pictures: Vec<Value>,
}

impl Looked {
    /// How many pictures were looked at.
    pub(crate) fn pictures(&self) -> usize {
        self.pictures.len()
    }

    /// When they are shown, milliseconds.
    pub(crate) fn times(&self) -> Vec<u64> {
        let times = self.pictures.iter();
        times.map(|p| p["time_ms"].as_u64().unwrap()).collect()
    }

    fn labels(&self, picture: &Value) -> Vec<String> {
        let boxes = picture["boxes"].as_array().unwrap().iter();
        boxes
            .map(|b| b["detection"].as_u64().unwrap() as usize)
            .map(|at| self.detections[at].label.clone())
            .collect()
    }

    /// How many pictures have something of that kind on them.
    pub(crate) fn pictures_with(&self, label: &str) -> usize {
        let has = |picture: &&Value| self.labels(picture).iter().any(|seen| seen == label);
        self.pictures.iter().filter(has).count()
    }

    /// What is on the picture that is shown at a time.
    pub(crate) fn seen_at(&self, ms: u64) -> Vec<String> {
        let at = |picture: &&Value| picture["time_ms"].as_u64().unwrap() >= ms;
        self.labels(self.pictures.iter().find(at).unwrap())
    }

    /// The surest detection of that kind.
    pub(crate) fn surest(&self, label: &str) -> Option<&Detection> {
        let of_label = self.detections_of(label).into_iter();
        of_label.max_by(|a, b| a.score.total_cmp(&b.score))
    }

    pub(crate) fn detections_of(&self, label: &str) -> Vec<&Detection> {
        let of_label = self.detections.iter().filter(|d| d.label == label);
        of_label.collect()
    }
}

/// Looks at a clip cut into so many chunks, if everything that it needs is there.
pub(crate) async fn look(clip: Clip, chunks: u32) -> Option<Looked> {
    look_with(config(clip.file)?, clip, chunks).await
}

/// Looks at each part twice; says how often one stopped before its end.
async fn look_at_parts(function: &Analyze, parts: &[AnalysisPlanned]) -> usize {
    let mut unfinished = 0;
    // The last part first: their order must not matter.
    for planned in parts.iter().rev() {
        let input = || Input::Part(Box::new(planned.clone()));
        let events = loop {
            match function.handle(input()).await {
                Err(Failure::Transient { .. }) if unfinished < 100 => unfinished += 1,
                done => break done.unwrap(),
            }
        };
        let again = function.handle(input()).await.unwrap();
        assert_eq!(events, again, "twice is as good as once");
    }
    unfinished
}

pub(crate) async fn look_with(config: Config, clip: Clip, chunks: u32) -> Option<Looked> {
    look_at(config, &clip.path()?, clip, chunks).await
}

/// Looks at a clip that lies somewhere.
pub(crate) async fn look_at(
    config: Config,
    path: &Path,
    clip: Clip,
    chunks: u32,
) -> Option<Looked> {
    let buckets = TestBuckets::start().await;
    let function = function(&buckets, config);
    let source = buckets.upload(path, clip.file).await;
    let probed = clip.probed(source, chunks);
    let events = function.handle(Input::Probed(Box::new(probed))).await;
    let events = events.unwrap();
    if let Some(skipped) = all::<AnalysisSkipped>(&events).first() {
        eprintln!("{}: {}", clip.file, skipped.reason);
        return None;
    }
    let parts = all::<AnalysisPlanned>(&events);
    assert_eq!(parts.len(), chunks as usize);
    let unfinished = look_at_parts(&function, &parts).await;
    let planned = DetectionsPlanned {
        asset: parts[0].asset,
        analysis: parts[0].analysis.clone(),
    };
    let input = || Input::Join(Box::new(planned.clone()));
    let events = function.handle(input()).await.unwrap();
    let before = buckets.objects(Bucket::Media);
    assert_eq!(function.handle(input()).await.unwrap(), events);
    let after = buckets.objects(Bucket::Media);
    assert!(after == before, "the same bytes again");

    let completed = all::<AnalysisCompleted>(&events).remove(0);
    let sidecar: Value = serde_json::from_slice(&before[&completed.sidecar]).unwrap();
    let pages = all::<DetectionsCompleted>(&events);
    let (mut detections, mut embeddings) = (Vec::new(), Vec::new());
    for page in pages {
        detections.extend(page.detections);
        embeddings.extend(page.embeddings);
    }
    assert_eq!(
        serde_json::to_value(&detections).unwrap(),
        sidecar["detections"]
    );
    let base = completed.sidecar.strip_suffix(".json").unwrap();
    let pictures = (0..completed.stretches).flat_map(|n| {
        let stretch: Value = serde_json::from_slice(&before[&format!("{base}/{n}.json")]).unwrap();
        stretch["pictures"].as_array().unwrap().clone()
    });
    let sheets = (0..completed.sheets).map(|n| {
        let sheet = image::load_from_memory(&before[&format!("{base}/best-{n}.jpg")]);
        sheet.unwrap().to_rgb8()
    });
    let labels: std::collections::BTreeSet<_> = detections.iter().map(|d| &d.label).collect();
    assert!(completed.labels.iter().eq(labels));
    Some(Looked {
        sheets: sheets.collect(),
        unfinished,
        pictures: pictures.collect(),
        detections,
        embeddings,
        sidecar,
        completed,
    })
}
