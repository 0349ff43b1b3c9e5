//! The end of a frame header: filters, motion and grain. Only its length matters.

use super::frame::{Context, FrameType, Middle};
use super::syntax::ns;
use crate::CmafError;
use crate::protect::bits::Bits;

/// Passes all that follows delta_lf_params().
pub(super) fn skip(
    bits: &mut Bits<'_>,
    context: &Context<'_>,
    middle: &Middle,
    lossless: bool,
) -> Result<(), CmafError> {
    let (sequence, start) = (context.sequence, &context.start);
    let planes = sequence.planes();
    if !lossless && !middle.allow_intrabc {
        skip_loop_filter(bits, planes)?;
        if sequence.enable_cdef {
            skip_cdef(bits, planes)?;
        }
    }
    let all_lossless = lossless && middle.size.width == middle.size.upscaled_width;
    if !all_lossless && !middle.allow_intrabc && sequence.enable_restoration {
        skip_restoration(bits, context)?;
    }
    if !lossless {
        // tx_mode_select.
        bits.skip(1)?;
    }
    let reference_select = !start.is_intra() && bits.bit()?;
    if reference_select && skip_mode_allowed(context, middle) {
        // skip_mode_present.
        bits.skip(1)?;
    }
    if !start.is_intra() && !start.error_resilient_mode && sequence.enable_warped_motion {
        // allow_warped_motion.
        bits.skip(1)?;
    }
    // reduced_tx_set.
    bits.skip(1)?;
    if !start.is_intra() {
        for _ in 0..middle.references.len() {
            skip_global_motion(bits, middle.allow_high_precision_mv)?;
        }
    }
    if sequence.film_grain_params_present && (start.show_frame || start.showable_frame) {
        skip_film_grain(bits, context)?;
    }
    Ok(())
}

// 5.9.11.
fn skip_loop_filter(bits: &mut Bits<'_>, planes: usize) -> Result<(), CmafError> {
    let levels = (bits.bits(6)?, bits.bits(6)?);
    if planes > 1 && levels != (0, 0) {
        bits.skip(12)?;
    }
    // Sharpness, delta_enabled, delta_update.
    bits.skip(3)?;
    if bits.bit()? && bits.bit()? {
        for _ in 0..10 {
            bits.skip_optional(7)?;
        }
    }
    Ok(())
}

// 5.9.19.
fn skip_cdef(bits: &mut Bits<'_>, planes: usize) -> Result<(), CmafError> {
    bits.skip(2)?;
    let strengths = 1 << bits.bits(2)?;
    bits.skip(strengths * if planes > 1 { 12 } else { 6 })
}

// 5.9.20.
fn skip_restoration(bits: &mut Bits<'_>, context: &Context<'_>) -> Result<(), CmafError> {
    let (mut luma, mut chroma) = (false, false);
    for plane in 0..context.sequence.planes() {
        let restored = bits.bits(2)? != 0;
        if plane == 0 {
            luma = restored;
        } else {
            chroma |= restored;
        }
    }
    if luma || chroma {
        let shift = bits.bit()?;
        if !context.sequence.use_128x128_superblock && shift {
            bits.skip(1)?;
        }
        if chroma && context.sequence.color.subsampling == (true, true) {
            bits.skip(1)?;
        }
    }
    Ok(())
}

// skip_mode_params() of 5.9.22: whether two references lie nearest before and after the frame, or
// two before it.
fn skip_mode_allowed(context: &Context<'_>, middle: &Middle) -> bool {
    let sequence = context.sequence;
    if sequence.order_hint_bits == 0 {
        return false;
    }
    let hints = middle
        .references
        .map(|index| context.references.get(index).order_hint);
    let before = |hint: u32| sequence.distance(hint, context.order_hint) < 0;
    let after = |hint: u32| sequence.distance(hint, context.order_hint) > 0;
    let mut forward: Option<u32> = None;
    for hint in hints.into_iter().filter(|hint| before(*hint)) {
        if forward.is_none_or(|best| sequence.distance(hint, best) > 0) {
            forward = Some(hint);
        }
    }
    let Some(forward) = forward else { return false };
    let second = |hint: u32| sequence.distance(hint, forward) < 0;
    hints.into_iter().any(|hint| after(hint) || second(hint))
}

// 5.9.24, for one reference.
fn skip_global_motion(bits: &mut Bits<'_>, high_precision: bool) -> Result<(), CmafError> {
    // is_global; else identity.
    if !bits.bit()? {
        return Ok(());
    }
    let rotation_zoom = bits.bit()?;
    let translation = !rotation_zoom && bits.bit()?;
    let affine = !rotation_zoom && !translation;
    // GM_ABS_ALPHA_BITS and GM_ABS_TRANS_BITS; GM_ABS_TRANS_ONLY_BITS.
    let alphas = if affine {
        4
    } else if rotation_zoom {
        2
    } else {
        0
    };
    for _ in 0..alphas {
        skip_subexp(bits, 12)?;
    }
    let translation_bits = match (translation, high_precision) {
        (false, _) => 12,
        (true, true) => 9,
        (true, false) => 8,
    };
    skip_subexp(bits, translation_bits)?;
    skip_subexp(bits, translation_bits)
}

// decode_signed_subexp_with_ref() of 5.9.26 for values of -2^n to 2^n: how long it is does not
// depend on the reference.
fn skip_subexp(bits: &mut Bits<'_>, abs_bits: u32) -> Result<(), CmafError> {
    let symbols = (2_u32 << abs_bits) + 1;
    let (mut index, mut base) = (0, 0);
    loop {
        let width = if index == 0 { 3 } else { 2 + index };
        let step = 1_u32 << width;
        if symbols <= base + 3 * step {
            return ns(bits, symbols - base).map(|_| ());
        }
        if !bits.bit()? {
            return bits.bits(width).map(|_| ());
        }
        index += 1;
        base += step;
    }
}

// 5.9.30.
fn skip_film_grain(bits: &mut Bits<'_>, context: &Context<'_>) -> Result<(), CmafError> {
    let color = context.sequence.color;
    // apply_grain, grain_seed.
    if !bits.bit()? {
        return Ok(());
    }
    bits.skip(16)?;
    if context.start.frame_type == FrameType::Inter && !bits.bit()? {
        return bits.skip(3);
    }
    let luma = skip_points(bits)?;
    let from_luma = !color.mono_chrome && bits.bit()?;
    let no_chroma =
        color.mono_chrome || from_luma || (color.subsampling == (true, true) && luma == 0);
    let (mut cb, mut cr) = (0, 0);
    if !no_chroma {
        cb = skip_points(bits)?;
        cr = skip_points(bits)?;
    }
    bits.skip(2)?;
    let lag = usize::try_from(bits.bits(2)?).unwrap_or_default();
    let positions = 2 * lag * (lag + 1);
    let chroma_positions = positions + usize::from(luma > 0);
    if luma > 0 {
        bits.skip(8 * positions)?;
    }
    for points in [cb, cr] {
        if from_luma || points > 0 {
            bits.skip(8 * chroma_positions)?;
        }
    }
    bits.skip(4)?;
    for points in [cb, cr] {
        if points > 0 {
            bits.skip(25)?;
        }
    }
    bits.skip(2)
}

/// Points of a scaling function: gives how many.
fn skip_points(bits: &mut Bits<'_>) -> Result<usize, CmafError> {
    let count = usize::try_from(bits.bits(4)?).unwrap_or_default();
    bits.skip(16 * count)?;
    Ok(count)
}
