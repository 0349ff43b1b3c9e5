//! Scenes, motion, black and blurred stretches.

use serde::Serialize;

use crate::{
    look::{COLOURS, Look, colour},
    seen::{Picture, rounded},
};

/// A cut changes this much of the colours, or less of them with this much of the brightness besides.
const RECOLOURED: f64 = 0.5;
const RECOLOURED_MOVED: (f64, f64) = (0.25, 0.12);

/// A picture is black below this brightness, where nothing on it is brighter than the rest by more
/// than the contrast.
const BLACK: f64 = 0.08;
const BLACK_CONTRAST: f64 = 0.08;

/// A picture of several brightnesses is blurred below this sharpness.
const BLURRED: f64 = 12.0;
const BLURRED_CONTRAST: f64 = 0.2;

/// Colours that are told of a scene, at most, and the least part of it that each has.
const MOST_COLOURS: usize = 5;
const LEAST_SHARE: f64 = 0.05;

/// From one time to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Stretch {
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
}

/// A colour, and how much of a scene has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Share {
    colour: String,
    share: f64,
}

/// What lies between two cuts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Scene {
    #[serde(flatten)]
    pub(crate) stretch: Stretch,
    /// Mean brightness, 0 to 1.
    pub(crate) brightness: f64,
    /// The colours that most of it has, the most first.
    pub(crate) colours: Vec<Share>,
}

/// What pictures look like over time.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Scenes {
    pub(crate) scenes: Vec<Scene>,
    /// How much the picture changes in each second, 0 to 1, cuts left out.
    pub(crate) motion: Vec<f64>,
    pub(crate) black: Vec<Stretch>,
    pub(crate) blurred: Vec<Stretch>,
}

/// Sums over the pictures of a scene.
struct Current {
    start_ms: u64,
    pictures: f64,
    brightness: f64,
    colours: [f64; COLOURS],
}

/// Follows pictures as they come, in the order of their times.
#[derive(Default)]
pub(crate) struct Following {
    found: Scenes,
    last: Option<(u64, Look)>,
    current: Option<Current>,
    /// Sum and number of changes in each second.
    motion: Vec<(f64, f64)>,
    /// Since when it is black, and blurred.
    black_ms: Option<u64>,
    blurred_ms: Option<u64>,
}

impl Current {
    fn new(start_ms: u64) -> Self {
        Self {
            start_ms,
            pictures: 0.0,
            brightness: 0.0,
            colours: [0.0; COLOURS],
        }
    }

    fn add(&mut self, look: &Look) {
        self.pictures += 1.0;
        self.brightness += look.brightness;
        for (sum, share) in self.colours.iter_mut().zip(look.colours()) {
            *sum += f64::from(*share) / 1_000.0;
        }
    }

    fn end(self, end_ms: u64) -> Scene {
        let pictures = self.pictures.max(1.0);
        let mut shares: Vec<(usize, f64)> = self
            .colours
            .iter()
            .map(|sum| rounded(sum / pictures))
            .enumerate()
            .filter(|(_, share)| *share >= LEAST_SHARE)
            .collect();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares.truncate(MOST_COLOURS);
        let colours = shares.into_iter().map(|(kind, share)| Share {
            colour: colour(kind),
            share,
        });
        Scene {
            stretch: Stretch {
                start_ms: self.start_ms,
                end_ms,
            },
            brightness: rounded(self.brightness / pictures),
            colours: colours.collect(),
        }
    }
}

pub(crate) fn is_cut(before: &Look, now: &Look) -> bool {
    let recoloured = now.recoloured(before);
    let (least, moved) = RECOLOURED_MOVED;
    recoloured > RECOLOURED || (recoloured > least && now.motion(before) > moved)
}

pub(crate) fn is_black(look: &Look) -> bool {
    look.brightness < BLACK && look.contrast() < BLACK_CONTRAST
}

fn is_blurred(look: &Look) -> bool {
    look.contrast() > BLURRED_CONTRAST && look.sharpness < BLURRED
}

/// Begins, goes on with, or ends a stretch.
fn follow(since: &mut Option<u64>, is: bool, now_ms: u64, stretches: &mut Vec<Stretch>) {
    match (*since, is) {
        (None, true) => *since = Some(now_ms),
        (Some(start_ms), false) => {
            stretches.push(Stretch {
                start_ms,
                end_ms: now_ms,
            });
            *since = None;
        }
        (None, false) | (Some(_), true) => {}
    }
}

impl Following {
    /// Adds the next picture.
    pub(crate) fn add(&mut self, picture: &Picture) {
        let (now_ms, look) = (picture.time_ms, &picture.look);
        let cut = self
            .last
            .as_ref()
            .is_some_and(|(_, last)| is_cut(last, look));
        if let (Some((_, last)), false) = (&self.last, cut) {
            let second = (now_ms / 1_000) as usize;
            if self.motion.len() <= second {
                self.motion.resize(second + 1, (0.0, 0.0));
            }
            let sum = &mut self.motion[second];
            *sum = (sum.0 + look.motion(last), sum.1 + 1.0);
        }
        if cut && let Some(ended) = self.current.take() {
            self.found.scenes.push(ended.end(now_ms));
        }
        // What is before the first picture looks like it.
        let start_ms = if self.last.is_none() { 0 } else { now_ms };
        let current = self.current.get_or_insert_with(|| Current::new(start_ms));
        current.add(look);
        let found = &mut self.found;
        let since_ms = if self.last.is_none() { 0 } else { now_ms };
        follow(
            &mut self.black_ms,
            is_black(look),
            since_ms,
            &mut found.black,
        );
        follow(
            &mut self.blurred_ms,
            is_blurred(look),
            since_ms,
            &mut found.blurred,
        );
        self.last = Some((now_ms, look.clone()));
    }

    /// All that was found in a title that is so long.
    pub(crate) fn finish(mut self, duration_ms: u64) -> Scenes {
        let last_ms = self.last.as_ref().map_or(0, |(ms, _)| ms + 1);
        let end_ms = duration_ms.max(last_ms);
        if let Some(current) = self.current.take() {
            self.found.scenes.push(current.end(end_ms));
        }
        follow(&mut self.black_ms, false, end_ms, &mut self.found.black);
        follow(&mut self.blurred_ms, false, end_ms, &mut self.found.blurred);
        let motion = self.motion.iter();
        self.found.motion = motion
            .map(|(sum, count)| rounded(sum / count.max(1.0)))
            .collect();
        self.found
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn followed(pictures: impl IntoIterator<Item = RgbImage>, duration_ms: u64) -> Scenes {
        let mut following = Following::default();
        for (n, picture) in (0..).zip(pictures) {
            following.add(&Picture {
                time_ms: n * 500,
                seen: Vec::new(),
                look: Look::of(&picture),
                shows: None,
            });
        }
        following.finish(duration_ms)
    }

    fn plain(colour: [u8; 3]) -> RgbImage {
        RgbImage::from_pixel(160, 90, Rgb(colour))
    }

    /// A bright square on grey, at a place.
    fn square(x: u32) -> RgbImage {
        RgbImage::from_fn(160, 90, |px, py| {
            let inside = (x..x + 20).contains(&px) && (30..50).contains(&py);
            Rgb(if inside { [240; 3] } else { [100; 3] })
        })
    }

    #[test]
    fn scenes_meet_at_cuts_and_cover_the_title() {
        let pictures = [[200, 30, 30]; 4].into_iter().chain([[30, 30, 200]; 6]);
        let found = followed(pictures.map(plain), 5_000);
        let times: Vec<_> = found
            .scenes
            .iter()
            .map(|scene| (scene.stretch.start_ms, scene.stretch.end_ms))
            .collect();
        assert_eq!(times, [(0, 2_000), (2_000, 5_000)]);
        assert_eq!(found.scenes[0].colours[0].colour, "#e02020");
        assert_eq!(found.scenes[0].colours[0].share, 1.0);
        assert_eq!(found.motion, [0.0; 5]);
    }

    #[test]
    fn a_thing_that_moves_is_motion_and_no_cut() {
        let still = followed((0..8).map(|_| square(40)), 4_000);
        let moving = followed((0..8).map(|n| square(n * 15)), 4_000);
        assert_eq!((still.scenes.len(), moving.scenes.len()), (1, 1));
        assert!(still.motion.iter().all(|motion| *motion == 0.0));
        assert!(moving.motion.iter().all(|motion| *motion > 0.01));
    }

    #[test]
    fn black_is_told_and_so_is_blur() {
        let black = |n: usize| vec![plain([4, 4, 4]); n];
        let pictures = [black(2), vec![square(10); 3], black(1)].concat();
        let found = followed(pictures, 3_000);
        let stretch = |start_ms, end_ms| Stretch { start_ms, end_ms };
        assert_eq!(found.black, [stretch(0, 1_000), stretch(2_500, 3_000)]);
        assert_eq!(found.blurred, []);
        let soft = image::imageops::blur(&square(10), 8.0);
        let strong = RgbImage::from_fn(160, 90, |x, _| Rgb([(x * 255 / 160) as u8; 3]));
        assert_eq!(followed([strong], 500).blurred, [stretch(0, 500)]);
        assert_eq!(followed([soft], 500).black, []);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(followed([], 0), Scenes::default());
    }
}
