//! Where tile data lies in AV1 samples.
//!
//! The binding of AV1 to ISO BMFF (section "Common Encryption") protects the tiles of frames and
//! nothing else: each is a range of its own that ends with the tile and is a multiple of 16 bytes.
//! A frame header has to be read to its last bit to know where its first tile begins.

mod frame;
mod quantizer;
mod reference;
mod sequence;
mod size;
mod syntax;
mod tail;
mod tiles;

use super::bits::Bits;
use super::subsample::SampleMap;
use crate::CmafError;
use frame::Header;
use reference::References;
use sequence::Sequence;
use syntax::leb128;
use tiles::Tiles;

/// What headers met before say about those that follow.
#[derive(Clone, Default)]
pub(super) struct Av1Reader {
    sequence: Option<Sequence>,
    references: References,
    /// The frame whose tile groups follow.
    open: Option<OpenFrame>,
}

#[derive(Clone)]
struct OpenFrame {
    tiles: Tiles,
    tiles_left: u32,
}

/// An open bitstream unit (AV1 bitstream specification, 5.3).
struct Obu<'a> {
    kind: u8,
    temporal_id: u8,
    spatial_id: u8,
    header_len: usize,
    payload: &'a [u8],
}

// 6.2.2.
const SEQUENCE_HEADER: u8 = 1;
const FRAME_HEADER: u8 = 3;
const TILE_GROUP: u8 = 4;
const FRAME: u8 = 6;
const REDUNDANT_FRAME_HEADER: u8 = 7;
const TILE_LIST: u8 = 8;

impl Av1Reader {
    /// Reads the content of an `av1C` box: four bytes, and OBUs that hold for the whole track.
    pub(super) fn new(config: &[u8]) -> Result<Self, CmafError> {
        let (_, obus) = config
            .split_first_chunk::<4>()
            .ok_or(CmafError::Truncated("av1C"))?;
        let mut reader = Self::default();
        let mut rest = obus;
        while !rest.is_empty() {
            let (obu, after) = read_obu(rest)?;
            if obu.kind == SEQUENCE_HEADER {
                reader.sequence = Some(Sequence::read(obu.payload)?);
            }
            rest = after;
        }
        Ok(reader)
    }

    /// Adds the clear and protected ranges of `sample` to `map`.
    pub(super) fn map(&mut self, sample: &[u8], map: &mut SampleMap<'_>) -> Result<(), CmafError> {
        let mut rest = sample;
        while !rest.is_empty() {
            let (obu, after) = read_obu(rest)?;
            map.clear(obu.header_len);
            self.visit(&obu, map)?;
            rest = after;
        }
        Ok(())
    }

    fn visit(&mut self, obu: &Obu<'_>, map: &mut SampleMap<'_>) -> Result<(), CmafError> {
        match obu.kind {
            SEQUENCE_HEADER => {
                self.sequence = Some(Sequence::read(obu.payload)?);
                map.clear(obu.payload.len());
            }
            FRAME_HEADER | REDUNDANT_FRAME_HEADER => {
                // 5.9.1: within a frame it is a copy of what was read already.
                if self.open.is_none() {
                    self.begin_frame(obu)?;
                }
                map.clear(obu.payload.len());
            }
            FRAME => {
                if self.open.is_some() {
                    return Err(CmafError::Invalid("AV1 frame within a frame"));
                }
                let header_len = self.begin_frame(obu)?;
                map.clear(header_len);
                let tiles = obu.payload.get(header_len..).unwrap_or_default();
                self.tile_group(tiles, map)?;
            }
            TILE_GROUP => self.tile_group(obu.payload, map)?,
            TILE_LIST => return Err(CmafError::Unsupported("AV1 tile list")),
            _ => map.clear(obu.payload.len()),
        }
        Ok(())
    }

    /// Reads a frame header; gives how many bytes it takes.
    fn begin_frame(&mut self, obu: &Obu<'_>) -> Result<usize, CmafError> {
        let sequence = self
            .sequence
            .as_ref()
            .ok_or(CmafError::Missing("AV1 sequence header"))?;
        let mut bits = Bits::new(obu.payload, "AV1 frame header");
        let layer = (obu.temporal_id, obu.spatial_id);
        match frame::read(&mut bits, sequence, &self.references, layer)? {
            // 7.21: a key frame that is shown again becomes every reference.
            Header::ShowExisting(index) => self.references.show_existing(index),
            Header::Frame(frame) => {
                self.references = frame.references;
                self.references.update(frame.refresh, &frame.reference);
                self.open = Some(OpenFrame {
                    tiles: frame.tiles,
                    tiles_left: frame.tiles.count(),
                });
            }
        }
        Ok(bits.bytes())
    }

    // 5.11.1.
    fn tile_group(&mut self, group: &[u8], map: &mut SampleMap<'_>) -> Result<(), CmafError> {
        let open = self
            .open
            .as_mut()
            .ok_or(CmafError::Missing("AV1 frame header"))?;
        let tiles = open.tiles.map_group(group, map)?;
        open.tiles_left = open.tiles_left.saturating_sub(tiles);
        if open.tiles_left == 0 {
            self.open = None;
        }
        Ok(())
    }
}

// 5.3.2; the binding, 2.4: the last OBU of a sample may do without its size.
fn read_obu(data: &[u8]) -> Result<(Obu<'_>, &[u8]), CmafError> {
    const WHAT: &str = "OBU";
    let (first, mut rest) = data.split_first().ok_or(CmafError::Truncated(WHAT))?;
    if first & 0x80 != 0 {
        return Err(CmafError::Invalid(WHAT));
    }
    let (mut temporal_id, mut spatial_id) = (0, 0);
    if first & 4 != 0 {
        let (extension, after) = rest.split_first().ok_or(CmafError::Truncated(WHAT))?;
        (temporal_id, spatial_id) = (extension >> 5, (extension >> 3) & 3);
        rest = after;
    }
    let size = if first & 2 != 0 {
        let (size, after) = leb128(rest)?;
        rest = after;
        size
    } else {
        rest.len()
    };
    let header_len = data.len() - rest.len();
    let (payload, after) = rest
        .split_at_checked(size)
        .ok_or(CmafError::Truncated(WHAT))?;
    let obu = Obu {
        kind: (first >> 3) & 0xf,
        temporal_id,
        spatial_id,
        header_len,
        payload,
    };
    Ok((obu, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_obu_is_read_with_and_without_its_size() {
        let (obu, rest) = read_obu(&[0x16, 0xa8, 2, 1, 2, 3]).unwrap();
        assert_eq!((obu.kind, obu.temporal_id, obu.spatial_id), (2, 5, 1));
        assert_eq!(
            (obu.header_len, obu.payload, rest),
            (3, &[1, 2][..], &[3][..])
        );
        let (obu, rest) = read_obu(&[0x30, 7, 8]).unwrap();
        assert_eq!((obu.kind, obu.payload, rest), (FRAME, &[7, 8][..], &[][..]));
    }

    #[test]
    fn an_obu_longer_than_its_sample_is_an_error() {
        assert!(matches!(
            read_obu(&[0x12, 9, 0]).map(|_| ()),
            Err(CmafError::Truncated(_))
        ));
    }

    #[test]
    fn a_frame_without_a_sequence_header_is_an_error() {
        use crate::protect::subsample::Alignment;
        let mut ranges = Vec::new();
        let mut map = SampleMap::new(&mut ranges, Alignment::Blocks);
        let outcome = Av1Reader::default().map(&[0x32, 1, 0], &mut map);
        assert_eq!(outcome, Err(CmafError::Missing("AV1 sequence header")));
    }
}
