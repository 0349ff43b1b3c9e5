//! Speech in blocks that the model hears at once.
//!
//! A block depends on nothing but the speech and the pauses around it, so that a title that is heard
//! in parts gives the same blocks as one that is heard whole, wherever a part ends in a pause.

use std::ops::Range;

use crate::sound::RATE_HZ;

/// The model hears thirty seconds; a little is left for what it writes at the end.
const MOST: usize = 28 * RATE_HZ as usize;

/// A pause that always ends a block, samples.
const PAUSE: usize = 2 * RATE_HZ as usize;

/// Speech that is heard at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The stretches of speech in it, samples.
    pub(crate) speech: Vec<Range<usize>>,
}

impl Block {
    pub(crate) fn range(&self) -> Range<usize> {
        let start = self.speech.first().map_or(0, |span| span.start);
        start..self.speech.last().map_or(start, |span| span.end)
    }
}

/// Puts speech into blocks.
pub(crate) fn blocks(speech: &[Range<usize>]) -> Vec<Block> {
    let short: Vec<Range<usize>> = speech.iter().flat_map(divide).collect();
    let near = |a: &Range<usize>, b: &Range<usize>| b.start < a.end + PAUSE;
    let mut blocks = Vec::new();
    for run in short.chunk_by(near) {
        split(run, &mut blocks);
    }
    blocks
}

/// Divides a run that is too long at its longest pause, and what comes of it again.
fn split(run: &[Range<usize>], blocks: &mut Vec<Block>) {
    let mut waiting = vec![run];
    while let Some(run) = waiting.pop() {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        if last.end - first.start <= MOST || run.len() == 1 {
            blocks.push(Block {
                speech: run.to_vec(),
            });
            continue;
        }
        // Of pauses that are alike, the one nearest to the middle.
        let middle = (first.start + last.end) / 2;
        let pause = |at: &usize| {
            let (before, after) = (&run[at - 1], &run[*at]);
            let far = middle.abs_diff((before.end + after.start) / 2);
            (after.start - before.end, usize::MAX - far)
        };
        let at = (1..run.len()).max_by_key(pause).unwrap_or(1);
        waiting.push(&run[at..]);
        waiting.push(&run[..at]);
    }
}

/// Speech without a pause for longer than a block is cut into equal pieces.
fn divide(span: &Range<usize>) -> Vec<Range<usize>> {
    let pieces = span.len().div_ceil(MOST).max(1);
    let mark = |n: usize| span.start + span.len() * n / pieces;
    (0..pieces).map(|n| mark(n)..mark(n + 1)).collect()
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "lists of ranges, some of one"
)]
mod tests {
    use super::*;

    const S: usize = RATE_HZ as usize;

    fn found(speech: &[Range<usize>]) -> Vec<Range<usize>> {
        let speech: Vec<_> = speech
            .iter()
            .map(|span| span.start * S..span.end * S)
            .collect();
        let blocks = blocks(&speech);
        blocks
            .iter()
            .map(|block| block.range().start / S..block.range().end / S)
            .collect()
    }

    #[test]
    fn a_pause_ends_a_block_and_a_breath_does_not() {
        assert_eq!(found(&[1..4, 5..9, 11..12]), [1..9, 11..12]);
        assert!(found(&[]).is_empty());
    }

    #[test]
    fn what_is_too_long_is_divided_in_order() {
        assert_eq!(found(&[0..10, 11..20, 21..29, 30..41]), [0..20, 21..41]);
        assert_eq!(found(&[3..63]), [3..23, 23..43, 43..63]);
    }

    #[test]
    fn what_lies_behind_a_pause_does_not_change_a_block() {
        let whole = found(&[0..9, 10..19, 20..26, 40..52, 53..60, 61..70]);
        let mut parts = found(&[0..9, 10..19, 20..26]);
        parts.extend(found(&[40..52, 53..60, 61..70]));
        assert_eq!(whole, parts);
    }
}
