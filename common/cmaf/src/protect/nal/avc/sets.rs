//! The parts of H.264 parameter sets that slice headers depend on.

use super::super::rbsp::Rbsp;
use crate::CmafError;

/// How pictures say their output order (8.2.1).
#[derive(Clone, Copy)]
pub(super) enum PictureOrder {
    /// Type 0.
    Lsb { bits: u32 },
    /// Type 1; whether slices carry the two deltas.
    Delta { always_zero: bool },
    /// Type 2: nothing in the slice header.
    Implied,
}

/// A sequence parameter set (7.3.2.1.1).
#[derive(Clone)]
pub(super) struct Sps {
    pub(super) separate_colour_planes: bool,
    /// ChromaArrayType is 0: monochrome, or planes coded apart.
    pub(super) no_chroma: bool,
    pub(super) frame_num_bits: u32,
    pub(super) order: PictureOrder,
    pub(super) frame_mbs_only: bool,
}

/// A picture parameter set (7.3.2.2).
#[derive(Clone)]
pub(super) struct Pps {
    pub(super) sps_id: u32,
    pub(super) cabac: bool,
    pub(super) bottom_field_order: bool,
    /// num_ref_idx_l0_default_active and l1.
    pub(super) default_refs: [u32; 2],
    pub(super) weighted_pred: bool,
    pub(super) weighted_bipred: u32,
    pub(super) deblocking_control: bool,
    pub(super) redundant_pic_cnt: bool,
}

impl Sps {
    /// Reads what follows the NAL unit header; gives the set's id too.
    pub(super) fn read(payload: &[u8]) -> Result<(u32, Self), CmafError> {
        let mut bits = Rbsp::new(payload, "H.264 sequence parameter set");
        let profile = bits.bits(8)?;
        bits.skip(16)?;
        let id = bits.ue_up_to(31)?;
        let (chroma_format, separate_colour_planes) = read_chroma(&mut bits, profile)?;
        let frame_num_bits = bits.ue_up_to(12)? + 4;
        let order = read_order(&mut bits)?;
        bits.ue()?;
        bits.skip(1)?;
        bits.ue()?;
        bits.ue()?;
        let frame_mbs_only = bits.bit()?;
        let no_chroma = chroma_format == 0 || separate_colour_planes;
        Ok((
            id,
            Self {
                separate_colour_planes,
                no_chroma,
                frame_num_bits,
                order,
                frame_mbs_only,
            },
        ))
    }
}

fn read_chroma(bits: &mut Rbsp<'_>, profile: u32) -> Result<(u32, bool), CmafError> {
    if !matches!(
        profile,
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135
    ) {
        return Ok((1, false));
    }
    let chroma_format = bits.ue_up_to(3)?;
    let separate_colour_planes = chroma_format == 3 && bits.bit()?;
    bits.ue()?;
    bits.ue()?;
    bits.skip(1)?;
    if bits.bit()? {
        let lists = if chroma_format == 3 { 12 } else { 8 };
        for list in 0..lists {
            if bits.bit()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Ok((chroma_format, separate_colour_planes))
}

// 7.3.2.1.1.1.
fn skip_scaling_list(bits: &mut Rbsp<'_>, size: u32) -> Result<(), CmafError> {
    let mut last = 8;
    for _ in 0..size {
        let next = (last + bits.se()?).rem_euclid(256);
        if next == 0 {
            return Ok(());
        }
        last = next;
    }
    Ok(())
}

fn read_order(bits: &mut Rbsp<'_>) -> Result<PictureOrder, CmafError> {
    match bits.ue_up_to(2)? {
        0 => Ok(PictureOrder::Lsb {
            bits: bits.ue_up_to(12)? + 4,
        }),
        1 => {
            let always_zero = bits.bit()?;
            bits.skip_ses(2)?;
            let cycle = bits.ue_up_to(255)?;
            bits.skip_ses(cycle)?;
            Ok(PictureOrder::Delta { always_zero })
        }
        _ => Ok(PictureOrder::Implied),
    }
}

impl Pps {
    /// Reads what follows the NAL unit header; gives the set's id too.
    pub(super) fn read(payload: &[u8]) -> Result<(u32, Self), CmafError> {
        let mut bits = Rbsp::new(payload, "H.264 picture parameter set");
        let id = bits.ue_up_to(255)?;
        let sps_id = bits.ue_up_to(31)?;
        let cabac = bits.bit()?;
        let bottom_field_order = bits.bit()?;
        if bits.ue()? != 0 {
            return Err(CmafError::Unsupported("H.264 slice groups"));
        }
        let default_refs = [bits.ue_up_to(31)? + 1, bits.ue_up_to(31)? + 1];
        let weighted_pred = bits.bit()?;
        let weighted_bipred = bits.bits(2)?;
        bits.skip_ses(3)?;
        let deblocking_control = bits.bit()?;
        bits.skip(1)?;
        let redundant_pic_cnt = bits.bit()?;
        let pps = Self {
            sps_id,
            cabac,
            bottom_field_order,
            default_refs,
            weighted_pred,
            weighted_bipred,
            deblocking_control,
            redundant_pic_cnt,
        };
        Ok((id, pps))
    }
}
