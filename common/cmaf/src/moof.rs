//! Reading a `moof`: its tracks' samples, and where they lie (ISO/IEC 14496-12, 8.8).

use crate::CmafError;
use crate::boxes::BoxRef;
pub use crate::boxes::tfhd::Defaults;
use crate::boxes::tfhd::{Tfhd, read_tfdt};
use crate::boxes::trun::Trun;
use crate::fragment::MAX_SAMPLES;
use crate::head::SampleInfo;

/// Flag of a sample that is no sync sample (8.8.3.1).
const NON_SYNC: u32 = 0x01_0000;

/// One sample of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentSample {
    /// What is known of it.
    pub info: SampleInfo,
    /// Where it begins, counted from the `moof`'s first byte.
    pub offset: u64,
}

/// One `traf`.
#[derive(Clone)]
pub struct TrackFragment<'a> {
    /// Id of the track.
    pub track_id: u32,
    /// Decode time of the first sample, ticks.
    pub base_decode_time: u64,
    /// Number of their sample entry, from 1.
    pub sample_description: u32,
    /// Its samples, in decode order; never more than [`MAX_SAMPLES`].
    pub samples: Vec<FragmentSample>,
    pub(crate) traf: BoxRef<'a>,
}

/// Reads the track fragments of `moof`; `defaults` gives those of a track's `trex`.
///
/// # Errors
/// [`CmafError`] where the boxes are broken, or place samples otherwise than from the `moof` on, which
/// is no part of CMAF (ISO/IEC 23000-19, 7.5.16).
pub fn read<'a>(
    moof: &BoxRef<'a>,
    defaults: impl Fn(u32) -> Defaults,
) -> Result<Vec<TrackFragment<'a>>, CmafError> {
    let mut fragments: Vec<TrackFragment<'a>> = Vec::new();
    let mut left = MAX_SAMPLES;
    for found in moof.children() {
        let traf = found?;
        if traf.kind == b"traf" {
            let fragment = read_traf(traf, fragments.is_empty(), left, &defaults)?;
            left -= fragment.samples.len();
            fragments.push(fragment);
        }
    }
    Ok(fragments)
}

fn read_traf<'a>(
    traf: BoxRef<'a>,
    first: bool,
    most: usize,
    defaults: &impl Fn(u32) -> Defaults,
) -> Result<TrackFragment<'a>, CmafError> {
    let tfhd = traf
        .children()
        .find(b"tfhd")?
        .ok_or(CmafError::Missing("tfhd"))?;
    let tfhd = Tfhd::read(&tfhd)?;
    // 8.8.7.1: without a flag, only the first fragment's data offsets count from the `moof`.
    if tfhd.base_data_offset.is_some() || !(tfhd.base_is_moof || first) {
        return Err(CmafError::Unsupported(
            "track fragment whose data offsets are not of its moof",
        ));
    }
    let base_decode_time = match traf.children().find(b"tfdt")? {
        Some(tfdt) => read_tfdt(&tfdt)?,
        None => return Err(CmafError::Missing("tfdt")),
    };
    let mut runs = Runs {
        defaults: tfhd.defaults(defaults(tfhd.track_id)),
        position: 0,
        most,
        samples: Vec::new(),
    };
    for found in traf.children() {
        let found = found?;
        if found.kind == b"trun" {
            runs.add(&found)?;
        }
    }
    Ok(TrackFragment {
        track_id: tfhd.track_id,
        sample_description: runs.defaults.sample_description,
        base_decode_time,
        samples: runs.samples,
        traf,
    })
}

/// Adds up runs.
struct Runs {
    defaults: Defaults,
    position: u64,
    most: usize,
    samples: Vec<FragmentSample>,
}

impl Runs {
    fn add(&mut self, trun: &BoxRef<'_>) -> Result<(), CmafError> {
        let mut run = Trun::read(trun)?;
        if let Some(offset) = run.data_offset {
            self.position = u64::try_from(offset).map_err(|_| CmafError::Invalid("data offset"))?;
        }
        let count = usize::try_from(run.sample_count).unwrap_or(usize::MAX);
        // A count costs nothing to claim where all samples have default sizes.
        if count > self.most - self.samples.len() {
            return Err(CmafError::TooLarge("number of samples"));
        }
        for _ in 0..count {
            let sample = run.next(self.defaults)?;
            self.samples.push(FragmentSample {
                info: SampleInfo {
                    size: sample.size,
                    duration: sample.duration,
                    composition_offset: run.composition_offset(),
                    sync: sample.flags & NON_SYNC == 0,
                },
                offset: self.position,
            });
            // At most 2^31 and MAX_SAMPLES times 2^32.
            self.position += u64::from(sample.size);
        }
        Ok(())
    }
}
