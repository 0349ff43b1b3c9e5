//! The H.264 slice header (7.3.3).

use super::super::rbsp::Rbsp;
use super::ParameterSets;
use super::sets::{PictureOrder, Pps, Sps};
use crate::CmafError;

const WHAT: &str = "H.264 slice header";

/// Kinds of slices (table 7-6).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    P,
    B,
    I,
    Sp,
    Si,
}

impl Kind {
    fn of(slice_type: u32) -> Self {
        match slice_type % 5 {
            0 => Self::P,
            1 => Self::B,
            2 => Self::I,
            3 => Self::Sp,
            _ => Self::Si,
        }
    }

    /// Whether it refers to list 0.
    fn is_inter(self) -> bool {
        match self {
            Self::P | Self::B | Self::Sp => true,
            Self::I | Self::Si => false,
        }
    }
}

/// Bytes of the slice header, from after the NAL unit header to the last that it touches.
pub(super) fn header_len(
    nal_header: u8,
    payload: &[u8],
    sets: &ParameterSets,
) -> Result<usize, CmafError> {
    let mut bits = Rbsp::new(payload, WHAT);
    bits.ue()?;
    let kind = Kind::of(bits.ue_up_to(9)?);
    let (sps, pps) = sets.of_slice(bits.ue_up_to(255)?)?;
    skip_identity(&mut bits, nal_header, sps, pps)?;
    if kind == Kind::B {
        bits.skip(1)?;
    }
    skip_references(&mut bits, kind, sps, pps)?;
    if nal_header & 0x60 != 0 {
        skip_marking(&mut bits, nal_header & 0x1f == 5)?;
    }
    if pps.cabac && kind.is_inter() {
        bits.ue_up_to(2)?;
    }
    bits.skip_se()?;
    if kind == Kind::Sp {
        bits.skip(1)?;
    }
    if matches!(kind, Kind::Sp | Kind::Si) {
        bits.skip_se()?;
    }
    if pps.deblocking_control && bits.ue_up_to(2)? != 1 {
        bits.skip_ses(2)?;
    }
    Ok(bits.position())
}

/// Which picture and field the slice belongs to.
fn skip_identity(
    bits: &mut Rbsp<'_>,
    nal_header: u8,
    sps: &Sps,
    pps: &Pps,
) -> Result<(), CmafError> {
    if sps.separate_colour_planes {
        bits.skip(2)?;
    }
    bits.skip(sps.frame_num_bits)?;
    let field = !sps.frame_mbs_only && bits.bit()?;
    if field {
        bits.skip(1)?;
    }
    if nal_header & 0x1f == 5 {
        bits.ue()?;
    }
    let both_fields = pps.bottom_field_order && !field;
    match sps.order {
        PictureOrder::Lsb { bits: count } => {
            bits.skip(count)?;
            bits.skip_ses(u32::from(both_fields))?;
        }
        PictureOrder::Delta { always_zero: false } => bits.skip_ses(1 + u32::from(both_fields))?,
        PictureOrder::Delta { always_zero: true } | PictureOrder::Implied => {}
    }
    if pps.redundant_pic_cnt {
        bits.ue()?;
    }
    Ok(())
}

fn skip_references(bits: &mut Rbsp<'_>, kind: Kind, sps: &Sps, pps: &Pps) -> Result<(), CmafError> {
    if !kind.is_inter() {
        return Ok(());
    }
    let mut refs = pps.default_refs;
    if bits.bit()? {
        refs[0] = bits.ue_up_to(31)? + 1;
        if kind == Kind::B {
            refs[1] = bits.ue_up_to(31)? + 1;
        }
    }
    let refs = if kind == Kind::B {
        &refs[..]
    } else {
        &refs[..1]
    };
    for _ in refs {
        skip_list_modification(bits)?;
    }
    let weighted = match kind {
        Kind::P | Kind::Sp => pps.weighted_pred,
        Kind::B => pps.weighted_bipred == 1,
        Kind::I | Kind::Si => false,
    };
    if weighted {
        skip_weights(bits, sps, refs)
    } else {
        Ok(())
    }
}

// 7.3.3.1.
fn skip_list_modification(bits: &mut Rbsp<'_>) -> Result<(), CmafError> {
    if bits.bit()? {
        while bits.ue_up_to(3)? != 3 {
            bits.ue()?;
        }
    }
    Ok(())
}

// 7.3.3.2.
fn skip_weights(bits: &mut Rbsp<'_>, sps: &Sps, refs: &[u32]) -> Result<(), CmafError> {
    bits.ue()?;
    if !sps.no_chroma {
        bits.ue()?;
    }
    for count in refs {
        for _ in 0..*count {
            if bits.bit()? {
                bits.skip_ses(2)?;
            }
            if !sps.no_chroma && bits.bit()? {
                bits.skip_ses(4)?;
            }
        }
    }
    Ok(())
}

// 7.3.3.3.
fn skip_marking(bits: &mut Rbsp<'_>, idr: bool) -> Result<(), CmafError> {
    if idr {
        return bits.skip(2);
    }
    if !bits.bit()? {
        return Ok(());
    }
    loop {
        match bits.ue_up_to(6)? {
            0 => return Ok(()),
            5 => {}
            3 => {
                bits.ue()?;
                bits.ue()?;
            }
            _ => {
                bits.ue()?;
            }
        }
    }
}
