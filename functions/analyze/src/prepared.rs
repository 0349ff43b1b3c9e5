//! A decoded frame made into what models, scenes and stills need of it.

use image::RgbImage;
use reeldrop_events::{Orientation, VideoTrack};

use crate::{
    Error,
    eye::Eye,
    look::{Look, sharpness_of},
    picture::turned,
    scaler::Scaler,
    seen::Seen,
    stills::{Keeping, Kept},
    tensor::Placed,
};

/// One way of showing pictures to one model.
pub(crate) struct View {
    /// Position of the model.
    pub(crate) model: usize,
    /// Where the model wants them.
    pub(crate) placed: Placed,
    /// How to turn the frame.
    orientation: Orientation,
    /// How to turn what is found.
    turn: Orientation,
}

impl View {
    /// All of them: for each model upright first.
    pub(crate) fn all(video: &VideoTrack, eyes: &[Eye]) -> Vec<Self> {
        let (width, height) = (video.display_width, video.display_height);
        let stored = match video.orientation.swaps_sides() {
            true => (height, width),
            false => (width, height),
        };
        let identity = Orientation::Identity;
        let of_eye = |(model, eye): (usize, &Eye)| {
            let upright = Self {
                model,
                placed: eye.placed((width, height)),
                orientation: video.orientation,
                turn: identity,
            };
            let as_stored = may_be_wrong(video.orientation).then(|| Self {
                model,
                placed: eye.placed(stored),
                orientation: identity,
                turn: video.orientation,
            });
            [upright].into_iter().chain(as_stored)
        };
        eyes.iter().enumerate().flat_map(of_eye).collect()
    }

    /// With what the boxes show, and turned as the title is shown.
    pub(crate) fn measured(&self, seen: Vec<Seen>, picture: &RgbImage) -> Vec<Seen> {
        let measured = |seen: Seen| Seen {
            sharpness: sharpness_of(picture, &seen.area),
            area: turned(&seen.area, self.turn),
            ..seen
        };
        seen.into_iter().map(measured).collect()
    }
}

/// Whether a picture should be looked at as it is stored, too: a telephone that lies flat does not know
/// how it is held, and models know nothing that lies on its side.
fn may_be_wrong(orientation: Orientation) -> bool {
    !matches!(
        orientation,
        Orientation::Identity | Orientation::FlipHorizontal
    )
}

/// A picture that is ready to be looked at.
pub(crate) struct Prepared {
    pub(crate) time_ms: u64,
    pub(crate) look: Look,
    /// One for each view, in order.
    pub(crate) pictures: Vec<RgbImage>,
    /// For whoever describes scenes, where anybody does.
    pub(crate) scene: Option<RgbImage>,
    pub(crate) kept: Kept,
}

/// Prepares the frames of a part.
pub(crate) struct Preparing {
    scalers: Vec<Scaler>,
    /// For whoever describes scenes.
    scene: Option<Scaler>,
    keeping: Keeping,
}

impl Preparing {
    /// `scene` is the size of a picture for whoever describes scenes, upright.
    pub(crate) fn new(video: &VideoTrack, views: &[View], scene: Option<(u32, u32)>) -> Self {
        let scaler = |view: &View| Scaler::new(view.orientation, view.placed.size());
        Self {
            scalers: views.iter().map(scaler).collect(),
            scene: scene.map(|size| Scaler::new(video.orientation, size)),
            keeping: Keeping::new(video),
        }
    }

    pub(crate) fn prepare(
        &mut self,
        time_ms: u64,
        sample: &gstreamer::Sample,
    ) -> Result<Prepared, Error> {
        let scalers = self.scalers.iter_mut();
        let pictures: Vec<RgbImage> = scalers
            .map(|scaler| scaler.picture(sample))
            .collect::<Result<_, _>>()?;
        let scene = self.scene.as_mut();
        let scene = scene.map(|scaler| scaler.picture(sample)).transpose()?;
        let first = pictures.first().or(scene.as_ref());
        let first = first.ok_or_else(|| Error::Convert("no model wants it".to_owned()))?;
        Ok(Prepared {
            time_ms,
            look: Look::of(first),
            kept: self.keeping.keep(sample)?,
            pictures,
            scene,
        })
    }
}
