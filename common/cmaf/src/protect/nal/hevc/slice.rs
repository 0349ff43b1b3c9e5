//! The HEVC slice segment header (7.3.6.1).

use super::super::rbsp::{Rbsp, ceil_log2};
use super::ParameterSets;
use super::pps::Pps;
use super::reference::ReferenceSet;
use super::sps::{LongTerm, Sps};
use crate::CmafError;

const WHAT: &str = "HEVC slice segment header";

/// Kinds of slices (table 7-7).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    B,
    P,
    I,
}

/// Bytes of the slice segment header, from after the NAL unit header.
pub(super) fn header_len(
    nal_type: u8,
    payload: &[u8],
    sets: &ParameterSets,
) -> Result<usize, CmafError> {
    let mut bits = Rbsp::new(payload, WHAT);
    let first = bits.bit()?;
    if matches!(nal_type, 16..=23) {
        bits.skip(1)?;
    }
    let (sps, pps) = sets.of_slice(bits.ue_up_to(63)?)?;
    let mut dependent = false;
    if !first {
        dependent = pps.dependent_slices && bits.bit()?;
        bits.skip(sps.address_bits)?;
    }
    if !dependent {
        skip_slice_header(&mut bits, nal_type, sps, pps)?;
    }
    if pps.entry_points {
        skip_entry_points(&mut bits)?;
    }
    if pps.header_extension {
        let bytes = bits.ue_up_to(256)?;
        bits.skip(bytes * 8)?;
    }
    // 7.3.2.12: byte_alignment() is a one and zeros up to the byte's end.
    if !bits.bit()? {
        return Err(CmafError::Invalid(WHAT));
    }
    Ok(bits.position())
}

fn skip_slice_header(
    bits: &mut Rbsp<'_>,
    nal_type: u8,
    sps: &Sps,
    pps: &Pps,
) -> Result<(), CmafError> {
    bits.skip(pps.extra_header_bits)?;
    let kind = match bits.ue_up_to(2)? {
        0 => Kind::B,
        1 => Kind::P,
        _ => Kind::I,
    };
    bits.skip(u32::from(pps.output_flag))?;
    bits.skip(if sps.separate_colour_planes { 2 } else { 0 })?;
    let idr = matches!(nal_type, 19 | 20);
    let pictures = if idr {
        Pictures::default()
    } else {
        Pictures::read(bits, sps)?
    };
    let sao = skip_sao(bits, sps)?;
    if kind != Kind::I {
        skip_prediction(bits, kind, &pictures, sps, pps)?;
    }
    bits.skip_se()?;
    bits.skip_ses(if pps.slice_chroma_qp_offsets { 2 } else { 0 })?;
    bits.skip(u32::from(pps.chroma_qp_offset_list))?;
    skip_filters(bits, pps, sao)
}

/// What the slice says of its reference pictures.
#[derive(Default)]
struct Pictures {
    /// NumPicTotalCurr (7-55).
    total: u32,
    temporal_mvp: bool,
}

impl Pictures {
    fn read(bits: &mut Rbsp<'_>, sps: &Sps) -> Result<Self, CmafError> {
        bits.skip(sps.order_bits)?;
        let mut total = read_short_term(bits, &sps.reference_sets)?;
        if let Some(long_term) = &sps.long_term {
            total += read_long_term(bits, long_term, sps.order_bits)?;
        }
        let temporal_mvp = sps.temporal_mvp && bits.bit()?;
        Ok(Self {
            total,
            temporal_mvp,
        })
    }
}

fn read_short_term(bits: &mut Rbsp<'_>, sets: &[ReferenceSet]) -> Result<u32, CmafError> {
    if !bits.bit()? {
        return Ok(ReferenceSet::read(bits, sets.len(), sets, true)?.used());
    }
    let count = u32::try_from(sets.len()).unwrap_or(u32::MAX);
    let index = bits.bits(ceil_log2(count))?;
    let chosen = usize::try_from(index)
        .ok()
        .and_then(|index| sets.get(index));
    chosen
        .map(ReferenceSet::used)
        .ok_or(CmafError::Invalid(WHAT))
}

fn read_long_term(
    bits: &mut Rbsp<'_>,
    listed: &LongTerm,
    order_bits: u32,
) -> Result<u32, CmafError> {
    let listed_count = u32::try_from(listed.used.len()).unwrap_or(u32::MAX);
    let from_list = if listed_count > 0 {
        bits.ue_up_to(32)?
    } else {
        0
    };
    let own = bits.ue_up_to(32)?;
    let mut used = 0;
    for picture in 0..from_list + own {
        let is_used = if picture < from_list {
            let index = bits.bits(ceil_log2(listed_count))?;
            let entry = usize::try_from(index)
                .ok()
                .and_then(|index| listed.used.get(index));
            *entry.ok_or(CmafError::Invalid(WHAT))?
        } else {
            bits.skip(order_bits)?;
            bits.bit()?
        };
        used += u32::from(is_used);
        if bits.bit()? {
            bits.ue()?;
        }
    }
    Ok(used)
}

/// Whether sample adaptive offset is on for luma or chroma.
fn skip_sao(bits: &mut Rbsp<'_>, sps: &Sps) -> Result<bool, CmafError> {
    if !sps.sao {
        return Ok(false);
    }
    let luma = bits.bit()?;
    let chroma = !sps.no_chroma && bits.bit()?;
    Ok(luma || chroma)
}

fn skip_prediction(
    bits: &mut Rbsp<'_>,
    kind: Kind,
    pictures: &Pictures,
    sps: &Sps,
    pps: &Pps,
) -> Result<(), CmafError> {
    let mut refs = pps.default_refs;
    if bits.bit()? {
        refs[0] = bits.ue_up_to(14)? + 1;
        if kind == Kind::B {
            refs[1] = bits.ue_up_to(14)? + 1;
        }
    }
    let lists = if kind == Kind::B {
        &refs[..]
    } else {
        &refs[..1]
    };
    if pps.lists_modification && pictures.total > 1 {
        for count in lists {
            if bits.bit()? {
                bits.skip(count * ceil_log2(pictures.total))?;
            }
        }
    }
    if kind == Kind::B {
        bits.skip(1)?;
    }
    bits.skip(u32::from(pps.cabac_init))?;
    if pictures.temporal_mvp {
        let from_list_1 = kind == Kind::B && !bits.bit()?;
        if refs[usize::from(from_list_1)] > 1 {
            bits.ue()?;
        }
    }
    let weighted = match kind {
        Kind::P => pps.weighted_pred,
        Kind::B => pps.weighted_bipred,
        Kind::I => false,
    };
    if weighted {
        skip_weights(bits, sps, lists)?;
    }
    bits.ue_up_to(4)?;
    Ok(())
}

// 7.3.6.3; every reference is another picture, as screen content coding is refused.
fn skip_weights(bits: &mut Rbsp<'_>, sps: &Sps, lists: &[u32]) -> Result<(), CmafError> {
    bits.ue()?;
    if !sps.no_chroma {
        bits.skip_se()?;
    }
    for count in lists {
        let luma = bits.bits(*count)?;
        let chroma = if sps.no_chroma { 0 } else { bits.bits(*count)? };
        bits.skip_ses(2 * luma.count_ones() + 4 * chroma.count_ones())?;
    }
    Ok(())
}

fn skip_filters(bits: &mut Rbsp<'_>, pps: &Pps, sao: bool) -> Result<(), CmafError> {
    let mut deblocking_disabled = pps.deblocking_disabled;
    if pps.deblocking_override && bits.bit()? {
        deblocking_disabled = bits.bit()?;
        bits.skip_ses(if deblocking_disabled { 0 } else { 2 })?;
    }
    if pps.loop_filter_across_slices && (sao || !deblocking_disabled) {
        bits.skip(1)?;
    }
    Ok(())
}

fn skip_entry_points(bits: &mut Rbsp<'_>) -> Result<(), CmafError> {
    let count = bits.ue()?;
    if count > 0 {
        let offset_bits = bits.ue_up_to(31)? + 1;
        for _ in 0..count {
            bits.skip(offset_bits)?;
        }
    }
    Ok(())
}
