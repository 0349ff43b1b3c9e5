//! All pictures of a title, made in one walk through it.

use std::sync::Arc;

use image::{RgbImage, imageops};
use reeldrop_events::{Media, Plan};
use reeldrop_media::{Frame, ReadAt};

use crate::{
    Error,
    moments::Moments,
    picture::{fit, upright},
    poster::{Best, Poster},
    preview::{self, PREVIEW_SIDE},
    storyboard::{self, TILE_SIDE},
    walk::walk,
};

/// The pictures, ready to be stored.
#[derive(Debug)]
pub(crate) struct Pictures {
    pub(crate) poster: Poster,
    /// Sprite sheets of the storyboard, JPEG.
    pub(crate) sheets: Vec<Vec<u8>>,
    /// Cues that point into them, WebVTT.
    pub(crate) cues: String,
    /// Animated WebP.
    pub(crate) preview: Vec<u8>,
}

impl Pictures {
    /// Makes the pictures of a source.
    pub(crate) fn of(source: Arc<dyn ReadAt>, media: &Media, plan: &Plan) -> Result<Self, Error> {
        let moments = Moments::of(media, plan);
        let mut taken = Taken::default();
        walk(source, media, &moments, |stands_for, frame| {
            taken.take(stands_for, frame, media, &moments)
        })?;
        let tiles: Vec<&RgbImage> = (0..moments.tiles)
            .map(|tile| &taken.tiles[taken.tile_of[moments.of_tile(tile)]])
            .collect();
        Ok(Self {
            sheets: storyboard::sheets(&tiles)?,
            cues: storyboard::cues(&moments, tiles[0].dimensions()),
            preview: preview::webp(&taken.preview)?,
            poster: taken.best.poster(&media.video)?,
        })
    }
}

/// What is kept of the frames: small pictures, and one large one.
#[derive(Default)]
struct Taken {
    best: Best,
    tiles: Vec<RgbImage>,
    /// The tile of each moment.
    tile_of: Vec<usize>,
    /// Pictures of the preview, and how many shares of it each fills.
    preview: Vec<(RgbImage, usize)>,
}

impl Taken {
    fn take(
        &mut self,
        stands_for: usize,
        frame: &Frame,
        media: &Media,
        moments: &Moments,
    ) -> Result<(), Error> {
        let small = upright(&frame.sample, &media.video, PREVIEW_SIDE)?;
        let offset_ns = frame.time_ns.unwrap_or_default() - moments.origin_ns as i64;
        let offset_ns = u64::try_from(offset_ns).unwrap_or(0);
        self.best
            .consider(&frame.sample, &small, offset_ns, moments.duration_ns);
        let first = self.tile_of.len();
        self.tile_of
            .extend(std::iter::repeat_n(self.tiles.len(), stands_for));
        self.tiles.push(tile(&small));
        let shown = (first..first + stands_for)
            .filter(|moment| preview::shows(*moment, moments.count))
            .count();
        if shown > 0 {
            self.preview.push((small, shown));
        }
        Ok(())
    }
}

fn tile(picture: &RgbImage) -> RgbImage {
    let (width, height) = fit(picture.dimensions(), TILE_SIDE);
    imageops::thumbnail(picture, width, height)
}
