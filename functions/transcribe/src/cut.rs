//! Where one part ends and the next begins: in the longest silence around the mark.
//!
//! Both neighbours decide it for themselves, from the same stretch of sound decoded in the same way,
//! so that they agree without a word to each other.

use std::sync::Arc;

use reeldrop_events::SpeechPlan;
use reeldrop_media::{MediaError, ReadAt};

use crate::{
    Error,
    sound::{ns, read},
    voice::{Voice, WINDOW},
};

/// How far from the mark silence is looked for, nanoseconds.
const REACH_NS: u64 = 15_000_000_000;

/// Below this probability nobody speaks.
const SILENT: f32 = 0.35;

/// The stream times between which a part truly lies.
pub(crate) fn range_ns(
    speech: &SpeechPlan,
    part: u32,
    reader: &Arc<dyn ReadAt>,
    voice: &mut Voice,
) -> Result<(u64, u64), Error> {
    let (from_ns, to_ns) = speech.range_ns(part);
    let begins = match part {
        0 => from_ns,
        _ => cut_ns(speech, from_ns, reader, voice)?,
    };
    let ends = match part + 1 >= speech.parts {
        true => to_ns,
        false => cut_ns(speech, to_ns, reader, voice)?,
    };
    Ok((begins, ends.max(begins)))
}

/// The cut near a mark.
fn cut_ns(
    speech: &SpeechPlan,
    mark_ns: u64,
    reader: &Arc<dyn ReadAt>,
    voice: &mut Voice,
) -> Result<u64, Error> {
    let reach = REACH_NS.min(speech.part_ns / 3);
    let from_ns = mark_ns.saturating_sub(reach).max(speech.start_ns);
    let to_ns = mark_ns.saturating_add(reach).min(speech.end_ns);
    match read(reader, speech.track, (from_ns, to_ns)) {
        Ok(samples) => {
            let probabilities = voice.probabilities(&samples)?;
            Ok(from_ns + ns(quietest(&probabilities) * WINDOW))
        }
        // Where nothing can be heard, any cut is as good.
        Err(MediaError::Damaged(_)) => Ok(mark_ns),
        Err(error) => Err(error.into()),
    }
}

/// The middle of the longest silence, else the window in which speech is least likely.
fn quietest(probabilities: &[f32]) -> usize {
    let mut longest = 0..0;
    let mut begin = 0;
    for (at, probability) in probabilities.iter().enumerate() {
        if *probability >= SILENT {
            begin = at + 1;
        } else if at + 1 - begin > longest.len() {
            longest = begin..at + 1;
        }
    }
    if !longest.is_empty() {
        return longest.start + longest.len() / 2;
    }
    let least = |a: &(usize, &f32), b: &(usize, &f32)| a.1.total_cmp(b.1);
    let windows = probabilities.iter().enumerate();
    windows.min_by(least).map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_longest_silence_is_the_cut() {
        assert_eq!(quietest(&[0.9, 0.1, 0.9, 0.1, 0.1, 0.1, 0.9, 0.2, 0.2]), 4);
        assert_eq!(quietest(&[0.9, 0.6, 0.4, 0.5]), 2);
        assert_eq!(quietest(&[]), 0);
    }
}
