//! What is seen in a title: the parts that are looked at, and what was found in all of them.

use serde::{Deserialize, Serialize};

use crate::{
    AnalysisMode, AssetId, Chunk, MediaProbed, Payload, Ratio, SceneEmbeddings, Source, Timeline,
    VideoTrack,
};

/// A model that looks, in the version that it does it with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookingModel {
    /// Its name in the registry.
    pub name: String,
    /// The first eight digits of its file's SHA-256.
    pub version: String,
}

/// How a title is looked at: the same for all of its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisPlan {
    /// The time line that parts are cut on, and that results are timed on.
    pub timeline: Timeline,
    /// How long the title is, milliseconds: nothing is seen beyond.
    pub duration_ms: u64,
    /// Pictures per second that are looked at.
    pub rate: Ratio,
    /// The models that look, in order.
    pub models: Vec<LookingModel>,
    /// Version of what is made of the models' answers; what different ones found is never joined.
    #[serde(default)]
    pub version: u32,
    /// How many parts there are, 1 or more.
    pub parts: u32,
    /// How thoroughly.
    #[serde(default, skip_serializing_if = "AnalysisMode::is_batch")]
    pub mode: AnalysisMode,
    /// Which request of the title's it answers, from 1; 0 where nobody asked. The highest counts.
    #[serde(default, skip_serializing_if = "is_first")]
    pub revision: u32,
}

impl AnalysisPlan {
    /// What tells one way of looking from another: models with their versions, the version of what is
    /// made of their answers, the rate, the mode, and the request.
    #[must_use]
    pub fn key(&self) -> String {
        let models = self.models.iter();
        let mut key: String = models
            .map(|m| format!("{}@{}+", m.name, m.version))
            .collect();
        let Ratio { num, den } = self.rate;
        key.push_str(&format!("v{}+{num}:{den}", self.version));
        if self.mode != AnalysisMode::Batch {
            key.push_str(&format!("+{}", self.mode.as_str()));
        }
        of_revision(&key, self.revision)
    }
}

/// Most titles are looked at once: what tells of that says no number.
fn is_first(revision: &u32) -> bool {
    *revision == 0
}

/// A part's name for one request: `analysis/3`, and `analysis/3@2` for the second.
#[must_use]
pub fn of_revision(part: &str, revision: u32) -> String {
    match revision {
        0 => part.to_owned(),
        _ => format!("{part}@{revision}"),
    }
}

/// The request that a part's name tells of: see [`of_revision`].
#[must_use]
pub fn revision_of(part: &str) -> u32 {
    let after = part.rsplit_once('@').map(|(_, revision)| revision);
    after.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// `reanalysis.planned`: look at this title again, as was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReanalysisPlanned {
    /// What is known of the title.
    pub probed: MediaProbed,
    /// Which request of the title's it is, from 1.
    pub revision: u32,
    /// How thoroughly; as whoever looks is set where it is left out.
    #[serde(default)]
    pub mode: Option<AnalysisMode>,
    /// Name of the model that finds things; as whoever looks is set where it is left out.
    #[serde(default)]
    pub objects: Option<String>,
}

/// `analysis.planned`: look at this part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisPlanned {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// Its video track.
    pub video: VideoTrack,
    /// How to look.
    pub analysis: AnalysisPlan,
    /// The range to look at.
    pub chunk: Chunk,
}

/// `chunk.analyzed`: what was seen in a part lies in the work bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkAnalyzed {
    /// The title.
    pub asset: AssetId,
    /// The uploaded file.
    pub source: Source,
    /// How it was looked at.
    pub analysis: AnalysisPlan,
    /// Which part, from 0.
    pub part: u32,
    /// Pictures that were looked at.
    pub pictures: u32,
    /// Pictures that were left out, so as not to fall behind.
    #[serde(default)]
    pub dropped: u32,
    /// What was found on all of them together.
    pub boxes: u32,
}

/// `detections.planned`: every part is looked at; join what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectionsPlanned {
    /// The title.
    pub asset: AssetId,
    /// How it was looked at.
    pub analysis: AnalysisPlan,
}

/// A rectangle of the picture as it is shown: upright, in square pixels, width and height being 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// All of the picture.
    pub const WHOLE: Self = Self {
        x: 0.0,
        y: 0.0,
        width: 1.0,
        height: 1.0,
    };
}

/// What of a picture is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetectionKind {
    /// A thing or a being, which has a place.
    #[default]
    Thing,
    /// What the whole of it shows, such as a beach.
    Scene,
}

impl DetectionKind {
    /// The name that callers read: `thing` or `scene`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thing => "thing",
            Self::Scene => "scene",
        }
    }

    /// Whether it has a place; older events say no kind, and mean this one.
    #[must_use]
    pub fn is_thing(&self) -> bool {
        *self == Self::Thing
    }
}

/// One thing that is seen from a time to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Whether it is a thing in the picture, or what the picture shows.
    #[serde(default, skip_serializing_if = "DetectionKind::is_thing")]
    pub kind: DetectionKind,
    /// What it is, in the model's word.
    pub label: String,
    /// The best score that it had, 0 to 1.
    pub score: f64,
    /// Where it is on its best picture, which is one that it is sure, large and sharp on.
    pub area: Area,
    /// When that is shown, milliseconds from the title's beginning.
    pub best_ms: u64,
    /// Position of a still of it, cut out of its best picture, among all stills of the title.
    #[serde(default)]
    pub still: Option<u32>,
    /// When it is first seen, milliseconds.
    pub start_ms: u64,
    /// When it is no longer seen, milliseconds.
    pub end_ms: u64,
    /// The model that saw it.
    pub model: LookingModel,
    /// Labels of other things that are seen while it is, each once, in order.
    #[serde(default)]
    pub beside: Vec<String>,
}

/// `detections.completed`: some of what is seen in a title.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionsCompleted {
    /// The title.
    pub asset: AssetId,
    /// Name of the analysis that it belongs to.
    pub name: String,
    /// Which page, from 0.
    pub page: u32,
    /// Number of the first detection on it, from 0.
    pub first: u32,
    /// The detections: things in the order in which they begin, then scenes.
    pub detections: Vec<Detection>,
    /// What some of the title's scenes look like, where an image encoder is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings: Option<SceneEmbeddings>,
}

/// `analysis.completed`: what is seen in a title lies in the media bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisCompleted {
    /// The title.
    pub asset: AssetId,
    /// Name of the analysis, unique in the title.
    pub name: String,
    /// How many detections there are.
    pub detections: u32,
    /// How many scenes there are.
    pub scenes: u32,
    /// Key of the detections, scenes and motion (JSON) in the media bucket.
    pub sidecar: String,
    /// Length of a stretch whose boxes lie in one object, milliseconds.
    pub stretch_ms: u64,
    /// How many of these there are.
    pub stretches: u32,
    /// How many sheets of stills there are.
    #[serde(default)]
    pub sheets: u32,
    /// All that is seen, each label once, in order.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Which request of the title's it answers, from 1; 0 where nobody asked.
    #[serde(default)]
    pub revision: u32,
    /// How thoroughly the title was looked at.
    #[serde(default)]
    pub mode: AnalysisMode,
    /// Pictures that were looked at.
    #[serde(default)]
    pub pictures: u32,
    /// Pictures that were left out, so as not to fall behind.
    #[serde(default)]
    pub dropped: u32,
}

/// `analysis.skipped`: nobody looks at this title, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisSkipped {
    /// The title.
    pub asset: AssetId,
    /// Why, and what to do, in words for a person.
    pub reason: String,
    /// Which request of the title's it answers, from 1; 0 where nobody asked.
    #[serde(default)]
    pub revision: u32,
}

macro_rules! analysis_payload {
    ($name:ident, $ty:literal, $part:expr) => {
        impl Payload for $name {
            const TYPE: &'static str = $ty;

            fn asset(&self) -> AssetId {
                self.asset
            }

            fn part(&self) -> String {
                let part: fn(&Self) -> String = $part;
                part(self)
            }
        }
    };
}

analysis_payload!(AnalysisPlanned, "io.reeldrop.analysis.planned.v1", |p| {
    of_revision(&format!("analysis/{}", p.chunk.index), p.analysis.revision)
});
// With the models: looking again with others is news.
analysis_payload!(ChunkAnalyzed, "io.reeldrop.chunk.analyzed.v1", |p| format!(
    "{}/{}",
    p.analysis.key(),
    p.part
));
analysis_payload!(
    DetectionsPlanned,
    "io.reeldrop.detections.planned.v1",
    |p| p.analysis.key()
);
analysis_payload!(
    DetectionsCompleted,
    "io.reeldrop.detections.completed.v1",
    |p| format!("{}/{}", p.name, p.page)
);
analysis_payload!(
    AnalysisCompleted,
    "io.reeldrop.analysis.completed.v1",
    |p| p.name.clone()
);
analysis_payload!(AnalysisSkipped, "io.reeldrop.analysis.skipped.v1", |p| {
    of_revision("", p.revision)
});

impl Payload for ReanalysisPlanned {
    const TYPE: &'static str = "io.reeldrop.reanalysis.planned.v1";

    fn asset(&self) -> AssetId {
        self.probed.asset
    }

    fn part(&self) -> String {
        of_revision("", self.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_that_a_part_belongs_to_stands_in_its_name() {
        for (part, revision, name) in [
            ("analysis/3", 0, "analysis/3"),
            ("analysis/3", 12, "analysis/3@12"),
            ("", 1, "@1"),
        ] {
            assert_eq!(of_revision(part, revision), name);
            assert_eq!(revision_of(name), revision);
        }
    }
}
