//! All pictures of a title, made of the same frames.

use std::{panic::resume_unwind, thread};

use gstreamer as gst;
use image::{RgbImage, imageops};

use crate::{
    Error,
    clear::{KeyPicture, Keys},
    decode::decode,
    moments::Moments,
    picture::{fit, picture},
    poster::{Best, Candidate, Poster},
    preview::{self, PREVIEW_SIDE},
    storyboard::{self, Storyboard, TILE_SIDE},
};

/// The pictures, ready to be stored.
#[derive(Debug)]
pub(crate) struct Pictures {
    pub(crate) poster: Poster,
    pub(crate) storyboard: Storyboard,
    /// Cues that point into its sheets, WebVTT.
    pub(crate) cues: String,
    /// Animated WebP.
    pub(crate) preview: Vec<u8>,
}

/// What is kept of the frames: small pictures, and the best frame.
pub(crate) struct Taken {
    moments: Moments,
    best: Best,
    tiles: Vec<RgbImage>,
    /// The tile of each moment.
    tile_of: Vec<usize>,
    /// Pictures of the preview, and how many shares of it each fills.
    preview: Vec<(RgbImage, usize)>,
}

impl Pictures {
    /// Encodes them.
    pub(crate) fn of(taken: &Taken, poster: Poster) -> Result<Self, Error> {
        let moments = &taken.moments;
        let tiles: Vec<&RgbImage> = (0..moments.tiles)
            .map(|tile| &taken.tiles[taken.tile_of[moments.of_tile(tile)]])
            .collect();
        // The title is ready when these are: the two that take time are made at the same time.
        let (storyboard, preview) = thread::scope(|scope| {
            let storyboard = scope.spawn(|| storyboard::lay(&tiles, moments));
            let preview = preview::webp(&taken.preview);
            let storyboard = storyboard
                .join()
                .unwrap_or_else(|panic| resume_unwind(panic));
            (storyboard, preview)
        });
        Ok(Self {
            storyboard: storyboard?,
            cues: storyboard::cues(moments, tiles[0].dimensions()),
            preview: preview?,
            poster,
        })
    }
}

impl Taken {
    /// Looks at the key pictures of all `moments` of a title of `title_ns`.
    pub(crate) fn of(keys: &Keys, moments: Moments, title_ns: u64) -> Result<Self, Error> {
        let mut taken = Self {
            moments,
            best: Best::default(),
            tiles: Vec::new(),
            tile_of: Vec::new(),
            preview: Vec::new(),
        };
        decode(keys, |key, frame| taken.take(key, frame, title_ns))?;
        Ok(taken)
    }

    /// The frame that makes the best poster.
    pub(crate) fn best(&self) -> Result<&Candidate, Error> {
        self.best.0.as_ref().ok_or(Error::NoPicture)
    }

    fn take(&mut self, key: &KeyPicture, frame: &gst::Sample, title_ns: u64) -> Result<(), Error> {
        let small = picture(frame, PREVIEW_SIDE)?;
        self.best.consider(key, frame, &small, title_ns);
        let first = self.tile_of.len();
        self.tile_of
            .extend(std::iter::repeat_n(self.tiles.len(), key.stands_for));
        self.tiles.push(tile(&small));
        let shown = (first..first + key.stands_for)
            .filter(|moment| preview::shows(*moment, self.moments.count))
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
