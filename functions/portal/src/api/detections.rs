//! What is seen in a title.

use axum::{Json, extract::State};
use reeldrop_catalog::{Analysis, AnalysisState, ListDetections, NumberedDetection};
use reeldrop_events::{AnalysisMode, AssetId, Detection, DetectionKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Error, Portal,
    addresses::Addresses,
    body::{Ids, Question},
    error::Problem,
};

/// Detections on a page where no number is asked for.
const DEFAULT_LIMIT: u32 = 200;

/// Which detections.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only of this label, such as `dog`.
    label: Option<String>,
    /// `next` of the page before.
    from: Option<u32>,
    /// How many, 1 to 1,000; 200 where it is left out.
    limit: Option<u32>,
}

/// What is seen in a title.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Seen {
    /// Whether somebody has looked; nothing before the file is understood.
    analysis: Option<Looked>,
    /// Things in the order in which they begin, then scenes.
    detections: Vec<Numbered>,
    /// What to ask for as `from` for the next page, where there may be one.
    next: Option<u32>,
}

/// Whether somebody has looked at a title. What was seen stays while it is looked at again.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Looked {
    /// What was asked for last: `planned`, `completed`, `skipped` or `failed`.
    #[schema(value_type = String, example = "completed")]
    state: AnalysisState,
    /// How thoroughly that is: `batch` or `realtime`.
    #[schema(value_type = String, example = "batch")]
    mode: AnalysisMode,
    /// Name of the model that was asked for, where one was.
    objects: Option<String>,
    /// Why nobody looks, or could.
    reason: Option<String>,
    /// Address of all that is seen (JSON): detections, scenes, motion.
    all: Option<String>,
    /// Address of the boxes of a stretch (JSON), where `{n}` is its number.
    boxes: Option<String>,
    /// Address of a sheet of stills (JPEG), where `{n}` is its number: 8 columns and 8 rows of squares of
    /// the same size, row by row.
    stills: Option<String>,
    /// Length of a stretch, milliseconds.
    stretch_ms: Option<u64>,
    /// How many stretches there are.
    stretches: Option<u32>,
    /// How thoroughly what is seen was looked for, once something is.
    #[schema(value_type = Option<String>, example = "realtime")]
    seen_mode: Option<AnalysisMode>,
    /// Pictures that were looked at for it; 0 where an older version has looked.
    pictures: u32,
    /// Pictures that were left out, so as not to fall behind.
    dropped: u32,
}

/// One thing, and when it is seen.
#[derive(Debug, Serialize, ToSchema)]
struct Numbered {
    /// Its number in the title, from 0.
    number: u32,
    #[serde(flatten)]
    detection: Thing,
}

/// What is seen from a time to another.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Thing {
    /// Whether it is a thing in the picture, or what the whole of it shows: `thing` or `scene`.
    #[schema(value_type = String, example = "thing")]
    kind: DetectionKind,
    /// What it is.
    label: String,
    /// How sure the model is at best, 0 to 1.
    score: f64,
    /// Where it is on its best picture, of the picture as it is shown: left edge, width being 1.
    x: f64,
    /// Upper edge, height being 1.
    y: f64,
    /// Width.
    width: f64,
    /// Height.
    height: f64,
    /// When that is shown, milliseconds.
    best_ms: u64,
    /// Number of a still of it, cut out of that picture, among all on the title's sheets.
    still: Option<u32>,
    /// When it is first seen, milliseconds.
    start_ms: u64,
    /// When it is no longer seen, milliseconds.
    end_ms: u64,
    /// The model that sees it.
    model: String,
    /// The model's version.
    version: String,
}

impl Thing {
    pub(super) fn new(seen: Detection) -> Self {
        Self {
            kind: seen.kind,
            label: seen.label,
            score: seen.score,
            x: seen.area.x,
            y: seen.area.y,
            width: seen.area.width,
            height: seen.area.height,
            best_ms: seen.best_ms,
            still: seen.still,
            start_ms: seen.start_ms,
            end_ms: seen.end_ms,
            model: seen.model.name,
            version: seen.model.version,
        }
    }
}

impl Looked {
    pub(crate) fn new(analysis: Analysis, addresses: &Addresses) -> Self {
        let all = analysis.sidecar.map(|key| addresses.media(&key));
        let folder = all.as_ref().and_then(|all| all.strip_suffix(".json"));
        Self {
            state: analysis.state,
            mode: analysis.mode,
            objects: analysis.objects,
            reason: analysis.reason,
            seen_mode: all.is_some().then_some(analysis.seen_mode),
            pictures: analysis.pictures,
            dropped: analysis.dropped,
            boxes: folder.map(|folder| format!("{folder}/{{n}}.json")),
            stills: folder
                .filter(|_| analysis.sheets > 0)
                .map(|folder| format!("{folder}/best-{{n}}.jpg")),
            all,
            stretch_ms: analysis.stretch_ms,
            stretches: analysis.stretches,
        }
    }
}

/// Lists what is seen in a title.
#[utoipa::path(get, path = "/api/assets/{id}/detections", tag = "detections",
    params(("id" = Uuid, Path), Wanted), responses(
    (status = 200, body = Seen),
    (status = 404, description = "There is no such title", body = Problem),
))]
pub(super) async fn list(
    State(portal): State<Portal>,
    addresses: Addresses,
    Ids(asset): Ids<AssetId>,
    Question(wanted): Question<Wanted>,
) -> Result<Json<Seen>, Error> {
    portal.asset(asset).await?;
    let wanted = ListDetections {
        label: wanted.label,
        from: wanted.from.unwrap_or(0),
        limit: wanted.limit.unwrap_or(DEFAULT_LIMIT),
    };
    let analysis = portal.catalog.analysis(asset).await?;
    let found = portal.catalog.detections(asset, &wanted).await?;
    let full = found.len() as u64 >= u64::from(wanted.limit.max(1));
    let last = found.last().map(|last| last.number.saturating_add(1));
    let numbered = |found: NumberedDetection| Numbered {
        number: found.number,
        detection: Thing::new(found.detection),
    };
    Ok(Json(Seen {
        analysis: analysis.map(|analysis| Looked::new(analysis, &addresses)),
        next: last.filter(|_| full),
        detections: found.into_iter().map(numbered).collect(),
    }))
}
