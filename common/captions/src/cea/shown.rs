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
        if self.lines_since < end && !text.is_empty() && self.bytes <= MOST_BYTES {
            self.bytes += text.len();
            self.texts.push((self.lines_since, end, text));
        }
    }

    /// Everything that was seen.
    pub(super) fn finish(self) -> Result<Vec<Text>, CaptionError> {
        match self.bytes > MOST_BYTES {
            true => Err(CaptionError::TooMuch { most: MOST_BYTES }),
            false => Ok(self.texts),
        }
    }
}
