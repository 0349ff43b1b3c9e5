//! Where slice data begins in H.264 and HEVC samples.
//!
//! Common Encryption leaves NAL unit headers and slice headers in the clear (ISO/IEC 23001-7, 9.5),
//! so that a slice header has to be read to its last bit, for which it takes the parameter sets.

mod avc;
mod hevc;
mod rbsp;

use super::subsample::SampleMap;
use crate::CmafError;
use crate::boxes::Cursor;

/// A codec's parameter sets: from the sample entry, and those met in samples since.
#[derive(Clone)]
pub(super) enum ParameterSets {
    Avc(avc::ParameterSets),
    Hevc(hevc::ParameterSets),
}

/// What a NAL unit is to encryption.
enum Role {
    /// Left in the clear.
    Clear,
    /// Its first `clear` bytes are left in the clear.
    Slice { clear: usize },
}

impl ParameterSets {
    fn visit(&mut self, nal: &[u8]) -> Result<Role, CmafError> {
        match self {
            Self::Avc(sets) => sets.visit(nal),
            Self::Hevc(sets) => sets.visit(nal),
        }
    }
}

/// How to find the slices of a track's samples.
#[derive(Clone)]
pub(super) struct NalReader {
    length_size: usize,
    sets: ParameterSets,
}

impl NalReader {
    /// Reads the content of an `avcC` box (ISO/IEC 14496-15, 5.3.3.1).
    pub(super) fn avc(config: &[u8]) -> Result<Self, CmafError> {
        let mut cursor = Cursor::new(config, "avcC");
        let head: [u8; 5] = cursor.array()?;
        let mut sets = avc::ParameterSets::default();
        let sps_count = cursor.u8()? & 0x1f;
        for _ in 0..sps_count {
            sets.visit(length_prefixed(&mut cursor)?)?;
        }
        let pps_count = cursor.u8()?;
        for _ in 0..pps_count {
            sets.visit(length_prefixed(&mut cursor)?)?;
        }
        Ok(Self {
            length_size: usize::from(head[4] & 3) + 1,
            sets: ParameterSets::Avc(sets),
        })
    }

    /// Reads the content of an `hvcC` box (ISO/IEC 14496-15, 8.3.3.1).
    pub(super) fn hevc(config: &[u8]) -> Result<Self, CmafError> {
        let mut cursor = Cursor::new(config, "hvcC");
        let head: [u8; 22] = cursor.array()?;
        let mut sets = hevc::ParameterSets::default();
        let arrays = cursor.u8()?;
        for _ in 0..arrays {
            cursor.u8()?;
            let count = cursor.u16()?;
            for _ in 0..count {
                sets.visit(length_prefixed(&mut cursor)?)?;
            }
        }
        Ok(Self {
            length_size: usize::from(head[21] & 3) + 1,
            sets: ParameterSets::Hevc(sets),
        })
    }

    /// Adds the clear and protected ranges of `sample` to `map`.
    pub(super) fn map(&mut self, sample: &[u8], map: &mut SampleMap<'_>) -> Result<(), CmafError> {
        let mut cursor = Cursor::new(sample, "NAL unit");
        while !cursor.rest().is_empty() {
            let length = cursor.take(self.length_size)?;
            let length = length
                .iter()
                .fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
            let nal = cursor.take(length)?;
            match self.sets.visit(nal)? {
                Role::Clear => map.clear(self.length_size + length),
                Role::Slice { clear } => map.slice(self.length_size + clear, length - clear),
            }
        }
        Ok(())
    }
}

fn length_prefixed<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], CmafError> {
    let length = cursor.u16()?;
    cursor.take(usize::from(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protect::subsample::Alignment;

    const SLICES: &str = include_str!("../../../tests/golden/slices.txt");

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        digits
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn slice_headers_end_where_an_independent_packager_says() {
        let mut reader = None;
        let mut slices = 0;
        for line in SLICES.lines() {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["config", "avc", config] => reader = Some(NalReader::avc(&bytes(config)).unwrap()),
                ["config", "hevc", config] => {
                    reader = Some(NalReader::hevc(&bytes(config)).unwrap());
                }
                ["slice", prefix, expected] => {
                    let role = reader.as_mut().unwrap().sets.visit(&bytes(prefix)).unwrap();
                    assert!(
                        matches!(role, Role::Slice { clear } if clear.to_string() == *expected),
                        "{line}"
                    );
                    slices += 1;
                }
                _ => {}
            }
        }
        assert_eq!(slices, 51);
    }

    #[test]
    fn units_of_a_sample_are_clear_up_to_slice_data() {
        let config = SLICES
            .lines()
            .find_map(|line| line.strip_prefix("config avc "))
            .unwrap();
        let mut reader = NalReader::avc(&bytes(config)).unwrap();
        let mut sample = vec![0, 0, 0, 2, 9, 0x10];
        let slice = bytes("658884001afffef7");
        sample.extend([0, 0, 0, 28]);
        sample.extend(&slice);
        sample.extend([0; 20]);
        let mut ranges = Vec::new();
        let mut map = SampleMap::new(&mut ranges, Alignment::Exact);
        reader.map(&sample, &mut map).unwrap();
        map.finish();
        assert_eq!(ranges.len(), 1);
        assert_eq!((ranges[0].clear, ranges[0].protected), (6 + 4 + 6, 22));
    }

    #[test]
    fn a_slice_without_its_parameter_sets_is_an_error() {
        let mut reader = NalReader::avc(&[1, 100, 0, 31, 0xff, 0xe0, 0]).unwrap();
        let mut ranges = Vec::new();
        let mut map = SampleMap::new(&mut ranges, Alignment::Exact);
        let sample = [0, 0, 0, 4, 0x65, 0x88, 0x84, 0];
        assert!(matches!(
            reader.map(&sample, &mut map),
            Err(CmafError::Missing(_))
        ));
    }

    #[test]
    fn a_unit_longer_than_its_sample_is_an_error() {
        let mut reader = NalReader::avc(&[1, 100, 0, 31, 0xff, 0xe0, 0]).unwrap();
        let mut ranges = Vec::new();
        let mut map = SampleMap::new(&mut ranges, Alignment::Exact);
        assert!(matches!(
            reader.map(&[0, 0, 0, 9, 9], &mut map),
            Err(CmafError::Truncated(_))
        ));
    }
}
