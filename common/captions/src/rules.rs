//! What a broadcaster accepts.

/// The rules that captions are made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Characters of a line, at most.
    pub columns: usize,
    /// Milliseconds that a caption is shown, at least.
    pub min_ms: u64,
    /// Milliseconds that a caption is shown, at most.
    pub max_ms: u64,
    /// Characters that a viewer reads in a second, at most; a line's end counts as one.
    pub characters_per_s: u64,
    /// Milliseconds between two captions, at least.
    pub gap_ms: u64,
}

/// Lines of a caption, at most.
pub(crate) const LINES: usize = 2;

/// Frame rates below this are none that a picture has.
const SLOWEST: u64 = 5;

impl Rules {
    /// The rules for a picture of `num / den` frames a second: captions are two frames apart.
    #[must_use]
    pub fn new(columns: usize, (num, den): (u32, u32)) -> Self {
        let (num, den) = (u64::from(num), u64::from(den));
        let gap_ms = match num >= SLOWEST * den && den > 0 {
            true => (2_000 * den).div_ceil(num),
            false => 2_000 / SLOWEST,
        };
        Self {
            columns: columns.max(8),
            // 5/6 s, rounded up.
            min_ms: 834,
            max_ms: 7_000,
            characters_per_s: 20,
            gap_ms,
        }
    }

    /// How long a caption of so many characters must be shown, milliseconds.
    pub(crate) fn reading_ms(&self, characters: usize) -> u64 {
        let reading = (characters as u64 * 1_000).div_ceil(self.characters_per_s);
        reading.clamp(self.min_ms, self.max_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_two_frames_apart() {
        let gap = |num, den| Rules::new(42, (num, den)).gap_ms;
        assert_eq!(
            [gap(25, 1), gap(24_000, 1_001), gap(60, 1), gap(0, 0)],
            [80, 84, 34, 400]
        );
    }
}
