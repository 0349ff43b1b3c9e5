//! CMAF fragments: `styp`, one `moof` and its `mdat` (ISO/IEC 23000-19, 7.3.2).

use bytes::Bytes;

use crate::CmafError;
use crate::head::{self, SampleInfo};
use crate::init::TRACK_ID;

/// Flags of a sync sample (ISO/IEC 14496-12, 8.8.3.1): depends on no other.
pub const SYNC_FLAGS: u32 = 0x0200_0000;

/// Flags of any other sample: depends on others, and is no sync sample.
pub const NON_SYNC_FLAGS: u32 = 0x0101_0000;

/// The most samples of one fragment: twenty minutes of AAC, so that a `moof` stays under 1 MiB.
pub const MAX_SAMPLES: usize = 1 << 16;

/// Fragments of a segment that have numbers of their own: more key frames than that share some.
const FRAGMENTS_OF_A_SEGMENT: u32 = 1 << 12;

/// One coded picture or audio frame.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The coded bytes: length-prefixed NAL units, OBUs without temporal delimiters, raw AAC.
    pub data: Bytes,
    /// Ticks until the next sample's decode time.
    pub duration: u32,
    /// Presentation time minus decode time, ticks.
    pub composition_offset: i32,
    /// Whether decoding can start here.
    pub sync: bool,
}

impl Sample {
    fn info(&self) -> Result<SampleInfo, CmafError> {
        let size = u32::try_from(self.data.len());
        Ok(SampleInfo {
            size: size.map_err(|_| CmafError::TooLarge("sample"))?,
            duration: self.duration,
            composition_offset: self.composition_offset,
            sync: self.sync,
        })
    }
}

/// Where a fragment stands in its track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentHeader {
    /// Number of the fragment in the track, from 1.
    pub sequence: u32,
    /// Decode time of the first sample, ticks.
    pub base_decode_time: u64,
}

/// Appends one segment of `samples` to `out`; each sample's bytes are copied once.
///
/// # Errors
/// [`CmafError::Missing`] without samples, [`CmafError::TooLarge`] over [`MAX_SAMPLES`] or 4 GiB.
/// Nothing is written then.
pub fn write(
    header: &FragmentHeader,
    samples: &[Sample],
    out: &mut Vec<u8>,
) -> Result<(), CmafError> {
    all_or_nothing(out, |out| {
        head::write_segment_type(out);
        append(header, samples, out)
    })
}

/// Appends one segment of pictures: as [`write()`], but each key frame stands in a `moof` and `mdat`
/// of its own (a CMAF chunk: ISO/IEC 23000-19, 7.3.2.3), so that its bytes decode alone.
///
/// `header.sequence` counts segments here, and fragments get numbers that grow from there.
///
/// # Errors
/// As [`write()`], of any of the fragments. Nothing is written then.
pub fn write_pictures(
    header: &FragmentHeader,
    samples: &[Sample],
    out: &mut Vec<u8>,
) -> Result<(), CmafError> {
    if samples.is_empty() {
        return Err(CmafError::Missing("samples"));
    }
    all_or_nothing(out, |out| {
        head::write_segment_type(out);
        let mut base_decode_time = header.base_decode_time;
        let mut sequence = header.sequence.wrapping_mul(FRAGMENTS_OF_A_SEGMENT);
        // A key frame ends a fragment, and so does what comes before one.
        for samples in samples.chunk_by(|sample, next| !sample.sync && !next.sync) {
            let header = FragmentHeader {
                sequence,
                base_decode_time,
            };
            append(&header, samples, out)?;
            sequence = sequence.wrapping_add(1);
            let durations = samples.iter().map(|sample| u64::from(sample.duration));
            base_decode_time += durations.sum::<u64>();
        }
        Ok(())
    })
}

/// Appends what `write` writes, or nothing where it fails.
fn all_or_nothing(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), CmafError>,
) -> Result<(), CmafError> {
    let start = out.len();
    let written = write(out);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// Appends `moof` and `mdat`; each sample's bytes are copied once.
fn append(header: &FragmentHeader, samples: &[Sample], out: &mut Vec<u8>) -> Result<(), CmafError> {
    let infos: Vec<SampleInfo> = samples.iter().map(Sample::info).collect::<Result<_, _>>()?;
    let bytes: usize = samples.iter().map(|sample| sample.data.len()).sum();
    out.reserve(bytes + 160 + samples.len() * 16);
    head::write_clear(header, TRACK_ID, &infos, out)?;
    for sample in samples {
        out.extend_from_slice(&sample.data);
    }
    Ok(())
}
