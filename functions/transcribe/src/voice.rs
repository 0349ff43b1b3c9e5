//! Where somebody speaks (Silero voice activity detection).

use std::{ops::Range, path::Path};

use whisper_rs::{WhisperVadContext, WhisperVadContextParams};

use crate::{Error, sound::RATE_HZ};

/// Samples that one probability is about.
pub(crate) const WINDOW: usize = 512;

/// Speech begins at this probability, and ends below the other.
const BEGINS: f32 = 0.5;
const ENDS: f32 = 0.35;

const fn windows(ms: u64) -> usize {
    (ms * RATE_HZ / 1_000) as usize / WINDOW
}

/// Speech that is shorter is a click, and a pause that is shorter lies inside a word.
const SHORTEST_SPEECH: usize = windows(160);
const SHORTEST_PAUSE: usize = windows(256);

/// What is heard around speech, so that soft beginnings and ends are not lost.
const PAD: usize = windows(192);

/// The model that tells speech from everything else.
pub(crate) struct Voice(WhisperVadContext);

impl Voice {
    pub(crate) fn open(model: &Path) -> Result<Self, Error> {
        let unreadable = || Error::Model(model.display().to_string());
        let mut parameters = WhisperVadContextParams::new();
        // Each window is so little work that threads would only wait for each other.
        parameters.set_n_threads(1);
        let path = model.to_str().ok_or_else(unreadable)?;
        let context = WhisperVadContext::new(path, parameters).map_err(|_| unreadable())?;
        Ok(Self(context))
    }

    /// How likely somebody speaks, for each window of `samples`.
    pub(crate) fn probabilities(&mut self, samples: &[f32]) -> Result<Vec<f32>, Error> {
        if samples.is_empty() {
            return Ok(Vec::new());
        }
        let detected = self.0.detect_speech(samples);
        detected.map_err(|error| Error::Listen(error.to_string()))?;
        Ok(self.0.probabilities().to_vec())
    }
}

/// Where speech is, in samples, each with a little around it.
pub(crate) fn speech(probabilities: &[f32], samples: usize) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut begin = None;
    let mut quiet = 0;
    for (at, probability) in probabilities
        .iter()
        .chain(&[0.0; SHORTEST_PAUSE])
        .enumerate()
    {
        match begin {
            None if *probability >= BEGINS => (begin, quiet) = (Some(at), 0),
            None => {}
            Some(_) if *probability >= ENDS => quiet = 0,
            Some(from) => {
                quiet += 1;
                if quiet >= SHORTEST_PAUSE {
                    let end = at + 1 - quiet;
                    if end - from >= SHORTEST_SPEECH {
                        spans.push(from..end);
                    }
                    begin = None;
                }
            }
        }
    }
    pad(&spans, samples)
}

/// Widens spans without letting them run into each other.
fn pad(spans: &[Range<usize>], samples: usize) -> Vec<Range<usize>> {
    let widened = |at: usize| {
        let span = &spans[at];
        let before = at.checked_sub(1).map_or(0, |before| spans[before].end);
        let after = spans.get(at + 1).map_or(usize::MAX, |after| after.start);
        let start = span.start - PAD.min((span.start - before) / 2);
        let end = span.end + PAD.min((after - span.end) / 2);
        start * WINDOW..(end * WINDOW).min(samples)
    };
    (0..spans.len())
        .map(widened)
        .filter(|span| !span.is_empty())
        .collect()
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "lists of ranges, some of one"
)]
mod tests {
    use super::*;

    fn spans(pattern: &[(usize, f32)]) -> Vec<Range<usize>> {
        let probabilities: Vec<f32> = pattern
            .iter()
            .flat_map(|(count, probability)| vec![*probability; *count])
            .collect();
        let found = speech(&probabilities, probabilities.len() * WINDOW);
        found
            .into_iter()
            .map(|span| span.start / WINDOW..span.end / WINDOW)
            .collect()
    }

    #[test]
    fn speech_is_found_with_a_little_around_it() {
        assert_eq!(spans(&[(50, 0.1), (30, 0.9), (50, 0.1)]), [44..86]);
        assert_eq!(spans(&[(30, 0.9)]), [0..30]);
        assert!(spans(&[(99, 0.2)]).is_empty());
    }

    #[test]
    fn a_click_is_no_speech_and_a_breath_no_pause() {
        assert!(spans(&[(50, 0.1), (4, 0.9), (50, 0.1)]).is_empty());
        assert_eq!(spans(&[(20, 0.9), (7, 0.1), (20, 0.9)]), [0..47]);
        assert_eq!(spans(&[(20, 0.9), (10, 0.1), (20, 0.9)]), [0..25, 25..50]);
    }
}
