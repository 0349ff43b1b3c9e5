//! The samples of one `moof` that are to be ciphered, and how.

use std::ops::Range;

use super::cipher::Cipher;
use super::lanes;
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
            track.apply_all(offset, media);
        }
    }
}

impl TrackJob {
    /// Ciphers all samples in `media`, a copy of the segment's bytes from `offset`.
    pub(super) fn apply_all(&self, offset: usize, media: &mut [u8]) {
        match self.mode {
            Mode::Cenc => {
                for sample in &self.samples {
                    let range = sample.range.start.saturating_sub(offset)
                        ..sample.range.end.saturating_sub(offset);
                    let data = media.get_mut(range).unwrap_or_default();
                    let mut stream = self.cipher.key_stream(sample.iv);
                    for range in self.protected(sample, 0) {
                        stream.apply(data.get_mut(range).unwrap_or_default());
                    }
                }
            }
            // 10.4.1: a constant vector starts again in each subsample, and so does the pattern.
            Mode::Cbcs(pattern) => {
                let ranges = self.samples.iter().flat_map(|sample| {
                    let start = sample.range.start.saturating_sub(offset);
                    let ranges = self.protected(sample, start);
                    ranges.map(move |range| (range, sample.iv))
                });
                match self.direction {
                    Direction::Encrypt => lanes::encrypt(&self.cipher, pattern, ranges, media),
                    Direction::Decrypt => {
                        for (range, iv) in ranges {
                            let range = media.get_mut(range).unwrap_or_default();
                            self.cipher.cbcs_decrypt(&iv, pattern, range);
                        }
                    }
                }
            }
        }
    }

    /// The protected ranges of a sample that begins at `start`.
    ///
    /// Whoever made the job has checked that the subsamples fill the sample.
    fn protected<'a>(
        &'a self,
        sample: &SampleJob,
        start: usize,
    ) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let subsamples = self.subsamples.get(sample.subsamples.clone());
        let subsamples = subsamples.unwrap_or_default();
        let whole = subsamples
            .is_empty()
            .then_some(start..start + sample.range.len());
        let mut at = start;
        let parts = subsamples.iter().map(move |subsample| {
            let begin = at + usize::from(subsample.clear);
            let len = usize::try_from(subsample.protected).unwrap_or(usize::MAX);
            at = begin.saturating_add(len);
            begin..at
        });
        whole.into_iter().chain(parts)
    }
}
