//! The frame header (5.9.2).

use super::quantizer::{Quantization, Segmentation};
use super::reference::{NUM_REF_FRAMES, REFS_PER_FRAME, Reference, References};
use super::sequence::{Choice, Sequence};
use super::size::{Size, skip_render_size};
use super::tail;
use super::tiles::Tiles;
use crate::CmafError;
use crate::protect::bits::Bits;

/// What a frame header begins.
pub(super) enum Header {
    /// A frame decoded before is shown; no tiles follow.
    ShowExisting(u32),
    /// A frame whose tiles follow.
    Frame(Box<Frame>),
}

/// What is kept of a frame header.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) tiles: Tiles,
    /// A bit for each slot that the frame is put into.
    pub(super) refresh: u32,
    pub(super) reference: Reference,
    /// The slots as the header says that they are.
    pub(super) references: References,
}

/// frame_type of 6.8.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameType {
    Key,
    Inter,
    IntraOnly,
    Switch,
}

/// The first part of a header, which decides how the rest is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) frame_type: FrameType,
    pub(super) show_frame: bool,
    pub(super) showable_frame: bool,
    pub(super) error_resilient_mode: bool,
}

/// What comes between the reference frames and the tiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Middle {
    pub(super) size: Size,
    pub(super) allow_intrabc: bool,
    pub(super) allow_high_precision_mv: bool,
    pub(super) references: [u32; REFS_PER_FRAME],
}

const PRIMARY_REF_NONE: u32 = 7;
const ALL_FRAMES: u32 = 0xff;

impl Start {
    pub(super) fn is_intra(&self) -> bool {
        matches!(self.frame_type, FrameType::Key | FrameType::IntraOnly)
    }

    fn resets(&self) -> bool {
        self.frame_type == FrameType::Switch
            || (self.frame_type == FrameType::Key && self.show_frame)
    }
}

/// Reads a whole frame header; `layer` is the temporal and spatial id of its OBU.
pub(super) fn read(
    bits: &mut Bits<'_>,
    sequence: &Sequence,
    references: &References,
    layer: (u8, u8),
) -> Result<Header, CmafError> {
    let start = match read_start(bits, sequence)? {
        Err(index) => return Ok(Header::ShowExisting(index)),
        Ok(start) => start,
    };
    let flags = Flags::read(bits, sequence, &start, layer)?;
    let references = order_hints(bits, sequence, references, (&start, flags.refresh))?;
    let context = Context {
        sequence,
        references: &references,
        start,
        size_override: flags.size_override,
        order_hint: flags.order_hint,
    };
    let (tiles, reference) = context.read_rest(bits, &flags)?;
    Ok(Header::Frame(Box::new(Frame {
        tiles,
        refresh: flags.refresh,
        reference,
        references,
    })))
}

/// What stands between the first part and the frame's size.
struct Flags {
    disable_cdf_update: bool,
    screen_content_tools: bool,
    integer_mv: bool,
    size_override: bool,
    order_hint: u32,
    primary: u32,
    refresh: u32,
}

impl Flags {
    fn read(
        bits: &mut Bits<'_>,
        sequence: &Sequence,
        start: &Start,
        layer: (u8, u8),
    ) -> Result<Self, CmafError> {
        let disable_cdf_update = bits.bit()?;
        let screen_content_tools = read_choice(bits, sequence.screen_content_tools)?;
        let mut integer_mv = screen_content_tools && read_choice(bits, sequence.integer_mv)?;
        integer_mv |= start.is_intra();
        if let Some(ids) = sequence.frame_ids {
            bits.bits(ids.id_bits)?;
        }
        let size_override = match start.frame_type {
            FrameType::Switch => true,
            _ if sequence.reduced_still_picture_header => false,
            FrameType::Key | FrameType::Inter | FrameType::IntraOnly => bits.bit()?,
        };
        let order_hint = bits.bits(sequence.order_hint_bits)?;
        let primary = if start.is_intra() || start.error_resilient_mode {
            PRIMARY_REF_NONE
        } else {
            bits.bits(3)?
        };
        skip_buffer_removal_times(bits, sequence, layer)?;
        let refresh = if start.resets() {
            ALL_FRAMES
        } else {
            bits.bits(8)?
        };
        Ok(Self {
            disable_cdf_update,
            screen_content_tools,
            integer_mv,
            size_override,
            order_hint,
            primary,
            refresh,
        })
    }
}

/// The slots with the order hints that the header gives them.
fn order_hints(
    bits: &mut Bits<'_>,
    sequence: &Sequence,
    references: &References,
    (start, refresh): (&Start, u32),
) -> Result<References, CmafError> {
    let mut known = references.clone();
    if start.resets() && start.frame_type == FrameType::Key {
        (0..NUM_REF_FRAMES).for_each(|index| known.set_order_hint(index, 0));
    }
    let may_override = !start.is_intra() || refresh != ALL_FRAMES;
    if may_override && start.error_resilient_mode && sequence.order_hint_bits > 0 {
        for index in 0..NUM_REF_FRAMES {
            known.set_order_hint(index, bits.bits(sequence.order_hint_bits)?);
        }
    }
    Ok(known)
}

/// The outer error is that of the bits; the inner one the frame that is shown again.
fn read_start(bits: &mut Bits<'_>, sequence: &Sequence) -> Result<Result<Start, u32>, CmafError> {
    if sequence.reduced_still_picture_header {
        return Ok(Ok(Start {
            frame_type: FrameType::Key,
            show_frame: true,
            showable_frame: false,
            error_resilient_mode: true,
        }));
    }
    if bits.bit()? {
        let index = bits.bits(3)?;
        skip_presentation_time(bits, sequence)?;
        if let Some(ids) = sequence.frame_ids {
            bits.bits(ids.id_bits)?;
        }
        return Ok(Err(index));
    }
    let frame_type = match bits.bits(2)? {
        0 => FrameType::Key,
        1 => FrameType::Inter,
        2 => FrameType::IntraOnly,
        _ => FrameType::Switch,
    };
    let mut start = Start {
        frame_type,
        show_frame: bits.bit()?,
        showable_frame: frame_type != FrameType::Key,
        error_resilient_mode: true,
    };
    if start.show_frame {
        skip_presentation_time(bits, sequence)?;
    } else {
        start.showable_frame = bits.bit()?;
    }
    if !start.resets() {
        start.error_resilient_mode = bits.bit()?;
    }
    Ok(Ok(start))
}

fn read_choice(bits: &mut Bits<'_>, choice: Choice) -> Result<bool, CmafError> {
    match choice {
        Choice::Fixed(value) => Ok(value),
        Choice::PerFrame => bits.bit(),
    }
}

// temporal_point_info().
fn skip_presentation_time(bits: &mut Bits<'_>, sequence: &Sequence) -> Result<(), CmafError> {
    match sequence.decoder_model {
        Some(model) if !sequence.equal_picture_interval => {
            bits.bits(model.frame_presentation_time_bits).map(|_| ())
        }
        Some(_) | None => Ok(()),
    }
}

fn skip_buffer_removal_times(
    bits: &mut Bits<'_>,
    sequence: &Sequence,
    (temporal_id, spatial_id): (u8, u8),
) -> Result<(), CmafError> {
    let Some(model) = sequence.decoder_model else {
        return Ok(());
    };
    if !bits.bit()? {
        return Ok(());
    }
    for point in &sequence.operating_points {
        let in_layers = (point.idc >> temporal_id) & (point.idc >> (spatial_id + 8)) & 1 == 1;
        if point.has_decoder_model && (point.idc == 0 || in_layers) {
            bits.bits(model.buffer_removal_time_bits)?;
        }
    }
    Ok(())
}

/// What the parts of a header share.
pub(super) struct Context<'a> {
    pub(super) sequence: &'a Sequence,
    pub(super) references: &'a References,
    pub(super) start: Start,
    pub(super) size_override: bool,
    pub(super) order_hint: u32,
}

impl Context<'_> {
    /// Reads all from the frame's size to the header's end.
    fn read_rest(
        &self,
        bits: &mut Bits<'_>,
        flags: &Flags,
    ) -> Result<(Tiles, Reference), CmafError> {
        let middle = if self.start.is_intra() {
            self.read_intra(bits, flags.screen_content_tools)?
        } else {
            self.read_inter(bits, flags.integer_mv)?
        };
        if !(self.sequence.reduced_still_picture_header || flags.disable_cdf_update) {
            // disable_frame_end_update_cdf.
            bits.skip(1)?;
        }
        let (width, height) = (middle.size.width, middle.size.height);
        let tiles = Tiles::read(bits, self.sequence, width, height)?;
        let quantization = Quantization::read(bits, self.sequence)?;
        let previous = (flags.primary != PRIMARY_REF_NONE).then(|| {
            let index = usize::try_from(flags.primary).unwrap_or_default();
            let slot = middle.references.get(index).copied().unwrap_or_default();
            self.references.get(slot).segmentation
        });
        let segmentation = Segmentation::read(bits, previous.as_ref())?;
        quantization.skip_deltas(bits, middle.allow_intrabc)?;
        tail::skip(bits, self, &middle, quantization.lossless(&segmentation))?;
        let reference = Reference {
            upscaled_width: middle.size.upscaled_width,
            frame_height: height,
            order_hint: flags.order_hint,
            is_key_frame: self.start.frame_type == FrameType::Key,
            segmentation,
        };
        Ok((tiles, reference))
    }

    fn read_intra(
        &self,
        bits: &mut Bits<'_>,
        screen_content_tools: bool,
    ) -> Result<Middle, CmafError> {
        let size = self.read_size(bits)?;
        skip_render_size(bits)?;
        let may = screen_content_tools && size.upscaled_width == size.width;
        Ok(Middle {
            size,
            allow_intrabc: may && bits.bit()?,
            allow_high_precision_mv: false,
            references: [0; REFS_PER_FRAME],
        })
    }

    fn read_inter(&self, bits: &mut Bits<'_>, integer_mv: bool) -> Result<Middle, CmafError> {
        let references = self.read_references(bits)?;
        let size = if self.size_override && !self.start.error_resilient_mode {
            self.read_size_with_references(bits, &references)?
        } else {
            let size = self.read_size(bits)?;
            skip_render_size(bits)?;
            size
        };
        let allow_high_precision_mv = !integer_mv && bits.bit()?;
        // read_interpolation_filter().
        if !bits.bit()? {
            bits.skip(2)?;
        }
        // is_motion_mode_switchable.
        bits.skip(1)?;
        if !self.start.error_resilient_mode && self.sequence.enable_ref_frame_mvs {
            // use_ref_frame_mvs.
            bits.skip(1)?;
        }
        Ok(Middle {
            size,
            allow_intrabc: false,
            allow_high_precision_mv,
            references,
        })
    }

    fn read_references(&self, bits: &mut Bits<'_>) -> Result<[u32; REFS_PER_FRAME], CmafError> {
        let short = self.sequence.order_hint_bits > 0 && bits.bit()?;
        let mut indexes = [0; REFS_PER_FRAME];
        if short {
            let (last, gold) = (bits.bits(3)?, bits.bits(3)?);
            indexes = self
                .references
                .infer(self.sequence, self.order_hint, last, gold)?;
        }
        for index in &mut indexes {
            if !short {
                *index = bits.bits(3)?;
            }
            if let Some(ids) = self.sequence.frame_ids {
                bits.bits(ids.delta_bits)?;
            }
        }
        Ok(indexes)
    }
}
