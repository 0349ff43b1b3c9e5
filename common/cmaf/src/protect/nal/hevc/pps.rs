//! The parts of an HEVC picture parameter set that slice headers depend on (7.3.2.3).

use super::super::rbsp::Rbsp;
use super::sps::skip_scaling_lists;
use crate::CmafError;

const WHAT: &str = "HEVC picture parameter set";

/// A picture parameter set.
#[derive(Clone, Default)]
pub(super) struct Pps {
    pub(super) sps_id: u32,
    pub(super) dependent_slices: bool,
    pub(super) output_flag: bool,
    pub(super) extra_header_bits: u32,
    pub(super) cabac_init: bool,
    /// num_ref_idx_l0_default_active and l1.
    pub(super) default_refs: [u32; 2],
    pub(super) slice_chroma_qp_offsets: bool,
    pub(super) weighted_pred: bool,
    pub(super) weighted_bipred: bool,
    /// Whether slices list entry points: tiles, or wavefronts.
    pub(super) entry_points: bool,
    pub(super) loop_filter_across_slices: bool,
    pub(super) deblocking_override: bool,
    pub(super) deblocking_disabled: bool,
    pub(super) lists_modification: bool,
    pub(super) header_extension: bool,
    pub(super) chroma_qp_offset_list: bool,
}

impl Pps {
    /// Reads what follows the NAL unit header; gives the set's id too.
    pub(super) fn read(payload: &[u8]) -> Result<(u32, Self), CmafError> {
        let mut bits = Rbsp::new(payload, WHAT);
        let mut pps = Self::default();
        let id = bits.ue_up_to(63)?;
        pps.sps_id = bits.ue_up_to(15)?;
        pps.dependent_slices = bits.bit()?;
        pps.output_flag = bits.bit()?;
        pps.extra_header_bits = bits.bits(3)?;
        bits.skip(1)?;
        pps.cabac_init = bits.bit()?;
        pps.default_refs = [bits.ue_up_to(14)? + 1, bits.ue_up_to(14)? + 1];
        bits.skip_se()?;
        bits.skip(1)?;
        let transform_skip = bits.bit()?;
        if bits.bit()? {
            bits.ue()?;
        }
        bits.skip_ses(2)?;
        pps.slice_chroma_qp_offsets = bits.bit()?;
        pps.weighted_pred = bits.bit()?;
        pps.weighted_bipred = bits.bit()?;
        bits.skip(1)?;
        pps.read_partition(&mut bits)?;
        pps.loop_filter_across_slices = bits.bit()?;
        pps.read_deblocking(&mut bits)?;
        if bits.bit()? {
            skip_scaling_lists(&mut bits)?;
        }
        pps.lists_modification = bits.bit()?;
        bits.ue()?;
        pps.header_extension = bits.bit()?;
        pps.read_extensions(&mut bits, transform_skip)?;
        Ok((id, pps))
    }

    fn read_partition(&mut self, bits: &mut Rbsp<'_>) -> Result<(), CmafError> {
        let tiles = bits.bit()?;
        let wavefronts = bits.bit()?;
        self.entry_points = tiles || wavefronts;
        if !tiles {
            return Ok(());
        }
        // A.4.1: at most 20 columns and 22 rows.
        let inner_borders = bits.ue_up_to(19)? + bits.ue_up_to(21)?;
        if !bits.bit()? {
            for _ in 0..inner_borders {
                bits.ue()?;
            }
        }
        bits.skip(1)
    }

    fn read_deblocking(&mut self, bits: &mut Rbsp<'_>) -> Result<(), CmafError> {
        if !bits.bit()? {
            return Ok(());
        }
        self.deblocking_override = bits.bit()?;
        self.deblocking_disabled = bits.bit()?;
        bits.skip_ses(if self.deblocking_disabled { 0 } else { 2 })
    }

    fn read_extensions(
        &mut self,
        bits: &mut Rbsp<'_>,
        transform_skip: bool,
    ) -> Result<(), CmafError> {
        if !bits.bit()? {
            return Ok(());
        }
        let range = bits.bit()?;
        // Multi-layer, 3D, screen content, and four bits kept for later.
        if bits.bits(7)? != 0 {
            return Err(CmafError::Unsupported(
                "HEVC picture parameter set extension",
            ));
        }
        if range {
            if transform_skip {
                bits.ue()?;
            }
            bits.skip(1)?;
            self.chroma_qp_offset_list = bits.bit()?;
        }
        Ok(())
    }
}
