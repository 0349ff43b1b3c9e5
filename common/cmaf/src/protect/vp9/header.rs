//! The uncompressed header (VP9 bitstream specification, 6.2).

use crate::CmafError;
use crate::protect::bits::Bits;

const NUM_REF_FRAMES: usize = 8;
const ALL_FRAMES: u32 = 0xff;

/// Width and height of a frame, pixels.
type Size = (u32, u32);

/// The sizes of the frames in the reference slots.
#[derive(Clone, Debug, Default)]
pub(super) struct References([Size; NUM_REF_FRAMES]);

impl References {
    fn get(&self, index: u32) -> Size {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.0.get(index).copied().unwrap_or_default()
    }

    /// Puts a frame into the slots that bits of `refresh` name.
    pub(super) fn update(&mut self, refresh: u32, size: Size) {
        for (index, slot) in self.0.iter_mut().enumerate() {
            if refresh >> index & 1 == 1 {
                *slot = size;
            }
        }
    }
}

/// What an uncompressed header begins.
pub(super) enum Header {
    /// A frame decoded before is shown; nothing follows.
    ShowExisting,
    /// A frame whose compressed header follows.
    Frame { refresh: u32, size: Size },
}

/// Reads a header; `bits` then stands at its end.
pub(super) fn read(bits: &mut Bits<'_>, references: &References) -> Result<Header, CmafError> {
    if bits.bits(2)? != 2 {
        return Err(bits.invalid());
    }
    let profile = bits.bits(1)? | (bits.bits(1)? << 1);
    if profile == 3 {
        bits.skip(1)?;
    }
    if bits.bit()? {
        return Ok(Header::ShowExisting);
    }
    let is_key_frame = !bits.bit()?;
    let show_frame = bits.bit()?;
    let error_resilient_mode = bits.bit()?;
    let (refresh, size) = if is_key_frame {
        check_sync_code(bits)?;
        skip_color(bits, profile)?;
        (ALL_FRAMES, read_sizes(bits)?)
    } else {
        let intra_only = !show_frame && bits.bit()?;
        if !error_resilient_mode {
            // reset_frame_context.
            bits.skip(2)?;
        }
        if intra_only {
            read_intra_only(bits, profile)?
        } else {
            read_inter(bits, references)?
        }
    };
    if !error_resilient_mode {
        // refresh_frame_context, frame_parallel_decoding_mode.
        bits.skip(2)?;
    }
    // frame_context_idx.
    bits.skip(2)?;
    skip_loop_filter(bits)?;
    skip_quantization(bits)?;
    skip_segmentation(bits)?;
    skip_tiles(bits, size.0)?;
    // header_size_in_bytes.
    bits.skip(16)?;
    Ok(Header::Frame { refresh, size })
}

fn check_sync_code(bits: &mut Bits<'_>) -> Result<(), CmafError> {
    if bits.bits(24)? == 0x49_8342 {
        Ok(())
    } else {
        Err(bits.invalid())
    }
}

fn skip_color(bits: &mut Bits<'_>, profile: u32) -> Result<(), CmafError> {
    const CS_RGB: u32 = 7;
    let more_chroma = profile & 1 == 1;
    if profile >= 2 {
        bits.skip(1)?;
    }
    if bits.bits(3)? == CS_RGB {
        // reserved_zero.
        return bits.skip(usize::from(more_chroma));
    }
    // color_range; subsampling_x, subsampling_y, reserved_zero.
    bits.skip(if more_chroma { 4 } else { 1 })
}

/// frame_size() and render_size().
fn read_sizes(bits: &mut Bits<'_>) -> Result<Size, CmafError> {
    let size = read_size(bits)?;
    bits.skip_optional(32)?;
    Ok(size)
}

fn read_size(bits: &mut Bits<'_>) -> Result<Size, CmafError> {
    Ok((bits.bits(16)? + 1, bits.bits(16)? + 1))
}

fn read_intra_only(bits: &mut Bits<'_>, profile: u32) -> Result<(u32, Size), CmafError> {
    check_sync_code(bits)?;
    if profile > 0 {
        skip_color(bits, profile)?;
    }
    let refresh = bits.bits(8)?;
    Ok((refresh, read_sizes(bits)?))
}

fn read_inter(bits: &mut Bits<'_>, references: &References) -> Result<(u32, Size), CmafError> {
    let refresh = bits.bits(8)?;
    let mut sizes = [Size::default(); 3];
    for size in &mut sizes {
        *size = references.get(bits.bits(3)?);
        // ref_frame_sign_bias.
        bits.skip(1)?;
    }
    let size = read_size_with_references(bits, sizes)?;
    bits.skip_optional(32)?;
    // allow_high_precision_mv, and the interpolation filter where it does not switch.
    bits.skip(1)?;
    if !bits.bit()? {
        bits.skip(2)?;
    }
    Ok((refresh, size))
}

fn read_size_with_references(bits: &mut Bits<'_>, sizes: [Size; 3]) -> Result<Size, CmafError> {
    for size in sizes {
        if bits.bit()? {
            return Ok(size);
        }
    }
    read_size(bits)
}

fn skip_loop_filter(bits: &mut Bits<'_>) -> Result<(), CmafError> {
    // Level and sharpness; then delta_enabled and delta_update.
    bits.skip(9)?;
    if bits.bit()? && bits.bit()? {
        for _ in 0..6 {
            bits.skip_optional(7)?;
        }
    }
    Ok(())
}

fn skip_quantization(bits: &mut Bits<'_>) -> Result<(), CmafError> {
    bits.skip(8)?;
    for _ in 0..3 {
        bits.skip_optional(5)?;
    }
    Ok(())
}

fn skip_segmentation(bits: &mut Bits<'_>) -> Result<(), CmafError> {
    // Bits of the four features, with the sign of the first two.
    const FEATURES: [usize; 4] = [9, 7, 2, 0];
    if !bits.bit()? {
        return Ok(());
    }
    if bits.bit()? {
        for _ in 0..7 {
            bits.skip_optional(8)?;
        }
        if bits.bit()? {
            for _ in 0..3 {
                bits.skip_optional(8)?;
            }
        }
    }
    if bits.bit()? {
        bits.skip(1)?;
        for count in [FEATURES; 8].into_iter().flatten() {
            bits.skip_optional(count)?;
        }
    }
    Ok(())
}

fn skip_tiles(bits: &mut Bits<'_>, width: u32) -> Result<(), CmafError> {
    let superblocks = width.div_ceil(64);
    // MAX_TILE_WIDTH_B64, MIN_TILE_WIDTH_B64.
    let least = (0..32).find(|log2| (64_u64 << log2) >= u64::from(superblocks));
    let most = (1..32).find(|log2| (superblocks >> log2) < 4).unwrap_or(1) - 1;
    let mut log2 = least.unwrap_or(0);
    while log2 < most && bits.bit()? {
        log2 += 1;
    }
    bits.skip_optional(1)
}
