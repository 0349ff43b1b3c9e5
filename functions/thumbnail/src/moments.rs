//! Which moments of a title are looked at: a bounded number, whatever its length.

const NS_PER_S: u64 = 1_000_000_000;
const NS_PER_MS: u64 = 1_000_000;

/// Tiles of a storyboard, at most.
pub(crate) const MAX_TILES: u64 = 100;

/// The time between two tiles, at least.
const MIN_INTERVAL_NS: u64 = 2 * NS_PER_S;

/// Moments that even a short title is looked at: from fewer no good poster can be picked.
const MIN_MOMENTS: u64 = 20;

/// The moments at which frames are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moments {
    /// Length of what is looked at, nanoseconds.
    pub(crate) duration_ns: u64,
    /// How many moments, evenly spread.
    pub(crate) count: usize,
    /// Tiles of the storyboard.
    pub(crate) tiles: usize,
    /// What each tile stands for, nanoseconds, in whole milliseconds as manifests say it; the last
    /// may stand for less.
    pub(crate) interval_ns: u64,
}

impl Moments {
    /// Spreads moments over `duration_ns` from the title's beginning.
    pub(crate) fn of(duration_ns: u64) -> Self {
        let duration_ns = duration_ns.max(1);
        let share = duration_ns.div_ceil(MAX_TILES).div_ceil(NS_PER_MS) * NS_PER_MS;
        let interval_ns = MIN_INTERVAL_NS.max(share);
        let tiles = duration_ns.div_ceil(interval_ns);
        Self {
            duration_ns,
            count: tiles.max(MIN_MOMENTS) as usize,
            tiles: tiles as usize,
            interval_ns,
        }
    }

    /// [`Self::interval_ns`] in milliseconds.
    pub(crate) fn interval_ms(&self) -> u64 {
        self.interval_ns / NS_PER_MS
    }

    /// The moments in nanoseconds from the title's beginning, ascending.
    pub(crate) fn offsets_ns(&self) -> impl Iterator<Item = u64> {
        (0..self.count).map(|moment| self.offset_ns(moment))
    }

    /// A moment, in nanoseconds from the title's beginning: the middle of its share.
    fn offset_ns(&self, moment: usize) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(duration_s: u64) -> Moments {
        Moments::of(duration_s * NS_PER_S)
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
