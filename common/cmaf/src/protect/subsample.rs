//! Which bytes of a sample are protected.

use std::ops::Range;

use crate::boxes::senc::Subsample;

/// How protected ranges are laid on slice data (ISO/IEC 23001-7, 9.5.2 and 10).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alignment {
    /// `cbcs`: from the first byte after the slice header to the slice's end.
    Exact,
    /// `cenc`: a multiple of 16 bytes, with the odd ones left clear before it.
    Blocks,
}

/// Collects one sample's ranges at the end of a list that the samples of a fragment share.
pub(super) struct SampleMap<'a> {
    out: &'a mut Vec<Subsample>,
    first: usize,
    alignment: Alignment,
    /// Clear bytes not yet written.
    clear: usize,
}

impl<'a> SampleMap<'a> {
    pub(super) fn new(out: &'a mut Vec<Subsample>, alignment: Alignment) -> Self {
        let first = out.len();
        Self {
            out,
            first,
            alignment,
            clear: 0,
        }
    }

    /// Adds bytes that stay clear.
    pub(super) fn clear(&mut self, len: usize) {
        self.clear += len;
    }

    /// Adds a slice: `clear` bytes of headers, then `data` bytes.
    pub(super) fn slice(&mut self, clear: usize, data: usize) {
        let odd = match self.alignment {
            Alignment::Exact => 0,
            Alignment::Blocks => data % 16,
        };
        self.clear += clear + odd;
        let mut data = data - odd;
        // More than 32 bits can say is cut at a whole number of blocks.
        while data > 0 {
            let protected = u32::try_from(data).unwrap_or(!0xf);
            self.push(protected);
            data -= usize::try_from(protected).unwrap_or(data);
        }
    }

    /// Ends the sample: gives its place in the shared list.
    pub(super) fn finish(mut self) -> Range<usize> {
        if self.clear > 0 {
            self.push(0);
        }
        self.first..self.out.len()
    }

    fn push(&mut self, protected: u32) {
        let mut clear = self.clear;
        // BytesOfClearData has 16 bits: a longer run takes entries without protected bytes.
        while clear > usize::from(u16::MAX) {
            self.out.push(Subsample {
                clear: u16::MAX,
                protected: 0,
            });
            clear -= usize::from(u16::MAX);
        }
        let clear = u16::try_from(clear).unwrap_or(u16::MAX);
        self.out.push(Subsample { clear, protected });
        self.clear = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(alignment: Alignment, fill: impl FnOnce(&mut SampleMap<'_>)) -> Vec<(u16, u32)> {
        let mut out = Vec::new();
        let mut map = SampleMap::new(&mut out, alignment);
        fill(&mut map);
        map.finish();
        out.iter()
            .map(|range| (range.clear, range.protected))
            .collect()
    }

    #[test]
    fn clear_units_are_joined_with_the_next_slice() {
        let ranges = mapped(Alignment::Exact, |map| {
            map.clear(30);
            map.slice(12, 100);
            map.slice(9, 5);
            map.clear(4);
        });
        assert_eq!(ranges, [(42, 100), (9, 5), (4, 0)]);
    }

    #[test]
    fn odd_bytes_stay_clear_before_whole_blocks() {
        let ranges = mapped(Alignment::Blocks, |map| {
            map.slice(12, 100);
            map.slice(9, 5);
        });
        assert_eq!(ranges, [(16, 96), (14, 0)]);
    }

    #[test]
    fn a_long_clear_run_takes_several_entries() {
        let ranges = mapped(Alignment::Exact, |map| {
            map.clear(140_000);
            map.slice(1, 16);
        });
        assert_eq!(ranges, [(65535, 0), (65535, 0), (8931, 16)]);
    }
}
