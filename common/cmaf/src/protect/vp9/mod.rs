//! Where coded data begins in VP9 samples.
//!
//! A sample is a frame, or a superframe of several (VP9 bitstream specification, annex B). Of each
//! frame the uncompressed header stays clear, and so does the index at a superframe's end: as the
//! binding of VP9 to ISO BMFF asks.

mod header;

use super::bits::Bits;
use super::subsample::SampleMap;
use crate::CmafError;
use header::{Header, References};

/// What headers met before say about those that follow.
#[derive(Clone, Default)]
pub(super) struct Vp9Reader {
    references: References,
}

/// The frames of a superframe, and the bytes of its index.
struct Index {
    sizes: Vec<usize>,
    bytes: usize,
}

impl Vp9Reader {
    /// Adds the clear and protected ranges of `sample` to `map`.
    pub(super) fn map(&mut self, sample: &[u8], map: &mut SampleMap<'_>) -> Result<(), CmafError> {
        const WHAT: &str = "VP9 superframe";
        let Some(index) = read_index(sample) else {
            return self.map_frame(sample, map);
        };
        let mut rest = sample;
        for size in index.sizes {
            let (frame, after) = rest
                .split_at_checked(size)
                .ok_or(CmafError::Truncated(WHAT))?;
            self.map_frame(frame, map)?;
            rest = after;
        }
        if rest.len() < index.bytes {
            return Err(CmafError::Truncated(WHAT));
        }
        map.clear(rest.len());
        Ok(())
    }

    fn map_frame(&mut self, frame: &[u8], map: &mut SampleMap<'_>) -> Result<(), CmafError> {
        if frame.is_empty() {
            return Ok(());
        }
        let mut bits = Bits::new(frame, "VP9 frame header");
        match header::read(&mut bits, &self.references)? {
            Header::ShowExisting => map.clear(frame.len()),
            Header::Frame { refresh, size } => {
                self.references.update(refresh, size);
                map.slice(bits.bytes(), frame.len() - bits.bytes());
            }
        }
        Ok(())
    }
}

// Annex B.
fn read_index(sample: &[u8]) -> Option<Index> {
    let marker = *sample.last()?;
    if marker >> 5 != 0b110 {
        return None;
    }
    let frames = usize::from(marker & 7) + 1;
    let size_bytes = usize::from((marker >> 3) & 3) + 1;
    let bytes = 2 + frames * size_bytes;
    let index = sample.get(sample.len().checked_sub(bytes)?..)?;
    let (first, sizes) = index.split_first()?;
    let size = |bytes: &[u8]| {
        let digits = bytes.iter().rev();
        digits.fold(0, |sum, byte| (sum << 8) | usize::from(*byte))
    };
    let sizes = sizes.chunks_exact(size_bytes).take(frames).map(size);
    (*first == marker).then(|| Index {
        sizes: sizes.collect(),
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_a_superframe_is_read() {
        let sample = [9, 9, 9, 7, 0xc9, 3, 0, 1, 0, 0xc9];
        let index = read_index(&sample).unwrap();
        assert_eq!((index.sizes, index.bytes), (vec![3, 1], 6));
    }

    #[test]
    fn a_frame_that_ends_like_an_index_is_none() {
        assert!(read_index(&[1, 2, 3, 4, 5, 6, 7, 0xc9]).is_none());
        assert!(read_index(&[0xc9]).is_none());
        assert!(read_index(&[]).is_none());
    }

    #[test]
    fn a_superframe_shorter_than_its_frames_is_an_error() {
        use crate::protect::subsample::Alignment;
        let mut ranges = Vec::new();
        let mut map = SampleMap::new(&mut ranges, Alignment::Exact);
        let outcome = Vp9Reader::default().map(&[0xc0, 200, 0xc0], &mut map);
        assert!(matches!(outcome, Err(CmafError::Truncated(_))));
    }
}
