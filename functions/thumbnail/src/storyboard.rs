//! Sprite sheets for the seek bar, and the cues that point into them.

use std::fmt::Write;

use image::{RgbImage, imageops};
use reeldrop_events::Tiles;

use crate::{
    Error,
    moments::{MAX_TILES, Moments},
    poster::jpeg,
};

/// Longest side of a tile, pixels.
pub(crate) const TILE_SIDE: u32 = 160;

/// Tiles in a row of a sheet, and rows of a sheet.
const COLUMNS: usize = 10;
const ROWS: usize = 10;

/// A player takes all sheets to be laid out alike, and the last one is no larger than it has to be.
const _: () = assert!(MAX_TILES as usize <= COLUMNS * ROWS, "one sheet holds all");

const QUALITY: u8 = 75;

/// The sheets of a storyboard, and how they are laid out.
#[derive(Debug)]
pub(crate) struct Storyboard {
    /// JPEG.
    pub(crate) sheets: Vec<Vec<u8>>,
    pub(crate) tiles: Tiles,
}

/// Lays tiles into sheets, row by row.
pub(crate) fn lay(tiles: &[&RgbImage], moments: &Moments) -> Result<Storyboard, Error> {
    let (width, height) = tiles[0].dimensions();
    let columns = tiles.len().min(COLUMNS) as u32;
    let rows = tiles.len().div_ceil(COLUMNS).min(ROWS) as u32;
    let mut sheets = Vec::new();
    for tiles in tiles.chunks(COLUMNS * ROWS) {
        let mut sheet = RgbImage::new(columns * width, rows * height);
        for (at, tile) in tiles.iter().enumerate() {
            let (x, y) = place(at, (width, height));
            imageops::replace(&mut sheet, *tile, i64::from(x), i64::from(y));
        }
        sheets.push(jpeg(&sheet, QUALITY)?);
    }
    let tiles = Tiles {
        width,
        height,
        columns,
        rows,
        interval_ms: moments.interval_ms(),
        sheet_bytes: sheets.iter().map(|sheet| sheet.len() as u64).collect(),
    };
    Ok(Storyboard { sheets, tiles })
}

/// WebVTT whose cues name a sheet beside it and a rectangle in it (Media Fragments URI, 4.2.2).
pub(crate) fn cues(moments: &Moments, tile: (u32, u32)) -> String {
    let mut cues = "WEBVTT\n".to_owned();
    for at in 0..moments.tiles {
        let start = at as u64 * moments.interval_ns;
        let end = (start + moments.interval_ns).min(moments.duration_ns);
        let sheet = at / (COLUMNS * ROWS);
        let (x, y) = place(at % (COLUMNS * ROWS), tile);
        // Writing to a string never fails.
        let _ = write!(
            cues,
            "\n{} --> {}\n{sheet:03}.jpg#xywh={x},{y},{},{}\n",
            timestamp(start),
            timestamp(end),
            tile.0,
            tile.1
        );
    }
    cues
}

fn place(at: usize, (width, height): (u32, u32)) -> (u32, u32) {
    (
        (at % COLUMNS) as u32 * width,
        (at / COLUMNS) as u32 * height,
    )
}

/// Rounded up, so that a title of less than a millisecond still has a cue with a length.
fn timestamp(ns: u64) -> String {
    let ms = ns.div_ceil(1_000_000);
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        ms / 3_600_000,
        ms / 60_000 % 60,
        ms / 1_000 % 60,
        ms % 1_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_meet_end_with_the_title_and_point_into_their_sheet() {
        let moments = Moments::of(3_723_004_000_000);
        let cues = cues(&moments, (160, 90));
        assert!(
            cues.starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:37.231\n000.jpg#xywh=0,0,160,90\n")
        );
        assert!(cues.ends_with("--> 01:02:03.004\n000.jpg#xywh=1440,810,160,90\n"));
        assert_eq!(cues.matches("-->").count(), 100);
    }
}
