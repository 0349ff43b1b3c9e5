//! Looking at a part: pictures are decoded and prepared on one thread, and shown to the models on another, in
//! the order, and as many of them, as the strategy says.

use std::{
    mem, panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use image::RgbImage;
use reeldrop_events::{AnalysisMode, AnalysisPlan, AnalysisPlanned, LookingModel};
use reeldrop_media::ReadAt;
use reeldrop_models::Task;

use crate::{
    Config, Error,
    config::Installed,
    device::execution,
    eye::{BATCH, Eye, environment},
    handover::Handover,
    pace::{Batch, Pace},
    portraits::{Describer, Portraits},
    prepared::{Prepared, Preparing, View},
    realtime::{MOST_BEHIND, Realtime, Recent},
    sampled,
    seen::{Looked, Picture, Seen},
    stills::Stills,
};

/// The models, ready.
pub(crate) struct Looker {
    models: Vec<LookingModel>,
    eyes: Vec<Eye>,
    /// Who describes scenes, where anybody does.
    describer: Option<Describer>,
    /// How long a picture takes.
    recent: Recent,
    /// So much longer than this machine needs.
    #[cfg(test)]
    slowed: Duration,
}

/// When looking stops before the part's end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Until {
    /// How long a thorough look goes on; one that keeps up with the clock ends soon by itself.
    pub(crate) slice: Duration,
    /// Set where nobody waits for it any more.
    pub(crate) stop: Arc<AtomicBool>,
}

impl Looker {
    /// Reads the models of a plan.
    pub(crate) fn open(config: &Config, plan: &AnalysisPlan) -> Result<Self, Error> {
        let installed = config.models_of(&plan.models).ok_or(Error::NoModel)?;
        let library = config.library().ok_or(Error::NoModel)?;
        let environment = environment(&library)?;
        let (execution, threads) = (execution(&environment, config.execution), config.threads);
        let finds =
            |installed: &&Installed| matches!(installed.model.task, Task::Objects | Task::Faces);
        let open = |installed: &Installed| Eye::open(&environment, installed, execution, threads);
        let eyes = installed.iter().filter(finds).map(open);
        let eyes: Vec<Eye> = eyes.collect::<Result<_, _>>()?;
        let describer = Describer::open(&environment, &installed, execution, threads)?;
        let models = plan.models.clone();
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        tracing::info!(%execution, models = names.join(", "),
            library = %library.display(), threads, "models are ready");
        Ok(Self {
            models,
            eyes,
            describer,
            recent: Recent::default(),
            #[cfg(test)]
            slowed: Duration::ZERO,
        })
    }

    /// Whether these are the models of a plan.
    pub(crate) fn is_of(&self, analysis: &AnalysisPlan) -> bool {
        self.models == analysis.models
    }

    /// Looks on at a part after what was seen before, for so long or a little longer.
    pub(crate) fn part(
        &mut self,
        planned: &AnalysisPlanned,
        reader: &Arc<dyn ReadAt>,
        before: Looked,
        until: &Until,
    ) -> Result<Looked, Error> {
        if !self.is_of(&planned.analysis) {
            return Err(Error::NoModel);
        }
        let after_ms = before.pictures.last().map(|picture| picture.time_ms);
        let views = View::all(&planned.video, &self.eyes);
        let scene = self.describer.as_ref();
        let scene = scene.map(|describer| describer.size(&planned.video));
        let mut preparing = Preparing::new(&planned.video, &views, scene);
        let handover = Handover::new(self.pace(planned, after_ms, &views)?);
        let Self {
            eyes,
            describer,
            recent,
            #[cfg(test)]
            slowed,
            ..
        } = self;
        let mut look = |batch: &mut [Prepared]| {
            let begun = Instant::now();
            #[cfg(test)]
            thread::sleep(*slowed);
            let pictures = see(eyes, &views, batch)?;
            let each = u32::try_from(batch.len().max(1)).unwrap_or(1);
            recent.add(begun.elapsed() / each);
            Ok(pictures)
        };
        let (mut looked, decoded) = thread::scope(|scope| {
            let decoding = scope.spawn(|| {
                let _decoding = handover.decoding();
                sampled::each(reader, planned, after_ms, |time_ms, sample| {
                    handover.give(time_ms, || preparing.prepare(time_ms, sample))
                })
                .map(|_end| ())
            });
            let looking = handover.looking();
            let describer = describer.as_mut();
            let looked = all(&handover, planned, before, until, describer, &mut look);
            drop(looking);
            let decoded = decoding.join();
            let decoded = decoded.unwrap_or_else(|panicked| panic::resume_unwind(panicked));
            (looked, decoded)
        });
        if let Err(error) = decoded {
            // What is seen by then is all that could be, whatever the decoder ran into.
            if !handover.was_over() {
                return Err(error);
            }
            tracing::warn!(%error, "the part's time was over before it was decoded");
        }
        if let Ok(looked) = &mut looked {
            looked.dropped += handover.dropped();
        }
        looked
    }

    /// The strategy for a part.
    fn pace(
        &mut self,
        planned: &AnalysisPlanned,
        after_ms: Option<u64>,
        views: &[View],
    ) -> Result<Box<dyn Pace<Prepared>>, Error> {
        let plan = &planned.analysis;
        Ok(match plan.mode {
            AnalysisMode::Batch => Box::new(Batch::new()),
            AnalysisMode::Realtime => {
                // The first look takes long, on some cards minutes: it is none of the part's. And who was too
                // slow for any picture may be faster now.
                if self.recent.is_empty() || self.recent.slowest() > MOST_BEHIND {
                    self.try_out(views)?;
                    let took = self.try_out(views)?;
                    self.recent = Recent::default();
                    self.recent.add(took);
                }
                let ms = |tick| plan.timeline.tick_ns(tick) / 1_000_000;
                let end_ms = planned.chunk.end.map_or(plan.duration_ms, ms);
                let start_ms = after_ms.unwrap_or_else(|| ms(planned.chunk.start));
                let end = Duration::from_millis(end_ms.saturating_sub(start_ms));
                let step = Duration::from_secs(plan.rate.den.into()) / plan.rate.num.max(1);
                Box::new(Realtime::new(self.recent.clone(), end, step))
            }
        })
    }

    /// How long looking at a black picture takes.
    fn try_out(&mut self, views: &[View]) -> Result<Duration, Error> {
        let begun = Instant::now();
        #[cfg(test)]
        thread::sleep(self.slowed);
        for view in views {
            let (width, height) = view.placed.size();
            if let Some(eye) = self.eyes.get_mut(view.model) {
                eye.look(view.model, &view.placed, &[RgbImage::new(width, height)])?;
            }
        }
        if let Some(describer) = &mut self.describer {
            describer.encoder.try_out()?;
        }
        Ok(begun.elapsed())
    }
}

/// Shows pictures to every model that finds things.
fn see(eyes: &mut [Eye], views: &[View], batch: &mut [Prepared]) -> Result<Vec<Picture>, Error> {
    let mut seen: Vec<Vec<Vec<Seen>>> = vec![vec![Vec::new(); batch.len()]; eyes.len()];
    for (at, view) in views.iter().enumerate() {
        let of_view = |prepared: &mut Prepared| prepared.pictures.get_mut(at).map(mem::take);
        let pictures: Vec<RgbImage> = batch.iter_mut().filter_map(of_view).collect();
        let (Some(eye), Some(best)) = (eyes.get_mut(view.model), seen.get_mut(view.model)) else {
            continue;
        };
        let found = eye.look(view.model, &view.placed, &pictures)?;
        for (best, (found, picture)) in best.iter_mut().zip(found.into_iter().zip(&pictures)) {
            if evidence(&found) > evidence(best) {
                *best = view.measured(found, picture);
            }
        }
    }
    let picture = |(at, prepared): (usize, &mut Prepared)| Picture {
        time_ms: prepared.time_ms,
        seen: seen
            .iter_mut()
            .filter_map(|best| best.get_mut(at).map(mem::take))
            .flatten()
            .collect(),
        look: prepared.look.clone(),
        shows: None,
    };
    Ok(batch.iter_mut().enumerate().map(picture).collect())
}

/// Looks at what is handed over until there is no more, or it is time to stop.
fn all(
    handover: &Handover<Prepared>,
    planned: &AnalysisPlanned,
    before: Looked,
    until: &Until,
    describer: Option<&mut Describer>,
    look: &mut impl FnMut(&mut [Prepared]) -> Result<Vec<Picture>, Error>,
) -> Result<Looked, Error> {
    let begun = Instant::now();
    let is_batch = planned.analysis.mode.is_batch();
    let mut stills = Stills::new(&planned.video, &before.pictures);
    let mut portraits = describer.map(|describer| Portraits::new(describer, &before.pictures));
    let mut looked = Looked {
        whole: true,
        ..before
    };
    while let Some(mut batch) = handover.next() {
        let seen = look(&mut batch)?;
        if handover.looked() {
            let from = looked.pictures.len();
            let newest_ms = looked.pictures.iter().map(|picture| picture.time_ms).max();
            let frames = batch
                .into_iter()
                .map(|prepared| (prepared.kept, prepared.scene));
            let (frames, scenes): (Vec<_>, Vec<_>) = frames.unzip();
            let full = frames.len() == BATCH;
            let in_order = seen
                .iter()
                .all(|seen| newest_ms.is_none_or(|ms| seen.time_ms > ms));
            looked.pictures.extend(seen);
            // Things are followed forwards only: an older picture that had to wait gives no still.
            if in_order {
                stills.add(&mut looked.pictures, from, frames)?;
                if let Some(portraits) = &mut portraits {
                    portraits.add(&mut looked.pictures, from, scenes)?;
                }
            }
            if is_batch && full && begun.elapsed() >= until.slice {
                looked.whole = false;
                break;
            }
        }
        if until.stop.load(Ordering::Relaxed) {
            looked.whole = false;
            break;
        }
    }
    if let Some(portraits) = &mut portraits {
        portraits.finish(&mut looked.pictures)?;
    }
    looked.pictures.sort_by_key(|picture| picture.time_ms);
    Ok(looked)
}

/// How sure a model is of all that it sees.
fn evidence(seen: &[Seen]) -> f64 {
    seen.iter().map(|seen| seen.score).sum()
}

#[cfg(test)]
mod tests;
