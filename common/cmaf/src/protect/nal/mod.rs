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
