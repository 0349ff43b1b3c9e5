//! The parts of an HEVC sequence parameter set that slice headers depend on (7.3.2.2).

use super::super::rbsp::{Rbsp, ceil_log2};
use super::reference::ReferenceSet;
use crate::CmafError;

const WHAT: &str = "HEVC sequence parameter set";

/// Long-term reference pictures that the sequence parameter set lists.
#[derive(Clone)]
pub(super) struct LongTerm {
    /// Whether this picture may use each of them.
    pub(super) used: Vec<bool>,
}

/// A sequence parameter set.
#[derive(Clone)]
pub(super) struct Sps {
    pub(super) separate_colour_planes: bool,
    /// ChromaArrayType is 0: monochrome, or planes coded apart.
    pub(super) no_chroma: bool,
    /// Bits of slice_segment_address.
    pub(super) address_bits: u32,
    pub(super) order_bits: u32,
    pub(super) reference_sets: Vec<ReferenceSet>,
    pub(super) long_term: Option<LongTerm>,
    pub(super) temporal_mvp: bool,
    pub(super) sao: bool,
}

impl Sps {
    /// Reads what follows the NAL unit header; gives the set's id too.
    pub(super) fn read(payload: &[u8]) -> Result<(u32, Self), CmafError> {
        let mut bits = Rbsp::new(payload, WHAT);
        bits.skip(4)?;
        let sub_layers = bits.bits(3)?;
        bits.skip(1)?;
        skip_profile_tier_level(&mut bits, sub_layers)?;
        let id = bits.ue_up_to(15)?;
        let chroma_format = bits.ue_up_to(3)?;
        let separate_colour_planes = chroma_format == 3 && bits.bit()?;
        let size = [bits.ue_up_to(0xffff)?, bits.ue_up_to(0xffff)?];
        skip_window(&mut bits)?;
        // Bit depths.
        bits.ue()?;
        bits.ue()?;
        let order_bits = bits.ue_up_to(12)? + 4;
        skip_ordering(&mut bits, sub_layers)?;
        let block_log2 = bits.ue_up_to(3)? + 3 + bits.ue_up_to(3)?;
        // Transform block sizes and hierarchy depths.
        for _ in 0..4 {
            bits.ue()?;
        }
        if bits.bit()? && bits.bit()? {
            skip_scaling_lists(&mut bits)?;
        }
        bits.skip(1)?;
        let sao = bits.bit()?;
        skip_pcm(&mut bits)?;
        let reference_sets = read_reference_sets(&mut bits)?;
        let long_term = read_long_term(&mut bits, order_bits)?;
        let temporal_mvp = bits.bit()?;
        let no_chroma = chroma_format == 0 || separate_colour_planes;
        // The rest (VUI, range extension) changes nothing in slice headers; screen content would,
        // and is refused by its profile.
        let sps = Self {
            separate_colour_planes,
            no_chroma,
            address_bits: address_bits(size, block_log2),
            order_bits,
            reference_sets,
            long_term,
            temporal_mvp,
            sao,
        };
        Ok((id, sps))
    }
}

// (7-10) to (7-19): Ceil(Log2(PicSizeInCtbsY)).
fn address_bits([width, height]: [u32; 2], block_log2: u32) -> u32 {
    let blocks = |length: u32| length.div_ceil(1 << block_log2);
    ceil_log2(blocks(width).saturating_mul(blocks(height)))
}

// 7.3.3.
fn skip_profile_tier_level(bits: &mut Rbsp<'_>, sub_layers: u32) -> Result<(), CmafError> {
    let profile = bits.bits(8)? & 0x1f;
    // A.3.7 and A.3.8: screen-extended profiles put more into slice headers.
    if matches!(profile, 9 | 11) {
        return Err(CmafError::Unsupported("HEVC screen content coding"));
    }
    bits.skip(32 + 48 + 8)?;
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.bit()?, bits.bit()?));
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers))?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 })?;
        bits.skip(if level { 8 } else { 0 })?;
    }
    Ok(())
}

fn skip_window(bits: &mut Rbsp<'_>) -> Result<(), CmafError> {
    if bits.bit()? {
        for _ in 0..4 {
            bits.ue()?;
        }
    }
    Ok(())
}

fn skip_ordering(bits: &mut Rbsp<'_>, sub_layers: u32) -> Result<(), CmafError> {
    let layers = if bits.bit()? { sub_layers + 1 } else { 1 };
    for _ in 0..layers * 3 {
        bits.ue()?;
    }
    Ok(())
}

// 7.3.4: scaling_list_data.
pub(super) fn skip_scaling_lists(bits: &mut Rbsp<'_>) -> Result<(), CmafError> {
    for size in 0..4_u32 {
        // Of the largest blocks only two lists are sent.
        let lists = if size == 3 { 2 } else { 6 };
        for _ in 0..lists {
            skip_scaling_list(bits, size)?;
        }
    }
    Ok(())
}

fn skip_scaling_list(bits: &mut Rbsp<'_>, size: u32) -> Result<(), CmafError> {
    if !bits.bit()? {
        bits.ue()?;
        return Ok(());
    }
    if size > 1 {
        bits.skip_se()?;
    }
    bits.skip_ses(64.min(1 << (4 + (size << 1))))
}

fn skip_pcm(bits: &mut Rbsp<'_>) -> Result<(), CmafError> {
    if bits.bit()? {
        bits.skip(8)?;
        bits.ue()?;
        bits.ue()?;
        bits.skip(1)?;
    }
    Ok(())
}

fn read_reference_sets(bits: &mut Rbsp<'_>) -> Result<Vec<ReferenceSet>, CmafError> {
    let count = bits.ue_up_to(64)?;
    let mut sets = Vec::new();
    for _ in 0..count {
        let set = ReferenceSet::read(bits, sets.len(), &sets, false)?;
        sets.push(set);
    }
    Ok(sets)
}

fn read_long_term(bits: &mut Rbsp<'_>, order_bits: u32) -> Result<Option<LongTerm>, CmafError> {
    if !bits.bit()? {
        return Ok(None);
    }
    let count = bits.ue_up_to(32)?;
    let mut used = Vec::new();
    for _ in 0..count {
        bits.skip(order_bits)?;
        used.push(bits.bit()?);
    }
    Ok(Some(LongTerm { used }))
}
