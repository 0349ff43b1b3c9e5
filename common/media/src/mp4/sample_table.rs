//! `stbl`: where the samples of a track are and when they are shown (ISO/IEC 14496-12, 8.5 to 8.7).

use super::boxes::{find, i32_at, u32_at, u64_at};
use super::samples::Sample;

/// Most samples that are looked at: 24 hours at 60 per second, and then some.
pub(super) const MOST_SAMPLES: usize = 6_000_000;

/// The tables as they are in the file, big-endian.
#[derive(Debug, Default)]
pub(super) struct SampleTable {
    stts: Vec<u8>,
    ctts: Vec<u8>,
    stsz: Vec<u8>,
    stsc: Vec<u8>,
    stco: Vec<u8>,
    co64: Vec<u8>,
    stss: Option<Vec<u8>>,
}

impl SampleTable {
    pub(super) fn parse(stbl: &[u8]) -> Self {
        let table = |kind: &[u8; 4]| find(stbl, kind).map(<[u8]>::to_vec);
        Self {
            stts: table(b"stts").unwrap_or_default(),
            ctts: table(b"ctts").unwrap_or_default(),
            stsz: table(b"stsz").unwrap_or_default(),
            stsc: table(b"stsc").unwrap_or_default(),
            stco: table(b"stco").unwrap_or_default(),
            co64: table(b"co64").unwrap_or_default(),
            stss: table(b"stss"),
        }
    }

    /// The samples in decoding order, as far as all tables describe them.
    pub(super) fn samples(&self) -> Vec<Sample> {
        let count = u32_at(&self.stsz, 8).unwrap_or(0) as usize;
        let mut durations = runs(&self.stts, 8).flat_map(|(n, entry)| repeat(n, u32_at(entry, 4)));
        let mut offsets =
            runs(&self.ctts, 8).flat_map(|(n, entry)| std::iter::repeat_n(i32_at(entry, 4), n));
        let mut places = self.places();
        let mut decode_time = 0_i64;
        let mut samples = Vec::new();
        for _ in 0..count.min(MOST_SAMPLES) {
            let (Some(duration), Some((offset, bytes))) = (durations.next(), places.next()) else {
                break;
            };
            let shift = offsets.next().flatten().unwrap_or(0);
            samples.push(Sample {
                time: decode_time + i64::from(shift),
                duration,
                offset,
                bytes,
                key: self.stss.is_none(),
            });
            decode_time += i64::from(duration);
        }
        self.mark_key_samples(&mut samples);
        samples
    }

    fn mark_key_samples(&self, samples: &mut [Sample]) {
        let Some(stss) = &self.stss else { return };
        for entry in stss.get(8..).unwrap_or_default().chunks_exact(4) {
            let number = u32_at(entry, 0).unwrap_or(0) as usize;
            if let Some(sample) = number
                .checked_sub(1)
                .and_then(|index| samples.get_mut(index))
            {
                sample.key = true;
            }
        }
    }

    /// Offset and size of each sample in turn.
    fn places(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        let (mut chunk, mut left, mut offset, mut index) = (0_usize, 0_u32, 0_u64, 0_usize);
        let mut per_chunk = 0;
        let mut entry = 0_usize;
        std::iter::from_fn(move || {
            while left == 0 {
                while u32_at(&self.stsc, 8 + entry * 12)
                    .is_some_and(|first| first as usize == chunk + 1)
                {
                    per_chunk = u32_at(&self.stsc, 12 + entry * 12)?;
                    entry += 1;
                }
                offset = self.chunk_offset(chunk)?;
                left = per_chunk;
                chunk += 1;
            }
            let bytes = self.sample_bytes(index)?;
            let place = (offset, bytes);
            offset = offset.saturating_add(u64::from(bytes));
            index += 1;
            left -= 1;
            Some(place)
        })
    }

    fn chunk_offset(&self, chunk: usize) -> Option<u64> {
        let short = u32_at(&self.stco, chunk.checked_mul(4)?.checked_add(8)?).map(u64::from);
        short.or_else(|| u64_at(&self.co64, chunk.checked_mul(8)?.checked_add(8)?))
    }

    fn sample_bytes(&self, index: usize) -> Option<u32> {
        match u32_at(&self.stsz, 4)? {
            0 => u32_at(&self.stsz, index.checked_mul(4)?.checked_add(12)?),
            same => Some(same),
        }
    }
}

/// The entries of a run-length table behind its version and count, each with its run.
fn runs(table: &[u8], step: usize) -> impl Iterator<Item = (usize, &[u8])> {
    table
        .get(8..)
        .unwrap_or_default()
        .chunks_exact(step)
        .map(|entry| {
            (
                (u32_at(entry, 0).unwrap_or(0) as usize).min(MOST_SAMPLES),
                entry,
            )
        })
}

fn repeat(n: usize, value: Option<u32>) -> impl Iterator<Item = u32> {
    std::iter::repeat_n(value.unwrap_or(0), n)
}
