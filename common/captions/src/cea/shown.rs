//! What is seen, as captions with their times.

use super::Text;
use crate::CaptionError;

/// A receiver that hears nothing more takes a caption off after so long (CTA-608-E), milliseconds.
const LONGEST_MS: u64 = 16_000;

/// Lines that begin within so short a time are read together, milliseconds.
const TOGETHER_MS: u64 = 300;

/// Lines of one caption, at most.
const MOST_LINES: usize = 4;

/// Text of one channel, at most, bytes: ten hours of the fastest speech have less.
const MOST_BYTES: usize = 1 << 20;

/// Captions of one screen or window, at most: ten hours with one every second have less.
const MOST_TEXTS: usize = 50_000;

/// What of one screen or window is seen, and was.
#[derive(Default)]
pub(super) struct Shown {
    /// When what is on the canvas began to be seen.
    since: Option<u64>,
    /// Lines that are complete, and seen until the next one begins.
    lines: Vec<String>,
    /// When the first of these began to be seen.
    lines_since: u64,
    texts: Vec<Text>,
    bytes: usize,
}

impl Shown {
    /// There is something on the canvas that is seen.
    pub(super) fn appears(&mut self, now: u64) {
        if self.since.is_some() {
            return;
        }
        let together = now < self.lines_since + TOGETHER_MS && self.lines.len() < MOST_LINES;
        if self.lines.is_empty() || !together {
            self.all_go(now);
            self.lines_since = now;
        }
        self.since = Some(self.lines_since);
    }

    /// What is on the canvas is complete, and makes room for a new line.
    pub(super) fn rolls(&mut self, text: String) {
        if self.since.take().is_some() && !text.is_empty() {
            self.lines.push(text);
        }
    }

    /// Nothing is seen any more, the canvas' text included.
    pub(super) fn goes(&mut self, now: u64, text: String) {
        self.rolls(text);
        self.all_go(now);
    }

    fn all_go(&mut self, now: u64) {
        let text = std::mem::take(&mut self.lines).join("\n");
        let end = now.min(self.lines_since + LONGEST_MS);
        let fits = self.bytes <= MOST_BYTES && self.texts.len() <= MOST_TEXTS;
        if self.lines_since < end && !text.is_empty() && fits {
            self.bytes += text.len();
            self.texts.push((self.lines_since, end, text));
        }
    }

    /// Everything that was seen.
    pub(super) fn finish(self) -> Result<Vec<Text>, CaptionError> {
        if self.texts.len() > MOST_TEXTS {
            return Err(CaptionError::TooMany { most: MOST_TEXTS });
        }
        match self.bytes > MOST_BYTES {
            true => Err(CaptionError::TooMuch { most: MOST_BYTES }),
            false => Ok(self.texts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_without_end_are_refused_however_short_they_are() {
        let mut shown = Shown::default();
        for now in 0..2 * MOST_TEXTS as u64 {
            shown.appears(1_000 * now);
            shown.goes(1_000 * now + 500, "a".to_owned());
        }
        assert_eq!(shown.texts.len(), MOST_TEXTS + 1);
        assert!(shown.finish().is_err());
    }
}
