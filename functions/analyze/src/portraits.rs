//! What scenes show: the best picture of each, while it is there.

use image::RgbImage;
use ort::environment::Environment;
use reeldrop_events::VideoTrack;
use reeldrop_models::Task;

use crate::{
    Error, Execution,
    config::Installed,
    encode::{Labels, PictureEncoder, WordEncoder},
    look::Look,
    scenes::{is_black, is_cut},
    seen::{Picture, Shows},
};

/// A scene that goes on longer than this is described in pieces, milliseconds: things change without a cut.
pub(crate) const LONGEST_MS: u64 = 30_000;

/// Follows a part from scene to scene.
#[derive(Default)]
struct Pieces {
    last: Option<Look>,
    begun_ms: u64,
}

impl Pieces {
    /// Whether a scene, or another piece of one, begins with the next picture.
    fn begins(&mut self, picture: &Picture) -> bool {
        let last = self.last.replace(picture.look.clone());
        let is_cut = last.is_none_or(|last| is_cut(&last, &picture.look));
        let begins = is_cut || picture.time_ms.saturating_sub(self.begun_ms) >= LONGEST_MS;
        if begins {
            self.begun_ms = picture.time_ms;
        }
        begins
    }
}

/// The models that know scenes, ready.
pub(crate) struct Describer {
    /// Position of the first in the plan.
    pub(crate) model: usize,
    pub(crate) encoder: PictureEncoder,
    /// Where words are known in its space.
    pub(crate) labels: Option<Labels>,
}

impl Describer {
    /// Reads those models of a plan that describe scenes; none where there are none.
    pub(crate) fn open(
        environment: &Environment,
        installed: &[Installed],
        execution: Execution,
        threads: usize,
    ) -> Result<Option<Self>, Error> {
        let of = |task| {
            let mut of_task = installed.iter().enumerate();
            of_task.find(|(_, installed)| installed.model.task == task)
        };
        let Some((model, pictures)) = of(Task::ImageEmbedding) else {
            return Ok(None);
        };
        let encoder = PictureEncoder::open(environment, pictures, execution, threads)?;
        let mut labels = None;
        if let Some((_, words)) = of(Task::TextEmbedding) {
            let mut words = WordEncoder::open(environment, words, execution, threads)?;
            encoder.check(words.contract())?;
            labels = Some(words.labels()?);
        }
        Ok(Some(Self {
            model,
            encoder,
            labels,
        }))
    }

    /// Width and height of the pictures that it wants of a track.
    pub(crate) fn size(&self, video: &VideoTrack) -> (u32, u32) {
        self.encoder
            .size((video.display_width, video.display_height))
    }

    fn describe(&mut self, picture: &RgbImage) -> Result<Option<Shows>, Error> {
        let embedding = self.encoder.encode(picture)?;
        Ok(embedding.map(|embedding| Shows {
            model: self.model,
            space: self.encoder.space().to_owned(),
            labels: self
                .labels
                .as_ref()
                .map_or_else(Vec::new, |labels| labels.of(&embedding)),
            embedding,
        }))
    }
}

/// Describes each scene of a part by its sharpest picture.
pub(crate) struct Portraits<'a> {
    describer: &'a mut Describer,
    pieces: Pieces,
    /// The picture that was described for the scene that goes on.
    described: Option<usize>,
    /// A better one, which is described once nothing better can come.
    best: Option<(usize, RgbImage)>,
}

impl<'a> Portraits<'a> {
    /// Goes on after these pictures of the part.
    pub(crate) fn new(describer: &'a mut Describer, before: &[Picture]) -> Self {
        let mut portraits = Self {
            describer,
            pieces: Pieces::default(),
            described: None,
            best: None,
        };
        for (at, picture) in before.iter().enumerate() {
            let begins = portraits.pieces.begins(picture);
            portraits.described = match picture.shows {
                Some(_) => Some(at),
                None => portraits.described.filter(|_| !begins),
            };
        }
        portraits
    }

    /// Takes the pictures from `from` on, each as the encoder wants it.
    pub(crate) fn add(
        &mut self,
        pictures: &mut [Picture],
        from: usize,
        wanted: Vec<Option<RgbImage>>,
    ) -> Result<(), Error> {
        for (at, wanted) in (from..).zip(wanted) {
            if pictures
                .get(at)
                .is_some_and(|next| self.pieces.begins(next))
            {
                self.finish(pictures)?;
                self.described = None;
            }
            if let (Some(next), Some(wanted)) = (pictures.get(at), wanted)
                && self.is_better(pictures, next)
            {
                self.best = Some((at, wanted));
            }
        }
        Ok(())
    }

    fn is_better(&self, pictures: &[Picture], next: &Picture) -> bool {
        let before = self.best.as_ref().map(|(at, _)| *at).or(self.described);
        let before = before.and_then(|at| pictures.get(at));
        !is_black(&next.look)
            && before.is_none_or(|before| next.look.sharpness > before.look.sharpness)
    }

    /// Describes what is best until now.
    pub(crate) fn finish(&mut self, pictures: &mut [Picture]) -> Result<(), Error> {
        let Some((at, picture)) = self.best.take() else {
            return Ok(());
        };
        let Some(shows) = self.describer.describe(&picture)? else {
            return Ok(());
        };
        if let Some(before) = self.described.and_then(|before| pictures.get_mut(before)) {
            before.shows = None;
        }
        if let Some(best) = pictures.get_mut(at) {
            best.shows = Some(shows);
        }
        self.described = Some(at);
        Ok(())
    }
}
