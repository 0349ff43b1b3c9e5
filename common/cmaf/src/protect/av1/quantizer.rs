//! Quantiser and segmentation parameters (5.9.12 to 5.9.18): all that decides losslessness.

use super::sequence::Sequence;
use super::syntax::su;
use crate::CmafError;
use crate::protect::bits::Bits;

const MAX_SEGMENTS: usize = 8;

/// Whether segmentation is on, and the quantiser offset of each segment that has one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Segmentation {
    enabled: bool,
    alt_q: [Option<i32>; MAX_SEGMENTS],
}

/// quantization_params() as far as others depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantization {
    base_q_idx: u32,
    /// Whether all differences from the base are 0.
    no_deltas: bool,
}

impl Quantization {
    pub(super) fn read(bits: &mut Bits<'_>, sequence: &Sequence) -> Result<Self, CmafError> {
        let base_q_idx = bits.bits(8)?;
        let mut no_deltas = read_delta(bits)? == 0;
        let separate = sequence.color.separate_uv_delta_q;
        if sequence.planes() > 1 {
            let differ = separate && bits.bit()?;
            for _ in 0..if differ { 4 } else { 2 } {
                no_deltas &= read_delta(bits)? == 0;
            }
        }
        // using_qmatrix: qm_y, qm_u and, where the planes differ, qm_v.
        bits.skip_optional(if separate { 12 } else { 8 })?;
        Ok(Self {
            base_q_idx,
            no_deltas,
        })
    }

    /// CodedLossless of 5.9.2.
    pub(super) fn lossless(&self, segmentation: &Segmentation) -> bool {
        let index = |offset: &Option<i32>| {
            let offset = offset.filter(|_| segmentation.enabled).unwrap_or(0);
            i64::from(self.base_q_idx) + i64::from(offset)
        };
        self.no_deltas && segmentation.alt_q.iter().all(|offset| index(offset) <= 0)
    }

    /// delta_q_params() and delta_lf_params().
    pub(super) fn skip_deltas(
        &self,
        bits: &mut Bits<'_>,
        allow_intrabc: bool,
    ) -> Result<(), CmafError> {
        if self.base_q_idx == 0 || !bits.bit()? {
            return Ok(());
        }
        bits.skip(2)?;
        if allow_intrabc {
            return Ok(());
        }
        bits.skip_optional(3)
    }
}

// read_delta_q().
fn read_delta(bits: &mut Bits<'_>) -> Result<i32, CmafError> {
    if bits.bit()? { su(bits, 7) } else { Ok(0) }
}

impl Segmentation {
    /// `previous` is that of the primary reference frame, where there is one.
    pub(super) fn read(bits: &mut Bits<'_>, previous: Option<&Self>) -> Result<Self, CmafError> {
        if !bits.bit()? {
            return Ok(Self::default());
        }
        let update_data = match previous {
            None => true,
            Some(_) => {
                // segmentation_update_map and, with it, segmentation_temporal_update.
                bits.skip_optional(1)?;
                bits.bit()?
            }
        };
        let mut segmentation = Self {
            enabled: true,
            alt_q: previous.map(|previous| previous.alt_q).unwrap_or_default(),
        };
        if update_data {
            for alt_q in &mut segmentation.alt_q {
                *alt_q = read_features(bits)?;
            }
        }
        Ok(segmentation)
    }
}

/// Reads the features of one segment: gives that of the quantiser.
fn read_features(bits: &mut Bits<'_>) -> Result<Option<i32>, CmafError> {
    // Segmentation_Feature_Bits, with a sign in the first five.
    const OTHERS: [usize; 7] = [7, 7, 7, 7, 3, 0, 0];
    let alt_q = if bits.bit()? {
        Some(su(bits, 9)?.clamp(-255, 255))
    } else {
        None
    };
    for count in OTHERS {
        bits.skip_optional(count)?;
    }
    Ok(alt_q)
}
