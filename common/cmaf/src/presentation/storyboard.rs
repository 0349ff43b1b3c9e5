//! Pictures for the seek bar.

use super::Span;

/// Sheets of small pictures, laid out row by row.
///
/// They do not depend on the package. Addresses are relative to the manifests' folder:
/// `../storyboard/{n:03}.jpg`, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storyboard {
    /// Width of one picture in pixels.
    pub tile_width: u32,
    /// Height of one picture in pixels.
    pub tile_height: u32,
    /// Pictures in a row of a sheet.
    pub columns: u32,
    /// Rows of a sheet.
    pub rows: u32,
    /// How long one picture stands for.
    pub tile: Span,
    /// Size of each sheet in bytes.
    pub sheets: Vec<u64>,
}

impl Storyboard {
    /// How long a full sheet stands for.
    pub(crate) fn sheet(&self) -> Span {
        let tiles = u64::from(self.columns) * u64::from(self.rows);
        Span {
            ticks: self.tile.ticks * tiles,
            timescale: self.tile.timescale,
        }
    }

    /// Durations of the sheets of a title of that length: the last may stand for less.
    pub(crate) fn spans(&self, length: Span) -> Vec<Span> {
        let full = self.sheet();
        let scale = u128::from(full.timescale);
        let all = u128::from(length.ticks) * scale / u128::from(length.timescale);
        let all = u64::try_from(all).unwrap_or(u64::MAX);
        let spans = (0..self.sheets.len() as u64).map(|number| Span {
            ticks: all.saturating_sub(number * full.ticks).min(full.ticks),
            timescale: full.timescale,
        });
        spans.collect()
    }

    /// Peak bit rate in bits per second, rounded up: the largest sheet over its time.
    pub(crate) fn bandwidth_bps(&self, length: Span) -> u64 {
        let rate = |(bytes, span): (&u64, Span)| {
            let bits = u128::from(*bytes) * 8 * u128::from(span.timescale);
            bits.div_ceil(u128::from(span.ticks.max(1)))
        };
        let peak = self.sheets.iter().zip(self.spans(length)).map(rate).max();
        u64::try_from(peak.unwrap_or(0)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sheet_ends_with_the_title() {
        let storyboard = Storyboard {
            tile_width: 160,
            tile_height: 90,
            columns: 10,
            rows: 10,
            tile: Span {
                ticks: 2_000,
                timescale: 1_000,
            },
            sheets: vec![50_000, 10_000],
        };
        let length = Span {
            ticks: 220_500,
            timescale: 1_000,
        };
        let ticks: Vec<_> = storyboard
            .spans(length)
            .iter()
            .map(|span| span.ticks)
            .collect();
        assert_eq!(ticks, [200_000, 20_500]);
        // 10 kB in 20.5 s are more than 50 kB in 200 s.
        assert_eq!(
            storyboard.bandwidth_bps(length),
            80_000 * 1_000 / 20_500 + 1
        );
    }
}
