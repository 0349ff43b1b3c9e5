//! Looking at a part: frames are sampled, made into pictures, and shown to the models by the batch.

use std::sync::Arc;

use image::RgbImage;
use reeldrop_events::{AnalysisPlan, AnalysisPlanned, LookingModel, Orientation, VideoTrack};
use reeldrop_media::ReadAt;

use crate::{
    Config, Error,
    config::Installed,
    eye::{BATCH, Eye, environment},
    look::Look,
    picture::{Scaler, turned},
    sampled,
    seen::{Picture, Seen},
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
}

impl Looker {
    /// Reads the models that are installed.
    pub(crate) fn open(config: &Config) -> Result<Self, Error> {
        let installed = config.models().map_err(|_| Error::NoModel)?;
        let library = config.library().ok_or(Error::NoModel)?;
        let environment = environment(&library)?;
        let open = |installed: &Installed| Eye::open(&environment, installed, config);
        let eyes: Vec<Eye> = installed.iter().map(open).collect::<Result<_, _>>()?;
        let models: Vec<LookingModel> = installed.iter().map(Installed::named).collect();
        let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        tracing::info!(execution = %config.execution, models = names.join(", "),
            library = %library.display(), threads = config.threads, "models are ready");
        Ok(Self { models, eyes })
    }

    /// Whether these are the models of a plan.
    pub(crate) fn is_of(&self, analysis: &AnalysisPlan) -> bool {
        self.models == analysis.models
    }

    /// Looks at a part.
    pub(crate) fn part(
        &mut self,
        planned: &AnalysisPlanned,
        reader: &Arc<dyn ReadAt>,
    ) -> Result<Vec<Picture>, Error> {
        if !self.is_of(&planned.analysis) {
            return Err(Error::NoModel);
        }
        let mut waiting = Waiting::new(&planned.video, &self.eyes);
        let mut seen = Vec::new();
        sampled::each(reader, planned, |ns, sample| {
            waiting.add(ns / 1_000_000, sample)?;
            if waiting.times_ms.len() == BATCH {
                seen.extend(self.look(&mut waiting)?);
            }
            Ok(())
        })?;
        seen.extend(self.look(&mut waiting)?);
        Ok(seen)
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
                for (best, found) in best.iter_mut().zip(found) {
                    if evidence(&found) > evidence(best) {
                        *best = view.turned(found);
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

    fn turned(&self, seen: Vec<Seen>) -> Vec<Seen> {
        let turned = |seen: Seen| Seen {
            area: turned(&seen.area, self.turn),
            ..seen
        };
        seen.into_iter().map(turned).collect()
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
