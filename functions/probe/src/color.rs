//! Colour, from whoever says it: the bit stream first, then the container, then the decoder.

use std::str::FromStr;

use gstreamer_video::{VideoColorRange, VideoColorimetry};
use reeldrop_events::{Color, Transfer};
use reeldrop_media::mp4::TrackColor;

/// Unspecified (ITU-T H.273, tables 2 to 4).
const UNSPECIFIED: u8 = 2;

/// The first value that each source of colour, best first, has for each property.
pub(crate) fn color(named: &[Option<&str>], index: Option<TrackColor>) -> Color {
    let said: Vec<Said> = named
        .iter()
        .flatten()
        .filter_map(|text| VideoColorimetry::from_str(text).ok())
        .map(Said::from)
        .chain(index.map(Said::from))
        .collect();
    let first = |of: fn(&Said) -> u8| {
        said.iter()
            .map(of)
            .find(|value| *value != UNSPECIFIED && *value != 0)
            .unwrap_or(UNSPECIFIED)
    };
    let transfer = first(|said| said.transfer);
    Color {
        primaries: first(|said| said.primaries),
        transfer,
        matrix: first(|said| said.matrix),
        full_range: said
            .iter()
            .find_map(|said| said.full_range)
            .unwrap_or(false),
        dynamic_range: match transfer {
            16 => Transfer::Pq,
            18 => Transfer::Hlg,
            _ => Transfer::Sdr,
        },
    }
}

/// What one source of colour says, in the numbers of H.273.
struct Said {
    primaries: u8,
    transfer: u8,
    matrix: u8,
    full_range: Option<bool>,
}

impl From<VideoColorimetry> for Said {
    fn from(colorimetry: VideoColorimetry) -> Self {
        let number = |iso: u32| u8::try_from(iso).unwrap_or(UNSPECIFIED);
        Self {
            primaries: number(colorimetry.primaries().to_iso()),
            transfer: number(colorimetry.transfer().to_iso()),
            matrix: number(colorimetry.matrix().to_iso()),
            full_range: [
                (VideoColorRange::Range0_255, true),
                (VideoColorRange::Range16_235, false),
            ]
            .into_iter()
            .find_map(|(range, full)| (colorimetry.range() == range).then_some(full)),
        }
    }
}

impl From<TrackColor> for Said {
    fn from(color: TrackColor) -> Self {
        let number = |value: u16| u8::try_from(value).unwrap_or(UNSPECIFIED);
        Self {
            primaries: number(color.primaries),
            transfer: number(color.transfer),
            matrix: number(color.matrix),
            full_range: color.full_range,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bit_streams_range_wins_over_the_containers_names() {
        reeldrop_media::init().unwrap();
        let full = color(&[Some("1:0:0:0"), Some("bt709")], None);
        assert_eq!(
            (full.primaries, full.transfer, full.matrix, full.full_range),
            (1, 1, 1, true)
        );
    }

    #[test]
    fn hdr_is_known_by_its_transfer_function() {
        reeldrop_media::init().unwrap();
        assert_eq!(
            color(&[Some("bt2100-hlg")], None).dynamic_range,
            Transfer::Hlg
        );
        assert_eq!(
            color(&[Some("bt2100-pq")], None).dynamic_range,
            Transfer::Pq
        );
        let nclx = TrackColor {
            primaries: 9,
            transfer: 16,
            matrix: 9,
            full_range: Some(false),
        };
        assert_eq!(color(&[None], Some(nclx)).dynamic_range, Transfer::Pq);
    }

    #[test]
    fn what_nobody_says_is_unspecified() {
        let none = color(&[], None);
        assert_eq!(
            (none.primaries, none.transfer, none.matrix, none.full_range),
            (2, 2, 2, false)
        );
    }
}
