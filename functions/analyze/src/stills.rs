//! Stills: the best picture of each thing, cut out while its frame is there.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use gstreamer as gst;
use image::{RgbImage, codecs::jpeg::JpegEncoder, imageops};
use reeldrop_events::{Area, VideoTrack};

use crate::{
    Error,
    join::Joining,
    picture::{fit, pixels},
    scaler::Scaler,
    seen::{Picture, Seen},
};

/// Longest side of a still, pixels.
pub(crate) const SIDE: u32 = 128;

/// Longest side of the pictures that stills are cut out of.
const FROM: u32 = 960;

/// Frames up to this size wait to be cut, bytes: 2560 by 1440 pixels of 8 bits. Larger ones are scaled at
/// once, whether a still is cut out of them or not: as many wait as two batches have.
const MOST_WAITING: usize = 8 << 20;

/// How much of a box is shown around it.
const AROUND: f64 = 0.1;

/// A picture must be so much better than the one before to take its place: cutting takes time.
const BETTER: f64 = 1.1;

/// Stills in a part, at most.
const MOST: usize = 256;

const QUALITY: u8 = 85;

/// A frame that stills may be cut out of.
pub(crate) enum Kept {
    Frame(gst::Sample),
    Scaled(RgbImage),
}

/// Keeps frames until it is known what is on them.
pub(crate) struct Keeping(Scaler);

impl Keeping {
    pub(crate) fn new(video: &VideoTrack) -> Self {
        Self(scaler(video))
    }

    pub(crate) fn keep(&mut self, sample: &gst::Sample) -> Result<Kept, Error> {
        match sample.buffer().map_or(0, gst::BufferRef::size) <= MOST_WAITING {
            true => Ok(Kept::Frame(sample.clone())),
            false => Ok(Kept::Scaled(self.0.picture(sample)?)),
        }
    }
}

/// Makes the pictures that stills are cut out of.
fn scaler(video: &VideoTrack) -> Scaler {
    let shown = (video.display_width, video.display_height);
    let most = FROM.min(shown.0.max(shown.1).max(1));
    Scaler::new(video.orientation, fit(shown, (most, most)))
}

/// The best picture of a thing so far.
#[derive(Clone, Copy)]
struct Best {
    picture: usize,
    seen: usize,
    worth: f64,
}

impl Best {
    fn seen_on(self, pictures: &mut [Picture]) -> Option<&mut Seen> {
        let picture = pictures.get_mut(self.picture)?;
        picture.seen.get_mut(self.seen)
    }
}

/// Cuts stills of the things in a part.
pub(crate) struct Stills {
    joining: Joining,
    scaler: Scaler,
    /// Size of the picture as it is shown, pixels.
    shown: (u32, u32),
    best: BTreeMap<u32, Best>,
    cut: usize,
}

impl Stills {
    /// Goes on after these pictures of the part.
    pub(crate) fn new(video: &VideoTrack, before: &[Picture]) -> Self {
        let mut stills = Self {
            joining: Joining::default(),
            scaler: scaler(video),
            shown: (video.display_width, video.display_height),
            best: BTreeMap::new(),
            cut: 0,
        };
        for (at, picture) in before.iter().enumerate() {
            for (thing, best) in stills.follow(at, picture) {
                let seen = picture.seen.get(best.seen);
                if seen.is_some_and(|seen| seen.still.is_some()) {
                    stills.best.insert(thing, best);
                    stills.cut += 1;
                }
            }
        }
        stills
    }

    /// Takes the pictures from `from` on, which were made of these frames.
    pub(crate) fn add(
        &mut self,
        pictures: &mut [Picture],
        from: usize,
        frames: Vec<Kept>,
    ) -> Result<(), Error> {
        let mut better: BTreeMap<u32, Best> = BTreeMap::new();
        for (at, picture) in pictures.iter().enumerate().skip(from) {
            for (thing, now) in self.follow(at, picture) {
                let before = better.get(&thing).map(|best| best.worth);
                let kept = self.best.get(&thing).map(|best| best.worth * BETTER);
                if kept.is_none() && self.cut >= MOST {
                    continue;
                }
                if before
                    .into_iter()
                    .chain(kept)
                    .all(|worth| now.worth > worth)
                {
                    better.insert(thing, now);
                }
            }
        }
        for (thing, best) in better {
            if let Some(frame) = frames.get(best.picture - from) {
                self.replace(pictures, frame, thing, best)?;
            }
        }
        Ok(())
    }

    /// The things on a picture, and how well it shows them.
    fn follow(&mut self, at: usize, picture: &Picture) -> Vec<(u32, Best)> {
        let added = self.joining.add(picture);
        for ended in added.ended {
            self.best.remove(&ended.id);
        }
        let things = added.things.into_iter().zip(&picture.seen).enumerate();
        let best = |(seen, (thing, on)): (usize, (u32, &Seen))| {
            let (picture, worth) = (at, on.worth());
            let best = Best {
                picture,
                seen,
                worth,
            };
            (thing, best)
        };
        things.map(best).collect()
    }

    fn replace(
        &mut self,
        pictures: &mut [Picture],
        frame: &Kept,
        thing: u32,
        best: Best,
    ) -> Result<(), Error> {
        if let Some(before) = self.best.get(&thing)
            && let Some(seen) = before.seen_on(pictures)
        {
            seen.still = None;
            self.cut -= 1;
        }
        if self.cut < MOST
            && let Some(seen) = best.seen_on(pictures)
        {
            seen.still = Some(STANDARD.encode(self.still(frame, &seen.area)?));
            self.cut += 1;
            self.best.insert(thing, best);
        }
        Ok(())
    }

    /// What a box shows, with a little around it, as a file.
    fn still(&mut self, frame: &Kept, area: &Area) -> Result<Vec<u8>, Error> {
        let area = around(area);
        let shown = match frame {
            Kept::Frame(_) => self.shown,
            Kept::Scaled(picture) => picture.dimensions(),
        };
        let (x, y, width, height) = pixels(&area, shown);
        let (to_width, to_height) = fit((width, height), (SIDE, SIDE));
        jpeg(&match frame {
            Kept::Frame(sample) => self.scaler.cut(sample, &area, (to_width, to_height))?,
            Kept::Scaled(picture) => {
                let cut = imageops::crop_imm(picture, x, y, width, height).to_image();
                let filter = imageops::FilterType::Triangle;
                imageops::resize(&cut, to_width, to_height, filter)
            }
        })
    }
}

/// A box with a little around it.
fn around(area: &Area) -> Area {
    let along = |from: f64, length: f64| {
        let margin = length * AROUND;
        let (start, end) = ((from - margin).max(0.0), (from + length + margin).min(1.0));
        (start, end - start)
    };
    let ((x, width), (y, height)) = (along(area.x, area.width), along(area.y, area.height));
    Area {
        x,
        y,
        width,
        height,
    }
}

/// A picture as a file.
pub(crate) fn jpeg(picture: &RgbImage) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(picture)
        .map_err(|error| Error::Convert(error.to_string()))?;
    Ok(bytes)
}
