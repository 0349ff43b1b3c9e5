//! What was seen, joined and written into the media bucket, and the events that say so.

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use reeldrop_events::{
    AnalysisCompleted, AnalysisPlan, Area, Detection, DetectionsCompleted, DetectionsPlanned,
    Events, LookingModel,
};
use reeldrop_store::{Key, Store};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    Error,
    finished::Note,
    join::{Joining, Thing},
    scenes::{Following, Scenes},
};

/// Boxes of so long a stretch lie in one object, milliseconds: what a player fetches as it goes on.
const STRETCH_MS: u64 = 60_000;

/// Detections on one page of `detections.completed`: well below what brokers take as one event.
const PAGE: usize = 300;

/// Objects that are read or written at once.
const AT_ONCE: usize = 8;

/// What is seen in a title, as its JSON has it.
#[derive(Serialize)]
struct Sidecar<'a> {
    duration_ms: u64,
    models: &'a [LookingModel],
    /// Pictures per second that were looked at.
    rate: f64,
    detections: &'a [Detection],
    #[serde(flatten)]
    scenes: &'a Scenes,
    stretch_ms: u64,
    stretches: u32,
}

/// Where things are in a stretch of the title.
#[derive(Default, Serialize)]
struct Boxes {
    start_ms: u64,
    pictures: Vec<Shown>,
}

/// Where things are on one picture.
#[derive(Serialize)]
struct Shown {
    time_ms: u64,
    boxes: Vec<Placed>,
}

/// One thing on a picture.
#[derive(Serialize)]
struct Placed {
    /// Position among the detections.
    detection: u32,
    score: f64,
    #[serde(flatten)]
    area: Area,
}

/// Joins the parts of a title, and publishes what comes of it.
pub(crate) async fn join(store: &Store, planned: &DetectionsPlanned) -> Result<Events, Error> {
    let plan = &planned.analysis;
    let (mut joining, mut following) = (Joining::default(), Following::default());
    let parts = (0..plan.parts).map(|part| Note::of_part(store, planned, part));
    let mut parts = stream::iter(parts).buffered(AT_ONCE);
    let mut times_ms = Vec::new();
    while let Some(pictures) = parts.try_next().await? {
        for picture in &pictures {
            joining.add(picture);
            following.add(picture);
            times_ms.push(picture.time_ms);
        }
    }
    let things = joining.finish();
    let detections: Vec<Detection> = things
        .iter()
        .filter_map(|thing| thing.detection(plan))
        .collect();
    let scenes = following.finish(plan.duration_ms);
    let stretches = stretches(&things, &times_ms);
    save(store, planned, &detections, &scenes, stretches).await
}

/// The boxes of each stretch; a picture on which nothing is seen says so.
fn stretches(things: &[Thing], times_ms: &[u64]) -> Vec<Boxes> {
    let last_ms = times_ms.last().copied().unwrap_or(0);
    let mut stretches: Vec<Boxes> = (0..=last_ms / STRETCH_MS)
        .map(|n| Boxes {
            start_ms: n * STRETCH_MS,
            pictures: Vec::new(),
        })
        .collect();
    let mut found: std::collections::BTreeMap<u64, Vec<Placed>> =
        times_ms.iter().map(|ms| (*ms, Vec::new())).collect();
    for (detection, thing) in (0..).zip(things) {
        for place in &thing.places {
            found.entry(place.time_ms).or_default().push(Placed {
                detection,
                score: place.score,
                area: place.area,
            });
        }
    }
    for (time_ms, boxes) in found {
        let stretch = stretches.get_mut((time_ms / STRETCH_MS) as usize);
        if let Some(stretch) = stretch {
            stretch.pictures.push(Shown { time_ms, boxes });
        }
    }
    stretches
}

/// A fingerprint of all that follows from: what a title publishes under a name never changes.
fn name(analysis: &AnalysisPlan) -> Result<String, Error> {
    let print = Sha256::digest(serde_json::to_vec(analysis)?);
    Ok(format!("seen-{}", hex::encode(&print[..4])))
}

/// Writes everything, the sidecar last.
async fn save(
    store: &Store,
    planned: &DetectionsPlanned,
    detections: &[Detection],
    scenes: &Scenes,
    stretches: Vec<Boxes>,
) -> Result<Events, Error> {
    let (asset, name) = (planned.asset, name(&planned.analysis)?);
    let count = stretches.len() as u32;
    let bodies: Vec<Vec<u8>> = stretches
        .iter()
        .map(serde_json::to_vec)
        .collect::<Result<_, _>>()?;
    let puts = (0..count).zip(bodies).map(|(number, body)| {
        let name = name.as_str();
        async move {
            let key = Key::SeenStretch {
                asset,
                name,
                number,
            };
            store.put(&key, Bytes::from(body)).await
        }
    });
    stream::iter(puts)
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    let sidecar = Key::Seen { asset, name: &name };
    let body = body(&planned.analysis, detections, scenes, count)?;
    store.put(&sidecar, Bytes::from(body)).await?;
    let completed = AnalysisCompleted {
        asset,
        detections: detections.len() as u32,
        scenes: scenes.scenes.len() as u32,
        sidecar: sidecar.path(),
        stretch_ms: STRETCH_MS,
        stretches: count,
        name: name.clone(),
    };
    let pages = pages(planned, &name, detections);
    Ok(Events::none().and_all(&pages).and(&completed))
}

fn body(
    plan: &AnalysisPlan,
    detections: &[Detection],
    scenes: &Scenes,
    stretches: u32,
) -> Result<Vec<u8>, Error> {
    Ok(serde_json::to_vec(&Sidecar {
        duration_ms: plan.duration_ms,
        models: &plan.models,
        rate: f64::from(plan.rate.num) / f64::from(plan.rate.den.max(1)),
        detections,
        scenes,
        stretch_ms: STRETCH_MS,
        stretches,
    })?)
}

fn pages(
    planned: &DetectionsPlanned,
    name: &str,
    detections: &[Detection],
) -> Vec<DetectionsCompleted> {
    let pages = (0..).zip(detections.chunks(PAGE));
    pages
        .map(|(page, detections)| DetectionsCompleted {
            asset: planned.asset,
            name: name.to_owned(),
            page,
            first: page * PAGE as u32,
            detections: detections.to_vec(),
        })
        .collect()
}
