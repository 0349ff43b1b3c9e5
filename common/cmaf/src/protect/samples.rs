//! The samples of one `moof` that are to be ciphered, and how.

use std::ops::Range;

use super::cipher::Cipher;
use super::segment::{Job, cover};
use crate::boxes::senc::Subsample;
use crate::boxes::tenc::Pattern;

/// To or from ciphertext.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Encrypt,
    Decrypt,
}

/// A mode of Common Encryption.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// AES-CTR (ISO/IEC 23001-7, 10.1).
    Cenc,
    /// AES-CBC in a pattern (10.4).
    Cbcs(Pattern),
}

/// One sample to cipher.
pub(super) struct SampleJob {
    /// Its bytes in the segment.
    pub(super) range: Range<usize>,
    pub(super) iv: [u8; 16],
    /// Its part of the list of subsamples; empty where the whole sample is protected.
    pub(super) subsamples: Range<usize>,
}

/// The samples of one track.
pub(super) struct TrackJob {
    pub(super) cipher: Cipher,
    pub(super) mode: Mode,
    pub(super) direction: Direction,
    pub(super) samples: Vec<SampleJob>,
    pub(super) subsamples: Vec<Subsample>,
}

/// The tracks of one `moof`.
pub(super) struct FragmentJob(pub(super) Vec<TrackJob>);

impl Job for FragmentJob {
    fn range(&self) -> Range<usize> {
        let samples = self.0.iter().flat_map(|track| &track.samples);
        cover(samples.map(|sample| sample.range.clone()))
    }

    fn apply(&self, offset: usize, media: &mut [u8]) {
        for track in &self.0 {
            for sample in &track.samples {
                let range = sample.range.start.saturating_sub(offset)
                    ..sample.range.end.saturating_sub(offset);
                track.apply(sample, media.get_mut(range).unwrap_or_default());
            }
        }
    }
}

impl TrackJob {
    fn apply(&self, sample: &SampleJob, data: &mut [u8]) {
        let subsamples = self
            .subsamples
            .get(sample.subsamples.clone())
            .unwrap_or_default();
        match self.mode {
            Mode::Cenc => {
                let mut stream = self.cipher.key_stream(sample.iv);
                for_each_protected(subsamples, data, |range| stream.apply(range));
            }
            // 10.4.1: a constant vector starts again in each subsample, and so does the pattern.
            Mode::Cbcs(pattern) => {
                for_each_protected(subsamples, data, |range| match self.direction {
                    Direction::Encrypt => self.cipher.cbcs_encrypt(&sample.iv, pattern, range),
                    Direction::Decrypt => self.cipher.cbcs_decrypt(&sample.iv, pattern, range),
                })
            }
        }
    }
}

fn for_each_protected(subsamples: &[Subsample], data: &mut [u8], mut apply: impl FnMut(&mut [u8])) {
    if subsamples.is_empty() {
        return apply(data);
    }
    let mut at = 0;
    for subsample in subsamples {
        at += usize::from(subsample.clear);
        let len = usize::try_from(subsample.protected).unwrap_or(usize::MAX);
        // Whoever made the job has checked that the subsamples fill the sample.
        apply(data.get_mut(at..at.saturating_add(len)).unwrap_or_default());
        at = at.saturating_add(len);
    }
}
