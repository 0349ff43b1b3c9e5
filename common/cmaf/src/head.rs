//! What stands before the samples of a fragment: `moof`, and the start of its `mdat`.
//!
//! For writers that have the samples' bytes elsewhere, and never copy them together.

use crate::CmafError;
use crate::boxes::{boxed, full_boxed};
use crate::fragment::{FragmentHeader, MAX_SAMPLES, NON_SYNC_FLAGS, SYNC_FLAGS};

/// A sample without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleInfo {
    /// Bytes.
    pub size: u32,
    /// Ticks until the next sample's decode time.
    pub duration: u32,
    /// Presentation time minus decode time, ticks.
    pub composition_offset: i32,
    /// Whether decoding can start here.
    pub sync: bool,
}

impl SampleInfo {
    fn flags(&self) -> u32 {
        if self.sync {
            SYNC_FLAGS
        } else {
            NON_SYNC_FLAGS
        }
    }
}

/// Bytes of all samples.
#[must_use]
pub fn media_bytes(samples: &[SampleInfo]) -> u64 {
    samples.iter().map(|sample| u64::from(sample.size)).sum()
}

/// Appends the `styp` box of a segment.
pub fn write_segment_type(out: &mut Vec<u8>) {
    // ISO/IEC 23000-19, 7.3.3.1: `cmfs` says that this is a CMAF segment; DASH wants `msdh`.
    boxed(out, b"styp", |out| {
        out.extend_from_slice(b"msdh\0\0\0\0msdhcmfs")
    });
}

/// Appends the `moof` of clear samples of track `track_id` and the header of its `mdat`.
///
/// # Errors
/// [`CmafError::Missing`] without samples, [`CmafError::TooLarge`] over [`MAX_SAMPLES`] or 4 GiB.
pub fn write_clear(
    header: &FragmentHeader,
    track_id: u32,
    samples: &[SampleInfo],
    out: &mut Vec<u8>,
) -> Result<(), CmafError> {
    write(header, (track_id, None), samples, &[], out, |_, _| Ok(()))
}

/// As [`write_clear`]; the track's id goes with the number of a sample entry other than the usual
/// one. `more` writes boxes at the end of the `traf`, and is told where the `moof` begins in what it
/// writes to; `after` are the boxes after it.
pub(crate) fn write(
    header: &FragmentHeader,
    track: (u32, Option<u32>),
    samples: &[SampleInfo],
    after: &[u8],
    out: &mut Vec<u8>,
    more: impl FnOnce(&mut Vec<u8>, usize) -> Result<(), CmafError>,
) -> Result<(), CmafError> {
    let run = Run::of(samples)?;
    let mdat_size =
        u32::try_from(media_bytes(samples) + 8).map_err(|_| CmafError::TooLarge("mdat"))?;
    let moof_start = out.len();
    let mut data_offset_at = 0;
    let mut outcome = Ok(());
    boxed(out, b"moof", |out| {
        full_boxed(out, b"mfhd", 0, 0, |out| {
            out.extend(header.sequence.to_be_bytes())
        });
        boxed(out, b"traf", |out| {
            run.write_tfhd(track, out);
            full_boxed(out, b"tfdt", 1, 0, |out| {
                out.extend(header.base_decode_time.to_be_bytes())
            });
            data_offset_at = run.write_trun(samples, out);
            outcome = more(out, moof_start);
        });
        out.extend_from_slice(after);
    });
    outcome?;
    let data_offset = i32::try_from(out.len() - moof_start + 8);
    let data_offset = data_offset.map_err(|_| CmafError::TooLarge("moof"))?;
    if let Some(field) = out.get_mut(data_offset_at..data_offset_at + 4) {
        field.copy_from_slice(&data_offset.to_be_bytes());
    }
    out.extend(mdat_size.to_be_bytes());
    out.extend_from_slice(b"mdat");
    Ok(())
}

/// What all samples share goes to `tfhd`, what differs to `trun`.
struct Run {
    duration: Option<u32>,
    size: Option<u32>,
    /// Flags of all but the first.
    flags: Option<u32>,
    first_flags: Option<u32>,
    composition: bool,
}

// ISO/IEC 14496-12, 8.8.7.1.
const TFHD_ENTRY: u32 = 0x02;
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

/// What `of` gives for every item, where that is the same for all.
fn uniform<T: PartialEq>(samples: &[SampleInfo], of: impl Fn(&SampleInfo) -> T) -> Option<T> {
    let mut values = samples.iter().map(of);
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

impl Run {
    fn of(samples: &[SampleInfo]) -> Result<Self, CmafError> {
        let [first, others @ ..] = samples else {
            return Err(CmafError::Missing("samples"));
        };
        if samples.len() > MAX_SAMPLES {
            return Err(CmafError::TooLarge("fragment"));
        }
        let flags = if others.is_empty() {
            Some(first.flags())
        } else {
            uniform(others, SampleInfo::flags)
        };
        Ok(Self {
            duration: uniform(samples, |sample| sample.duration),
            size: uniform(samples, |sample| sample.size),
            flags,
            first_flags: flags.and((flags != Some(first.flags())).then_some(first.flags())),
            composition: samples.iter().any(|sample| sample.composition_offset != 0),
        })
    }

    fn write_tfhd(&self, (track_id, entry): (u32, Option<u32>), out: &mut Vec<u8>) {
        let fields = [entry, self.duration, self.size, self.flags];
        let bits = [TFHD_ENTRY, TFHD_DURATION, TFHD_SIZE, TFHD_FLAGS];
        let present = fields.iter().zip(bits).filter(|(field, _)| field.is_some());
        let flags = present.fold(TFHD_BASE_IS_MOOF, |flags, (_, bit)| flags | bit);
        full_boxed(out, b"tfhd", 0, flags, |out| {
            out.extend(track_id.to_be_bytes());
            out.extend(fields.into_iter().flatten().flat_map(u32::to_be_bytes));
        });
    }

    /// Returns where the data offset stands, to be filled in once the moof's size is known.
    fn write_trun(&self, samples: &[SampleInfo], out: &mut Vec<u8>) -> usize {
        let flags = TRUN_DATA_OFFSET
            | self.first_flags.map_or(0, |_| TRUN_FIRST_FLAGS)
            | self.duration.map_or(TRUN_DURATION, |_| 0)
            | self.size.map_or(TRUN_SIZE, |_| 0)
            | self.flags.map_or(TRUN_FLAGS, |_| 0)
            | if self.composition {
                TRUN_COMPOSITION
            } else {
                0
            };
        // Bounded by MAX_SAMPLES.
        let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        let mut data_offset_at = 0;
        full_boxed(out, b"trun", 1, flags, |out| {
            out.extend(count.to_be_bytes());
            data_offset_at = out.len();
            out.extend([0; 4]);
            out.extend(self.first_flags.into_iter().flat_map(u32::to_be_bytes));
            for sample in samples {
                self.write_sample(sample, out);
            }
        });
        data_offset_at
    }

    fn write_sample(&self, sample: &SampleInfo, out: &mut Vec<u8>) {
        if self.duration.is_none() {
            out.extend(sample.duration.to_be_bytes());
        }
        if self.size.is_none() {
            out.extend(sample.size.to_be_bytes());
        }
        if self.flags.is_none() {
            out.extend(sample.flags().to_be_bytes());
        }
        if self.composition {
            out.extend(sample.composition_offset.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moof::{self, Defaults};

    #[test]
    fn every_form_of_samples_is_read_back() {
        let forms: [&[(u32, u32, bool, i32)]; 5] = [
            &[(3, 10, true, 0)],
            &[(3, 10, true, 0), (3, 10, true, 0)],
            &[(3, 10, true, 5), (4, 10, false, -5), (4, 10, false, 0)],
            &[(3, 10, true, 0), (4, 11, false, 0), (9, 1, true, 0)],
            &[(0, 10, false, 0), (0, 9, false, 0)],
        ];
        for form in forms {
            let samples = form
                .iter()
                .map(|(size, duration, sync, offset)| SampleInfo {
                    size: *size,
                    duration: *duration,
                    composition_offset: *offset,
                    sync: *sync,
                });
            let samples: Vec<SampleInfo> = samples.collect();
            let header = FragmentHeader {
                sequence: 4,
                base_decode_time: 1 << 40,
            };
            let mut head = Vec::new();
            write_clear(&header, 7, &samples, &mut head).unwrap();
            let first = crate::boxes::iter(&head).next().unwrap().unwrap();
            let read = moof::read(&first, |_| Defaults::default()).unwrap();
            assert_eq!(read.len(), 1, "{form:?}");
            assert_eq!((read[0].track_id, read[0].base_decode_time), (7, 1 << 40));
            let infos: Vec<SampleInfo> = read[0].samples.iter().map(|sample| sample.info).collect();
            assert_eq!(infos, samples);
            assert_eq!(read[0].samples[0].offset, head.len() as u64, "{form:?}");
        }
    }

    #[test]
    fn a_fragment_without_samples_is_an_error() {
        let header = FragmentHeader {
            sequence: 1,
            base_decode_time: 0,
        };
        let outcome = write_clear(&header, 1, &[], &mut Vec::new());
        assert_eq!(outcome, Err(CmafError::Missing("samples")));
    }
}
