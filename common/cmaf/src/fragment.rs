//! CMAF fragments: `styp`, one `moof` and its `mdat` (ISO/IEC 23000-19, 7.3.2).

use bytes::Bytes;

use crate::CmafError;
use crate::boxes::{boxed, full_boxed};
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
    fn flags(&self) -> u32 {
        if self.sync {
            SYNC_FLAGS
        } else {
            NON_SYNC_FLAGS
        }
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
    let run = Run::of(samples)?;
    write_type(out);
    run.write(header, samples, out);
    Ok(())
}

/// Appends one segment of pictures: as [`write`], but each key frame stands in a `moof` and `mdat`
/// of its own (a CMAF chunk: ISO/IEC 23000-19, 7.3.2.3), so that its bytes decode alone.
///
/// `header.sequence` counts segments here, and fragments get numbers that grow from there.
///
/// # Errors
/// As [`write`], of any of the fragments. Nothing is written then.
pub fn write_pictures(
    header: &FragmentHeader,
    samples: &[Sample],
    out: &mut Vec<u8>,
) -> Result<(), CmafError> {
    let mut fragments = Vec::new();
    let mut base_decode_time = header.base_decode_time;
    let mut sequence = header.sequence.wrapping_mul(FRAGMENTS_OF_A_SEGMENT);
    // A key frame ends a fragment, and so does what comes before one.
    for samples in samples.chunk_by(|sample, next| !sample.sync && !next.sync) {
        let header = FragmentHeader {
            sequence,
            base_decode_time,
        };
        fragments.push((header, samples, Run::of(samples)?));
        sequence = sequence.wrapping_add(1);
        base_decode_time += samples
            .iter()
            .map(|sample| u64::from(sample.duration))
            .sum::<u64>();
    }
    if fragments.is_empty() {
        return Err(CmafError::Missing("samples"));
    }
    write_type(out);
    for (header, samples, run) in &fragments {
        run.write(header, samples, out);
    }
    Ok(())
}

/// ISO/IEC 23000-19, 7.3.3.1: `cmfs` says that this is a CMAF segment; DASH wants `msdh`.
fn write_type(out: &mut Vec<u8>) {
    boxed(out, b"styp", |out| {
        out.extend_from_slice(b"msdh\0\0\0\0msdhcmfs")
    });
}

/// What all samples share goes to `tfhd`, what differs to `trun`: the shortest form.
struct Run {
    duration: Option<u32>,
    size: Option<u32>,
    flags: RunFlags,
    composition: bool,
    /// Size of the `mdat`, bytes.
    mdat_size: u32,
}

#[derive(Clone, Copy)]
enum RunFlags {
    /// All the same.
    Uniform(u32),
    /// The first differs from all others.
    First { first: u32, others: u32 },
    /// Each its own.
    Each,
}

// ISO/IEC 14496-12, 8.8.7.1.
const TFHD_DURATION: u32 = 0x08;
const TFHD_SIZE: u32 = 0x10;
const TFHD_FLAGS: u32 = 0x20;
const TFHD_BASE_IS_MOOF: u32 = 0x02_0000;
// ISO/IEC 14496-12, 8.8.8.1.
const TRUN_DATA_OFFSET: u32 = 0x001;
const TRUN_FIRST_FLAGS: u32 = 0x004;
const TRUN_DURATION: u32 = 0x100;
const TRUN_SIZE: u32 = 0x200;
const TRUN_FLAGS: u32 = 0x400;
const TRUN_COMPOSITION: u32 = 0x800;

impl Run {
    fn of(samples: &[Sample]) -> Result<Self, CmafError> {
        let [first, others @ ..] = samples else {
            return Err(CmafError::Missing("samples"));
        };
        if samples.len() > MAX_SAMPLES {
            return Err(CmafError::TooLarge("fragment"));
        }
        let size = sample_size(first)?;
        for sample in others {
            sample_size(sample)?;
        }
        let media_bytes: usize = samples.iter().map(|sample| sample.data.len()).sum();
        let mdat_size = u32::try_from(media_bytes + 8).map_err(|_| CmafError::TooLarge("mdat"))?;
        let same_duration = others
            .iter()
            .all(|sample| sample.duration == first.duration);
        let same_size = others
            .iter()
            .all(|sample| sample.data.len() == first.data.len());
        Ok(Self {
            duration: same_duration.then_some(first.duration),
            size: same_size.then_some(size),
            flags: RunFlags::of(first, others),
            composition: samples.iter().any(|sample| sample.composition_offset != 0),
            mdat_size,
        })
    }

    /// Appends `moof` and `mdat`; each sample's bytes are copied once.
    fn write(&self, header: &FragmentHeader, samples: &[Sample], out: &mut Vec<u8>) {
        out.reserve(self.mdat_size as usize + 160 + samples.len() * 16);
        let moof_start = out.len();
        let mut data_offset_at = 0;
        boxed(out, b"moof", |out| {
            full_boxed(out, b"mfhd", 0, 0, |out| {
                out.extend(header.sequence.to_be_bytes())
            });
            boxed(out, b"traf", |out| {
                self.write_tfhd(out);
                full_boxed(out, b"tfdt", 1, 0, |out| {
                    out.extend(header.base_decode_time.to_be_bytes())
                });
                data_offset_at = self.write_trun(samples, out);
            });
        });
        // From the moof's first byte to the mdat's content; bounded by MAX_SAMPLES.
        let data_offset = u32::try_from(out.len() - moof_start + 8).unwrap_or(u32::MAX);
        if let Some(field) = out.get_mut(data_offset_at..data_offset_at + 4) {
            field.copy_from_slice(&data_offset.to_be_bytes());
        }
        out.extend(self.mdat_size.to_be_bytes());
        out.extend_from_slice(b"mdat");
        for sample in samples {
            out.extend_from_slice(&sample.data);
        }
    }

    fn write_tfhd(&self, out: &mut Vec<u8>) {
        let flags = TFHD_BASE_IS_MOOF
            | self.duration.map_or(0, |_| TFHD_DURATION)
            | self.size.map_or(0, |_| TFHD_SIZE)
            | self.flags.default().map_or(0, |_| TFHD_FLAGS);
        full_boxed(out, b"tfhd", 0, flags, |out| {
            out.extend(TRACK_ID.to_be_bytes());
            for field in [self.duration, self.size, self.flags.default()]
                .into_iter()
                .flatten()
            {
                out.extend(field.to_be_bytes());
            }
        });
    }

    /// Returns where the data offset stands, to be filled in once the moof's size is known.
    fn write_trun(&self, samples: &[Sample], out: &mut Vec<u8>) -> usize {
        let flags = TRUN_DATA_OFFSET
            | self.flags.first().map_or(0, |_| TRUN_FIRST_FLAGS)
            | if self.duration.is_none() {
                TRUN_DURATION
            } else {
                0
            }
            | if self.size.is_none() { TRUN_SIZE } else { 0 }
            | if matches!(self.flags, RunFlags::Each) {
                TRUN_FLAGS
            } else {
                0
            }
            | if self.composition {
                TRUN_COMPOSITION
            } else {
                0
            };
        let mut data_offset_at = 0;
        full_boxed(out, b"trun", 1, flags, |out| {
            out.extend(
                u32::try_from(samples.len())
                    .unwrap_or(u32::MAX)
                    .to_be_bytes(),
            );
            data_offset_at = out.len();
            out.extend([0; 4]);
            out.extend(self.flags.first().into_iter().flat_map(u32::to_be_bytes));
            for sample in samples {
                self.write_sample(sample, out);
            }
        });
        data_offset_at
    }

    fn write_sample(&self, sample: &Sample, out: &mut Vec<u8>) {
        if self.duration.is_none() {
            out.extend(sample.duration.to_be_bytes());
        }
        if self.size.is_none() {
            out.extend(
                u32::try_from(sample.data.len())
                    .unwrap_or(u32::MAX)
                    .to_be_bytes(),
            );
        }
        if matches!(self.flags, RunFlags::Each) {
            out.extend(sample.flags().to_be_bytes());
        }
        if self.composition {
            out.extend(sample.composition_offset.to_be_bytes());
        }
    }
}

impl RunFlags {
    fn of(first: &Sample, others: &[Sample]) -> Self {
        let Some(second) = others.first() else {
            return Self::Uniform(first.flags());
        };
        if others.iter().any(|sample| sample.sync != second.sync) {
            return Self::Each;
        }
        if first.sync == second.sync {
            return Self::Uniform(first.flags());
        }
        Self::First {
            first: first.flags(),
            others: second.flags(),
        }
    }

    fn default(self) -> Option<u32> {
        match self {
            Self::Uniform(flags) | Self::First { others: flags, .. } => Some(flags),
            Self::Each => None,
        }
    }

    fn first(self) -> Option<u32> {
        match self {
            Self::First { first, .. } => Some(first),
            Self::Uniform(_) | Self::Each => None,
        }
    }
}

fn sample_size(sample: &Sample) -> Result<u32, CmafError> {
    u32::try_from(sample.data.len()).map_err(|_| CmafError::TooLarge("sample"))
}
