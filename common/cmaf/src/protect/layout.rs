//! Which bytes of a codec's samples are protected.

use std::ops::Range;

use super::av1::Av1Reader;
use super::nal::NalReader;
use super::samples::Mode;
use super::subsample::{Alignment, SampleMap};
use super::vp9::Vp9Reader;
use crate::CmafError;
use crate::boxes::senc::Subsample;
use crate::init::read::Track;

/// How to find what is protected in a track's samples, which are read in decode order.
#[derive(Clone)]
pub(super) enum Layout {
    /// All: sound.
    Whole,
    /// The data of H.264 and HEVC slices.
    Slices(Box<NalReader>),
    /// AV1 tiles.
    Tiles(Box<Av1Reader>),
    /// VP9 frames after their uncompressed headers.
    Frames(Vp9Reader),
}

impl Layout {
    /// That of a clear track.
    pub(super) fn of(track: &Track<'_>) -> Result<Self, CmafError> {
        let config = |kind: &[u8; 4], name| {
            let found = track
                .entry
                .clone()
                .find(kind)?
                .ok_or(CmafError::Missing(name))?;
            Ok::<_, CmafError>(found.payload)
        };
        match &track.format.0 {
            b"mp4a" | b"Opus" | b"fLaC" | b"ac-3" | b"ec-3" => Ok(Self::Whole),
            b"avc1" | b"avc3" => Ok(Self::Slices(Box::new(NalReader::avc(config(
                b"avcC", "avcC",
            )?)?))),
            b"hvc1" | b"hev1" => Ok(Self::Slices(Box::new(NalReader::hevc(config(
                b"hvcC", "hvcC",
            )?)?))),
            b"av01" => Ok(Self::Tiles(Box::new(Av1Reader::new(config(
                b"av1C", "av1C",
            )?)?))),
            b"vp09" => Ok(Self::Frames(Vp9Reader::default())),
            _ => Err(CmafError::Unsupported("encryption of this codec")),
        }
    }

    /// Appends the ranges of `sample` to `subsamples`: gives their place there, which is empty
    /// where the sample is protected whole.
    pub(super) fn map(
        &mut self,
        sample: &[u8],
        mode: Mode,
        subsamples: &mut Vec<Subsample>,
    ) -> Result<Range<usize>, CmafError> {
        let mut map = SampleMap::new(subsamples, self.alignment(mode));
        match self {
            Self::Whole => return Ok(0..0),
            Self::Slices(reader) => reader.map(sample, &mut map)?,
            Self::Tiles(reader) => reader.map(sample, &mut map)?,
            Self::Frames(reader) => reader.map(sample, &mut map)?,
        }
        Ok(map.finish())
    }

    fn alignment(&self, mode: Mode) -> Alignment {
        match (self, mode) {
            // Asked for in both schemes by the bindings of AV1 and VP9 to ISO BMFF.
            (Self::Tiles(_) | Self::Frames(_), _) | (_, Mode::Cenc) => Alignment::Blocks,
            (Self::Whole | Self::Slices(_), Mode::Cbcs(_)) => Alignment::Exact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boxes::tenc::Pattern;

    const TILES: &str = include_str!("../../tests/golden/tiles.txt");

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        digits
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn layout(codec: &str, config: &str) -> Layout {
        match codec {
            "av1" => Layout::Tiles(Box::new(Av1Reader::new(&bytes(config)).unwrap())),
            _ => Layout::Frames(Vp9Reader::default()),
        }
    }

    /// A sample with its clear bytes, and nothing in place of the protected ones.
    fn sample(line: &str) -> (Vec<u8>, Vec<(usize, u32)>) {
        let (mut data, mut ranges) = (Vec::new(), Vec::new());
        for range in line.split(',') {
            let (clear, protected) = range.split_once('+').unwrap();
            let protected: u32 = protected.parse().unwrap();
            data.extend(bytes(clear));
            data.resize(data.len() + protected as usize, 0);
            ranges.push((clear.len() / 2, protected));
        }
        (data, ranges)
    }

    fn map_all(mode: Mode) -> usize {
        let mut reader = None;
        let mut samples = 0;
        for line in TILES.lines() {
            let words: Vec<_> = line.split(' ').collect();
            match words.as_slice() {
                ["config", codec, config] => reader = Some(layout(codec, config)),
                ["sample", ranges] => {
                    let (data, expected) = sample(ranges);
                    let mut found = Vec::new();
                    reader
                        .as_mut()
                        .unwrap()
                        .map(&data, mode, &mut found)
                        .unwrap();
                    let found: Vec<_> = found
                        .iter()
                        .map(|range| (usize::from(range.clear), range.protected))
                        .collect();
                    assert_eq!(found, expected, "sample {samples}");
                    samples += 1;
                }
                _ => {}
            }
        }
        samples
    }

    #[test]
    fn tiles_and_frames_begin_where_an_independent_packager_says() {
        assert_eq!(map_all(Mode::Cenc), 246);
    }

    #[test]
    fn patterns_are_laid_on_whole_blocks_too() {
        let pattern = Pattern { crypt: 1, skip: 9 };
        assert_eq!(map_all(Mode::Cbcs(pattern)), 246);
    }
}
