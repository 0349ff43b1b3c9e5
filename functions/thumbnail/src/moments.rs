//! Which moments of a title are looked at: a bounded number, whatever its length.

use reeldrop_events::{Media, Plan};

const NS_PER_S: u64 = 1_000_000_000;

/// Tiles of a storyboard, at most.
const MAX_TILES: u64 = 100;

/// The time between two tiles, at least.
const MIN_INTERVAL_NS: u64 = 2 * NS_PER_S;

/// Moments that even a short title is looked at: from fewer no good poster can be picked.
const MIN_MOMENTS: u64 = 20;

/// Pixels that are decoded one after the other where there are few key frames to search for: about
/// half a second of work.
const MAX_PIXELS_IN_A_ROW: u64 = 150_000_000;

/// Key frames that are enough to choose from.
const ENOUGH_KEY_FRAMES: u64 = 8;

/// Key frames so few that a source is decoded in a row however long that takes.
const TOO_FEW_KEY_FRAMES: u64 = 4;

/// The moments at which frames are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moments {
    /// The source's stream time at which the title begins, nanoseconds.
    pub(crate) origin_ns: u64,
    /// Length of the title in nanoseconds.
    pub(crate) duration_ns: u64,
    /// How many moments, evenly spread.
    pub(crate) count: usize,
    /// Tiles of the storyboard.
    pub(crate) tiles: usize,
    /// What each tile stands for, nanoseconds; the last may stand for less.
    pub(crate) interval_ns: u64,
    /// Whether to decode everything in a row instead of searching.
    pub(crate) in_a_row: bool,
}

impl Moments {
    pub(crate) fn of(media: &Media, plan: &Plan) -> Self {
        let duration_ns = plan.timeline.tick_ns(plan.duration_ticks).max(1);
        let interval_ns = MIN_INTERVAL_NS.max(duration_ns.div_ceil(MAX_TILES));
        let tiles = duration_ns.div_ceil(interval_ns);
        Self {
            origin_ns: plan.timeline.origin_ns,
            duration_ns,
            count: tiles.max(MIN_MOMENTS) as usize,
            tiles: tiles as usize,
            interval_ns,
            in_a_row: in_a_row(media, duration_ns),
        }
    }

    /// A moment, in nanoseconds from the title's beginning: the middle of its share.
    pub(crate) fn offset_ns(&self, moment: usize) -> u64 {
        let (moment, count) = (moment as u128, self.count as u128);
        (u128::from(self.duration_ns) * (2 * moment + 1) / (2 * count)) as u64
    }

    /// The moment nearest to the middle of a tile.
    pub(crate) fn of_tile(&self, tile: usize) -> usize {
        let start = tile as u64 * self.interval_ns;
        let end = (start + self.interval_ns).min(self.duration_ns);
        let middle = u128::from(start + (end - start) / 2);
        let moment = middle * self.count as u128 / u128::from(self.duration_ns);
        (moment as usize).min(self.count - 1)
    }
}

fn in_a_row(media: &Media, duration_ns: u64) -> bool {
    let video = &media.video;
    // Without an index none are known; they are found all the same.
    let key_frames = video.key_frames.count;
    if !media.seekable || (1..TOO_FEW_KEY_FRAMES).contains(&key_frames) {
        return true;
    }
    let rate = u128::from(video.frame_rate.num);
    let frames = u128::from(duration_ns) * rate
        / (u128::from(NS_PER_S) * u128::from(video.frame_rate.den.max(1)));
    let pixels = frames * u128::from(video.coded_width) * u128::from(video.coded_height);
    key_frames < ENOUGH_KEY_FRAMES && pixels <= u128::from(MAX_PIXELS_IN_A_ROW)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(duration_s: u64) -> Moments {
        let duration_ns = duration_s * NS_PER_S;
        let interval_ns = MIN_INTERVAL_NS.max(duration_ns.div_ceil(MAX_TILES));
        let tiles = duration_ns.div_ceil(interval_ns);
        Moments {
            origin_ns: 0,
            duration_ns,
            count: tiles.max(MIN_MOMENTS) as usize,
            tiles: tiles as usize,
            interval_ns,
            in_a_row: false,
        }
    }

    #[test]
    fn ten_hours_are_looked_at_no_more_often_than_four_minutes() {
        assert_eq!((moments(240).tiles, moments(240).count), (100, 100));
        assert_eq!((moments(36_000).tiles, moments(36_000).count), (100, 100));
        assert_eq!((moments(3).tiles, moments(3).count), (2, 20));
    }

    #[test]
    fn each_tile_has_a_moment_within_its_time() {
        for duration_s in [1, 3, 39, 41, 240, 5_000] {
            let moments = moments(duration_s);
            for tile in 0..moments.tiles {
                let at = moments.offset_ns(moments.of_tile(tile));
                let start = tile as u64 * moments.interval_ns;
                let slack = moments.duration_ns / moments.count as u64;
                assert!(at + slack >= start && at <= start + moments.interval_ns + slack);
            }
        }
    }
}
