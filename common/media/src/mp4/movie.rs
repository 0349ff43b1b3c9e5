//! `moov`: the movie box (ISO/IEC 14496-12, 8.2).

use super::{
    boxes::{boxes, find, u32_at, versioned},
    track::Track,
};

/// Defaults of one track's fragments (`trex`, 8.8.3).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FragmentDefaults {
    pub(super) duration: u32,
    pub(super) size: u32,
    pub(super) flags: u32,
}

/// The movie box.
#[derive(Debug)]
pub struct Movie {
    /// Ticks per second of edit lists and the movie's duration.
    pub timescale: u32,
    /// Whether samples are, or may be, in movie fragments.
    pub fragmented: bool,
    /// The tracks that make sense, in the file's order.
    pub tracks: Vec<Track>,
    pub(super) defaults: Vec<(u32, FragmentDefaults)>,
}

impl Movie {
    pub(super) fn parse(moov: &[u8]) -> Option<Self> {
        let header = find(moov, b"mvhd")?;
        let timescale = u32::try_from(versioned_timescale(header)?)
            .ok()
            .filter(|scale| *scale > 0)?;
        let tracks = boxes(moov)
            .filter(|b| b.kind == *b"trak")
            .filter_map(|b| Track::parse(b.body))
            .collect();
        let extends = find(moov, b"mvex");
        let defaults = extends.map(|mvex| {
            boxes(mvex)
                .filter(|b| b.kind == *b"trex")
                .filter_map(|b| trex(b.body))
                .collect()
        });
        Some(Self {
            timescale,
            fragmented: extends.is_some(),
            tracks,
            defaults: defaults.unwrap_or_default(),
        })
    }

    /// The track with this id.
    #[must_use]
    pub fn track(&self, id: u32) -> Option<&Track> {
        self.tracks.iter().find(|track| track.id == id)
    }
}

fn versioned_timescale(header: &[u8]) -> Option<u64> {
    let at = if header.first() == Some(&0) { 12 } else { 20 };
    u32_at(header, at).map(u64::from)
}

/// Ticks per second of a header box, and its duration: `mvhd` and `mdhd` begin alike.
pub(super) fn scale_and_duration(header: &[u8]) -> Option<(u32, u64)> {
    let scale = u32::try_from(versioned_timescale(header)?)
        .ok()
        .filter(|scale| *scale > 0)?;
    Some((scale, versioned(header, 16, 24)?))
}

fn trex(body: &[u8]) -> Option<(u32, FragmentDefaults)> {
    let defaults = FragmentDefaults {
        duration: u32_at(body, 12)?,
        size: u32_at(body, 16)?,
        flags: u32_at(body, 20)?,
    };
    Some((u32_at(body, 4)?, defaults))
}
