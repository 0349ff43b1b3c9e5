//! The sequence header OBU (AV1 bitstream specification, 5.5).

use super::syntax::skip_uvlc;
use crate::CmafError;
use crate::protect::bits::Bits;

/// A choice that a sequence makes for all of its frames, or leaves to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Fixed(bool),
    /// Each frame header says.
    PerFrame,
}

/// What frame headers depend on.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    pub(super) reduced_still_picture_header: bool,
    pub(super) decoder_model: Option<DecoderModel>,
    pub(super) equal_picture_interval: bool,
    pub(super) operating_points: Vec<OperatingPoint>,
    pub(super) frame_width_bits: u32,
    pub(super) frame_height_bits: u32,
    pub(super) max_frame_width: u32,
    pub(super) max_frame_height: u32,
    pub(super) frame_ids: Option<FrameIds>,
    pub(super) use_128x128_superblock: bool,
    pub(super) enable_warped_motion: bool,
    /// Bits of an order hint; 0 where there are none.
    pub(super) order_hint_bits: u32,
    pub(super) enable_ref_frame_mvs: bool,
    pub(super) screen_content_tools: Choice,
    pub(super) integer_mv: Choice,
    pub(super) enable_superres: bool,
    pub(super) enable_cdef: bool,
    pub(super) enable_restoration: bool,
    pub(super) color: ColorConfig,
    pub(super) film_grain_params_present: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct DecoderModel {
    buffer_delay_bits: u32,
    pub(super) buffer_removal_time_bits: u32,
    pub(super) frame_presentation_time_bits: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct OperatingPoint {
    pub(super) idc: u32,
    pub(super) has_decoder_model: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct FrameIds {
    pub(super) delta_bits: u32,
    pub(super) id_bits: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ColorConfig {
    pub(super) mono_chrome: bool,
    pub(super) subsampling: (bool, bool),
    pub(super) separate_uv_delta_q: bool,
}

/// What stands before the frame size.
struct Start {
    reduced: bool,
    decoder_model: Option<DecoderModel>,
    equal_picture_interval: bool,
    operating_points: Vec<OperatingPoint>,
}

/// The tools that a reduced still picture does without.
struct Tools {
    enable_warped_motion: bool,
    order_hint_bits: u32,
    enable_ref_frame_mvs: bool,
    screen_content_tools: Choice,
    integer_mv: Choice,
}

impl Sequence {
    pub(super) fn read(payload: &[u8]) -> Result<Self, CmafError> {
        let bits = &mut Bits::new(payload, "AV1 sequence header");
        let profile = bits.bits(3)?;
        let start = read_start(bits)?;
        let reduced = start.reduced;
        let frame_width_bits = bits.bits(4)? + 1;
        let frame_height_bits = bits.bits(4)? + 1;
        let max_frame_width = bits.bits(frame_width_bits)? + 1;
        let max_frame_height = bits.bits(frame_height_bits)? + 1;
        let frame_ids = if !reduced && bits.bit()? {
            Some(read_frame_ids(bits)?)
        } else {
            None
        };
        let use_128x128_superblock = bits.bit()?;
        // enable_filter_intra, enable_intra_edge_filter.
        bits.skip(2)?;
        let tools = if reduced {
            Tools::REDUCED
        } else {
            read_tools(bits)?
        };
        Ok(Self {
            reduced_still_picture_header: reduced,
            decoder_model: start.decoder_model,
            equal_picture_interval: start.equal_picture_interval,
            operating_points: start.operating_points,
            frame_width_bits,
            frame_height_bits,
            max_frame_width,
            max_frame_height,
            frame_ids,
            use_128x128_superblock,
            enable_warped_motion: tools.enable_warped_motion,
            order_hint_bits: tools.order_hint_bits,
            enable_ref_frame_mvs: tools.enable_ref_frame_mvs,
            screen_content_tools: tools.screen_content_tools,
            integer_mv: tools.integer_mv,
            enable_superres: bits.bit()?,
            enable_cdef: bits.bit()?,
            enable_restoration: bits.bit()?,
            color: read_color(bits, profile)?,
            film_grain_params_present: bits.bit()?,
        })
    }

    pub(super) fn planes(&self) -> usize {
        if self.color.mono_chrome { 1 } else { 3 }
    }

    /// get_relative_dist() of 7.20: how far order hint `a` is after `b`.
    pub(super) fn distance(&self, a: u32, b: u32) -> i64 {
        if self.order_hint_bits == 0 {
            return 0;
        }
        let difference = i64::from(a) - i64::from(b);
        let sign = 1_i64 << (self.order_hint_bits - 1);
        (difference & (sign - 1)) - (difference & sign)
    }
}

impl Tools {
    const REDUCED: Self = Self {
        enable_warped_motion: false,
        order_hint_bits: 0,
        enable_ref_frame_mvs: false,
        screen_content_tools: Choice::PerFrame,
        integer_mv: Choice::PerFrame,
    };
}

fn read_start(bits: &mut Bits<'_>) -> Result<Start, CmafError> {
    // still_picture.
    bits.skip(1)?;
    let mut start = Start {
        reduced: bits.bit()?,
        decoder_model: None,
        equal_picture_interval: false,
        operating_points: Vec::new(),
    };
    if start.reduced {
        bits.skip(5)?;
        return Ok(start);
    }
    if bits.bit()? {
        bits.skip(64)?;
        start.equal_picture_interval = bits.bit()?;
        if start.equal_picture_interval {
            skip_uvlc(bits)?;
        }
        if bits.bit()? {
            start.decoder_model = Some(read_decoder_model(bits)?);
        }
    }
    let has_display_delay = bits.bit()?;
    let count = bits.bits(5)? + 1;
    for _ in 0..count {
        let point = read_operating_point(bits, start.decoder_model, has_display_delay)?;
        start.operating_points.push(point);
    }
    Ok(start)
}

fn read_decoder_model(bits: &mut Bits<'_>) -> Result<DecoderModel, CmafError> {
    let buffer_delay_bits = bits.bits(5)? + 1;
    bits.skip(32)?;
    Ok(DecoderModel {
        buffer_delay_bits,
        buffer_removal_time_bits: bits.bits(5)? + 1,
        frame_presentation_time_bits: bits.bits(5)? + 1,
    })
}

fn read_operating_point(
    bits: &mut Bits<'_>,
    decoder_model: Option<DecoderModel>,
    has_display_delay: bool,
) -> Result<OperatingPoint, CmafError> {
    let idc = bits.bits(12)?;
    // seq_level_idx, and seq_tier above level 3.3.
    if bits.bits(5)? > 7 {
        bits.skip(1)?;
    }
    let mut has_decoder_model = false;
    if let Some(model) = decoder_model {
        has_decoder_model = bits.bit()?;
        if has_decoder_model {
            bits.bits(model.buffer_delay_bits)?;
            bits.bits(model.buffer_delay_bits)?;
            bits.skip(1)?;
        }
    }
    if has_display_delay {
        bits.skip_optional(4)?;
    }
    Ok(OperatingPoint {
        idc,
        has_decoder_model,
    })
}

fn read_frame_ids(bits: &mut Bits<'_>) -> Result<FrameIds, CmafError> {
    let delta_bits = bits.bits(4)? + 2;
    Ok(FrameIds {
        delta_bits,
        id_bits: bits.bits(3)? + delta_bits + 1,
    })
}

fn read_tools(bits: &mut Bits<'_>) -> Result<Tools, CmafError> {
    // enable_interintra_compound, enable_masked_compound.
    bits.skip(2)?;
    let enable_warped_motion = bits.bit()?;
    // enable_dual_filter.
    bits.skip(1)?;
    let enable_order_hint = bits.bit()?;
    let mut enable_ref_frame_mvs = false;
    if enable_order_hint {
        // enable_jnt_comp.
        bits.skip(1)?;
        enable_ref_frame_mvs = bits.bit()?;
    }
    let screen_content_tools = read_choice(bits)?;
    let integer_mv = if screen_content_tools == Choice::Fixed(false) {
        Choice::PerFrame
    } else {
        read_choice(bits)?
    };
    let order_hint_bits = if enable_order_hint {
        bits.bits(3)? + 1
    } else {
        0
    };
    Ok(Tools {
        enable_warped_motion,
        order_hint_bits,
        enable_ref_frame_mvs,
        screen_content_tools,
        integer_mv,
    })
}

fn read_choice(bits: &mut Bits<'_>) -> Result<Choice, CmafError> {
    Ok(if bits.bit()? {
        Choice::PerFrame
    } else {
        Choice::Fixed(bits.bit()?)
    })
}

// 5.5.2.
fn read_color(bits: &mut Bits<'_>, profile: u32) -> Result<ColorConfig, CmafError> {
    // BT.709 primaries, sRGB transfer, identity matrix: 4:4:4 that says nothing more of itself.
    const SRGB: (u32, u32, u32) = (1, 13, 0);
    let high_bitdepth = bits.bit()?;
    let twelve_bit = profile == 2 && high_bitdepth && bits.bit()?;
    let mono_chrome = profile != 1 && bits.bit()?;
    let description = if bits.bit()? {
        (bits.bits(8)?, bits.bits(8)?, bits.bits(8)?)
    } else {
        (2, 2, 2)
    };
    let mut color = ColorConfig {
        mono_chrome,
        subsampling: (true, true),
        separate_uv_delta_q: false,
    };
    if mono_chrome {
        bits.skip(1)?;
        return Ok(color);
    }
    if description == SRGB {
        color.subsampling = (false, false);
    } else {
        bits.skip(1)?;
        color.subsampling = match profile {
            0 => (true, true),
            1 => (false, false),
            _ if twelve_bit => {
                let horizontal = bits.bit()?;
                (horizontal, horizontal && bits.bit()?)
            }
            _ => (true, false),
        };
        if color.subsampling == (true, true) {
            bits.skip(2)?;
        }
    }
    color.separate_uv_delta_q = bits.bit()?;
    Ok(color)
}
