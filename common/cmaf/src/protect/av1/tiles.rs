//! How a frame is cut into tiles (5.9.15), and where the tiles of a group lie (5.11.1).

use super::sequence::Sequence;
use super::syntax::{ns, tile_log2};
use crate::CmafError;
use crate::protect::bits::Bits;
use crate::protect::subsample::SampleMap;

// Section 3.
const MAX_TILE_WIDTH: u32 = 4096;
const MAX_TILE_AREA: u32 = 4096 * 2304;
const MAX_TILE_COLS: u32 = 64;
const MAX_TILE_ROWS: u32 = 64;

/// tile_info().
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiles {
    columns: u32,
    rows: u32,
    index_bits: u32,
    /// Bytes of a tile's size.
    size_bytes: usize,
}

/// A frame in superblocks, and the bounds on its tiles.
struct Grid {
    columns: u32,
    rows: u32,
    max_tile_width: u32,
    min_log2_columns: u32,
    min_log2: u32,
}

impl Grid {
    fn new(sequence: &Sequence, width: u32, height: u32) -> Self {
        // In units of 4x4 samples, rounded up to 8x8, and then in superblocks.
        let shift = if sequence.use_128x128_superblock {
            5
        } else {
            4
        };
        let superblocks = |samples: u32| {
            let units = 2 * (samples.saturating_add(7) >> 3);
            (units + (1 << shift) - 1) >> shift
        };
        let (columns, rows) = (superblocks(width), superblocks(height));
        let max_tile_width = MAX_TILE_WIDTH >> (shift + 2);
        let max_tile_area = MAX_TILE_AREA >> (2 * (shift + 2));
        let min_log2_columns = tile_log2(max_tile_width, columns);
        let min_log2 = min_log2_columns.max(tile_log2(max_tile_area, rows.saturating_mul(columns)));
        Self {
            columns,
            rows,
            max_tile_width,
            min_log2_columns,
            min_log2,
        }
    }
}

impl Tiles {
    pub(super) fn read(
        bits: &mut Bits<'_>,
        sequence: &Sequence,
        width: u32,
        height: u32,
    ) -> Result<Self, CmafError> {
        let grid = Grid::new(sequence, width, height);
        let (columns, rows, index_bits) = if bits.bit()? {
            read_uniform(bits, &grid)?
        } else {
            read_sizes(bits, &grid)?
        };
        if columns > MAX_TILE_COLS || rows > MAX_TILE_ROWS {
            return Err(CmafError::TooLarge("number of AV1 tiles"));
        }
        // A size taken from a reference that was never there.
        if columns == 0 || rows == 0 {
            return Err(bits.invalid());
        }
        let mut size_bytes = 0;
        if index_bits > 0 {
            // context_update_tile_id.
            bits.bits(index_bits)?;
            size_bytes = usize::try_from(bits.bits(2)?).unwrap_or_default() + 1;
        }
        Ok(Self {
            columns,
            rows,
            index_bits,
            size_bytes,
        })
    }

    pub(super) fn count(&self) -> u32 {
        self.columns * self.rows
    }

    /// Adds the ranges of a tile group to `map`: gives how many tiles it holds.
    pub(super) fn map_group(
        &self,
        group: &[u8],
        map: &mut SampleMap<'_>,
    ) -> Result<u32, CmafError> {
        const WHAT: &str = "AV1 tile group";
        let mut bits = Bits::new(group, WHAT);
        let (mut first, mut last) = (0, self.count() - 1);
        if self.count() > 1 && bits.bit()? {
            first = bits.bits(self.index_bits)?;
            last = bits.bits(self.index_bits)?;
        }
        if first > last || last >= self.count() {
            return Err(CmafError::Invalid(WHAT));
        }
        map.clear(bits.bytes());
        let mut rest = group.get(bits.bytes()..).unwrap_or_default();
        for _ in first..last {
            let (size, after) = rest
                .split_at_checked(self.size_bytes)
                .ok_or(CmafError::Truncated(WHAT))?;
            let size = size
                .iter()
                .rev()
                .fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
            let (tile, after) = after
                .split_at_checked(size + 1)
                .ok_or(CmafError::Truncated(WHAT))?;
            map.slice(self.size_bytes, tile.len());
            rest = after;
        }
        map.slice(0, rest.len());
        Ok(last - first + 1)
    }
}

fn read_uniform(bits: &mut Bits<'_>, grid: &Grid) -> Result<(u32, u32, u32), CmafError> {
    let max_log2_columns = tile_log2(1, grid.columns.min(MAX_TILE_COLS));
    let log2_columns = read_log2(bits, grid.min_log2_columns, max_log2_columns)?;
    let width = (grid.columns + (1 << log2_columns) - 1) >> log2_columns;
    let min_log2_rows = grid.min_log2.saturating_sub(log2_columns);
    let max_log2_rows = tile_log2(1, grid.rows.min(MAX_TILE_ROWS));
    let log2_rows = read_log2(bits, min_log2_rows, max_log2_rows)?;
    let height = (grid.rows + (1 << log2_rows) - 1) >> log2_rows;
    if width == 0 || height == 0 {
        return Err(bits.invalid());
    }
    let (columns, rows) = (grid.columns.div_ceil(width), grid.rows.div_ceil(height));
    Ok((columns, rows, log2_columns + log2_rows))
}

fn read_log2(bits: &mut Bits<'_>, least: u32, most: u32) -> Result<u32, CmafError> {
    let mut log2 = least;
    while log2 < most && bits.bit()? {
        log2 += 1;
    }
    Ok(log2)
}

fn read_sizes(bits: &mut Bits<'_>, grid: &Grid) -> Result<(u32, u32, u32), CmafError> {
    let (columns, widest) = read_run(bits, grid.columns, grid.max_tile_width)?;
    let area = grid.rows.saturating_mul(grid.columns);
    let max_area = if grid.min_log2 > 0 {
        area >> (grid.min_log2 + 1)
    } else {
        area
    };
    let max_height = (max_area / widest.max(1)).max(1);
    let (rows, _) = read_run(bits, grid.rows, max_height)?;
    Ok((columns, rows, tile_log2(1, columns) + tile_log2(1, rows)))
}

/// Reads sizes until they fill `total`: gives how many there are, and the largest.
fn read_run(bits: &mut Bits<'_>, total: u32, most: u32) -> Result<(u32, u32), CmafError> {
    let (mut left, mut count, mut largest) = (total, 0, 0);
    while left > 0 {
        let size = ns(bits, left.min(most))? + 1;
        left = left.saturating_sub(size);
        largest = largest.max(size);
        count += 1;
    }
    Ok((count, largest))
}
