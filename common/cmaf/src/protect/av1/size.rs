//! The size of a frame (5.9.5 to 5.9.8).

use super::frame::Context;
use super::reference::REFS_PER_FRAME;
use crate::CmafError;
use crate::protect::bits::Bits;

/// frame_size() and superres_params().
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) upscaled_width: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Context<'_> {
    // frame_size().
    pub(super) fn read_size(&self, bits: &mut Bits<'_>) -> Result<Size, CmafError> {
        let (width, height) = if self.size_override {
            let width = bits.bits(self.sequence.frame_width_bits)? + 1;
            (width, bits.bits(self.sequence.frame_height_bits)? + 1)
        } else {
            (
                self.sequence.max_frame_width,
                self.sequence.max_frame_height,
            )
        };
        self.read_superres(bits, width, height)
    }

    // frame_size_with_refs().
    pub(super) fn read_size_with_references(
        &self,
        bits: &mut Bits<'_>,
        references: &[u32; REFS_PER_FRAME],
    ) -> Result<Size, CmafError> {
        for index in references {
            if bits.bit()? {
                let reference = self.references.get(*index);
                let (width, height) = (reference.upscaled_width, reference.frame_height);
                return self.read_superres(bits, width, height);
            }
        }
        let size = self.read_size(bits)?;
        skip_render_size(bits)?;
        Ok(size)
    }

    // superres_params().
    fn read_superres(
        &self,
        bits: &mut Bits<'_>,
        upscaled_width: u32,
        height: u32,
    ) -> Result<Size, CmafError> {
        // SUPERRES_NUM, SUPERRES_DENOM_MIN.
        let denominator = if self.sequence.enable_superres && bits.bit()? {
            bits.bits(3)? + 9
        } else {
            8
        };
        Ok(Size {
            upscaled_width,
            width: (upscaled_width * 8 + denominator / 2) / denominator,
            height,
        })
    }
}

// render_size().
pub(super) fn skip_render_size(bits: &mut Bits<'_>) -> Result<(), CmafError> {
    bits.skip_optional(32)
}
