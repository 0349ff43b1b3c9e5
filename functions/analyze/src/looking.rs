//! Looking at a part: frames are sampled, made into pictures, and shown to the models by the batch.

use std::{
    mem,
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use image::RgbImage;
use reeldrop_events::{AnalysisPlan, AnalysisPlanned, LookingModel, Orientation, VideoTrack};
use reeldrop_media::ReadAt;

use crate::{
    Config, Error,
    config::Installed,
    eye::{BATCH, Eye, environment, execution},
    look::{Look, sharpness_of},
    picture::turned,
    sampled,
    scaler::Scaler,
    seen::{Looked, Picture, Seen},
    stills::{Kept, Stills},
    tensor::Placed,
};

/// The models, ready.
pub(crate) struct Looker {
    models: Vec<LookingModel>,
    eyes: Vec<Eye>,
}

/// One way of showing pictures to one model.
struct View {
    /// Where the model wants them.
    placed: Placed,
    scaler: Scaler,
    /// How to turn what is found.
    turn: Orientation,
    pictures: Vec<RgbImage>,
}

/// Pictures that wait to be shown to the models.
struct Waiting {
    /// For each model, upright first.
    views: Vec<Vec<View>>,
    times_ms: Vec<u64>,
    looks: Vec<Look>,
    frames: Vec<Kept>,
}

impl Looker {
    /// Reads the models that are installed.
    pub(crate) fn open(config: &Config) -> Result<Self, Error> {
        let installed = config.models().map_err(|_| Error::NoModel)?;
        let library = config.library().ok_or(Error::NoModel)?;
        let environment = environment(&library)?;
        let (execution, threads) = (execution(config.execution), config.threads);
        let open = |installed: &Installed| Eye::open(&environment, installed, execution, threads);
        let eyes: Vec<Eye> = installed.iter().map(open).collect::<Result<_, _>>()?;
        let models: Vec<LookingModel> = installed.iter().map(Installed::named).collect();
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        tracing::info!(%execution, models = names.join(", "),
            library = %library.display(), threads, "models are ready");
        Ok(Self { models, eyes })
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
        slice: Duration,
    ) -> Result<Looked, Error> {
        if !self.is_of(&planned.analysis) {
            return Err(Error::NoModel);
        }
        let begun = Instant::now();
        let mut pictures = before.pictures;
        let after_ms = pictures.last().map(|picture| picture.time_ms);
        let mut waiting = Waiting::new(&planned.video, &self.eyes);
        let mut stills = Stills::new(&planned.video, &pictures);
        let mut look = |waiting: &mut Waiting, stills: &mut Stills| {
            let (from, frames) = (pictures.len(), mem::take(&mut waiting.frames));
            pictures.extend(self.look(waiting)?);
            stills.add(&mut pictures, from, frames)
        };
        let end = sampled::each(reader, planned, after_ms, |time_ms, sample| {
            waiting.add(time_ms, sample)?;
            waiting.frames.push(stills.keep(sample)?);
            if waiting.times_ms.len() < BATCH {
                return Ok(ControlFlow::Continue(()));
            }
            look(&mut waiting, &mut stills)?;
            Ok(match begun.elapsed() >= slice {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            })
        })?;
        look(&mut waiting, &mut stills)?;
        let whole = end.is_continue();
        Ok(Looked { pictures, whole })
    }

    /// Shows what waits to every model.
    fn look(&mut self, waiting: &mut Waiting) -> Result<Vec<Picture>, Error> {
        let (times, looks) = (waiting.times_ms.drain(..), waiting.looks.drain(..));
        let mut seen: Vec<Picture> = times
            .zip(looks)
            .map(|(time_ms, look)| Picture {
                time_ms,
                seen: Vec::new(),
                look,
            })
            .collect();
        for (model, (eye, views)) in self.eyes.iter_mut().zip(&mut waiting.views).enumerate() {
            let mut best: Vec<Vec<Seen>> = vec![Vec::new(); seen.len()];
            for view in views {
                let found = eye.look(model, &view.placed, &view.pictures)?;
                let found = found.into_iter().zip(&view.pictures);
                for (best, (found, picture)) in best.iter_mut().zip(found) {
                    if evidence(&found) > evidence(best) {
                        *best = view.measured(found, picture);
                    }
                }
                view.pictures.clear();
            }
            for (picture, found) in seen.iter_mut().zip(best) {
                picture.seen.extend(found);
            }
        }
        Ok(seen)
    }
}

/// How sure a model is of all that it sees.
fn evidence(seen: &[Seen]) -> f64 {
    seen.iter().map(|seen| seen.score).sum()
}

/// Whether a picture should be looked at as it is stored, too: a telephone that lies flat does not know
/// how it is held, and models know nothing that lies on its side.
fn may_be_wrong(orientation: Orientation) -> bool {
    !matches!(
        orientation,
        Orientation::Identity | Orientation::FlipHorizontal
    )
}

impl View {
    fn new(eye: &Eye, shown: (u32, u32), orientation: Orientation, turn: Orientation) -> Self {
        let placed = eye.placed(shown);
        Self {
            placed,
            scaler: Scaler::new(orientation, placed.size()),
            turn,
            pictures: Vec::new(),
        }
    }

    /// With what the boxes show, and turned as the title is shown.
    fn measured(&self, seen: Vec<Seen>, picture: &RgbImage) -> Vec<Seen> {
        let measured = |seen: Seen| Seen {
            sharpness: sharpness_of(picture, &seen.area),
            area: turned(&seen.area, self.turn),
            ..seen
        };
        seen.into_iter().map(measured).collect()
    }
}

impl Waiting {
    fn new(video: &VideoTrack, eyes: &[Eye]) -> Self {
        let (width, height) = (video.display_width, video.display_height);
        let stored = match video.orientation.swaps_sides() {
            true => (height, width),
            false => (width, height),
        };
        let views = |eye: &Eye| {
            let identity = Orientation::Identity;
            let upright = View::new(eye, (width, height), video.orientation, identity);
            let as_stored = may_be_wrong(video.orientation)
                .then(|| View::new(eye, stored, identity, video.orientation));
            [upright].into_iter().chain(as_stored).collect()
        };
        Self {
            views: eyes.iter().map(views).collect(),
            times_ms: Vec::new(),
            looks: Vec::new(),
            frames: Vec::new(),
        }
    }

    fn add(&mut self, time_ms: u64, sample: &gstreamer::SampleRef) -> Result<(), Error> {
        let mut look = None;
        for view in self.views.iter_mut().flatten() {
            let picture = view.scaler.picture(sample)?;
            look.get_or_insert_with(|| Look::of(&picture));
            view.pictures.push(picture);
        }
        self.times_ms.push(time_ms);
        self.looks.extend(look);
        Ok(())
    }
}
