//! What was seen, joined and written into the media bucket, and the events that say so.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use reeldrop_events::{
    AnalysisCompleted, AnalysisMode, AnalysisPlan, Detection, DetectionsCompleted,
    DetectionsPlanned, Events, LookingModel, SceneEmbeddings,
};
use reeldrop_runtime::blocking;
use reeldrop_store::{Key, Store};
use serde::Serialize;

use crate::{
    Error,
    finished::{Note, name as name_of, of_any_request},
    scenes::Scenes,
    telling::{Finished, STRETCH_MS, Telling, Told},
};

/// Detections on one page of `detections.completed`: well below what brokers take as one event.
const PAGE: usize = 300;

/// Scenes on one page: each is less than a kilobyte.
const SCENES_PAGE: usize = 100;

/// Notes that are read at once.
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
    sheets: u32,
    /// How thoroughly, where not every picture was looked at.
    #[serde(skip_serializing_if = "AnalysisMode::is_batch")]
    mode: AnalysisMode,
    #[serde(flatten)]
    counted: Option<Counted>,
}

/// How much was looked at.
#[derive(Clone, Copy, Default, Serialize)]
struct Counted {
    pictures: u32,
    dropped: u32,
}

/// Joins the parts of a title, and publishes what comes of it, the sidecar last.
pub(crate) async fn join(store: &Store, planned: &DetectionsPlanned) -> Result<Events, Error> {
    let (plan, name) = (&planned.analysis, name_of(&planned.analysis)?);
    let noted = name_of(&of_any_request(plan))?;
    let parts = (0..plan.parts).map(|part| Note::of_part(store, planned, &noted, part));
    let mut parts = stream::iter(parts).buffered(AT_ONCE);
    let (mut telling, mut counted) = (Telling::new(plan), Counted::default());
    while let Some(Note {
        pictures, dropped, ..
    }) = parts.try_next().await?
    {
        counted.pictures = counted.pictures.saturating_add(pictures.len() as u32);
        counted.dropped = counted.dropped.saturating_add(dropped);
        let added = blocking(move || telling.add(&pictures).map(|finished| (telling, finished)));
        let finished;
        (telling, finished) = added.await??;
        put(store, planned, &name, finished).await?;
    }
    // What was seen before is better than nothing.
    if counted.pictures == 0 && counted.dropped > 0 {
        return Err(Error::TooSlow(counted.dropped));
    }
    let (told, finished) = blocking(move || telling.finish()).await??;
    put(store, planned, &name, finished).await?;
    let body = Bytes::from(sidecar(plan, &told, counted)?);
    let asset = planned.asset;
    store.put(&Key::Seen { asset, name: &name }, body).await?;
    let pages = pages(planned, &name, &told);
    Ok(Events::none()
        .and_all(&pages)
        .and(&completed(planned, &name, &told, counted)))
}

async fn put(
    store: &Store,
    planned: &DetectionsPlanned,
    name: &str,
    finished: Vec<Finished>,
) -> Result<(), Error> {
    let asset = planned.asset;
    for finished in finished {
        let (key, body) = match finished {
            Finished::Stretch(number, body) => {
                let key = Key::SeenStretch {
                    asset,
                    name,
                    number,
                };
                (key, body)
            }
            Finished::Sheet(sheet, body) => (Key::SeenSheet { asset, name, sheet }, body),
        };
        store.put(&key, Bytes::from(body)).await?;
    }
    Ok(())
}

fn sidecar(plan: &AnalysisPlan, told: &Told, counted: Counted) -> Result<Vec<u8>, Error> {
    Ok(serde_json::to_vec(&Sidecar {
        duration_ms: plan.duration_ms,
        models: &plan.models,
        rate: f64::from(plan.rate.num) / f64::from(plan.rate.den.max(1)),
        detections: &told.detections,
        scenes: &told.scenes,
        stretch_ms: STRETCH_MS,
        stretches: told.stretches,
        sheets: told.sheets,
        mode: plan.mode,
        counted: (!plan.mode.is_batch()).then_some(counted),
    })?)
}

fn completed(
    planned: &DetectionsPlanned,
    name: &str,
    told: &Told,
    counted: Counted,
) -> AnalysisCompleted {
    let asset = planned.asset;
    let labels: BTreeSet<&String> = told.detections.iter().map(|seen| &seen.label).collect();
    AnalysisCompleted {
        asset,
        detections: told.detections.len() as u32,
        scenes: told.scenes.scenes.len() as u32,
        sidecar: Key::Seen { asset, name }.path(),
        stretch_ms: STRETCH_MS,
        stretches: told.stretches,
        sheets: told.sheets,
        labels: labels.into_iter().cloned().collect(),
        revision: planned.analysis.revision,
        mode: planned.analysis.mode,
        pictures: counted.pictures,
        dropped: counted.dropped,
        name: name.to_owned(),
    }
}

fn pages(planned: &DetectionsPlanned, name: &str, told: &Told) -> Vec<DetectionsCompleted> {
    let mut detections = told.detections.chunks(PAGE);
    let mut scenes = told.described.scenes.chunks(SCENES_PAGE);
    let mut pages = Vec::new();
    for page in 0.. {
        let (detections, scenes) = (detections.next(), scenes.next());
        if detections.is_none() && scenes.is_none() {
            break;
        }
        let of = told.described.of.clone();
        pages.push(DetectionsCompleted {
            asset: planned.asset,
            name: name.to_owned(),
            page,
            first: page * PAGE as u32,
            detections: detections.unwrap_or_default().to_vec(),
            embeddings: scenes
                .zip(of)
                .map(|(scenes, (space, model))| SceneEmbeddings {
                    space,
                    model,
                    first: page * SCENES_PAGE as u32,
                    scenes: scenes.to_vec(),
                }),
        });
    }
    pages
}
