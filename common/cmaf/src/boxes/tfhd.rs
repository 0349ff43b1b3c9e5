//! `tfhd` and `trex`: what samples are by default (ISO/IEC 14496-12, 8.8.3 and 8.8.7).

use super::{BoxRef, Cursor, full_boxed};
use crate::CmafError;

/// Sample defaults of a track, or of a track fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// Ticks.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// Flags of 8.8.3.1.
    pub flags: u32,
    /// Number of the sample entry, from 1.
    pub sample_description: u32,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            duration: 0,
            size: 0,
            flags: 0,
            sample_description: 1,
        }
    }
}

/// A track fragment header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tfhd {
    pub(crate) track_id: u32,
    pub(crate) base_data_offset: Option<u64>,
    /// Whether data offsets count from the `moof` in every track fragment.
    pub(crate) base_is_moof: bool,
    sample_description: Option<u32>,
    duration: Option<u32>,
    size: Option<u32>,
    flags: Option<u32>,
}

impl Tfhd {
    pub(crate) fn read(tfhd: &BoxRef<'_>) -> Result<Self, CmafError> {
        let (_, flags, content) = tfhd.full()?;
        let mut cursor = Cursor::new(content, "tfhd");
        let track_id = cursor.u32()?;
        let base_data_offset = optional(flags & 1 != 0, || cursor.u64())?;
        Ok(Self {
            track_id,
            base_data_offset,
            sample_description: optional(flags & 2 != 0, || cursor.u32())?,
            base_is_moof: flags & 0x02_0000 != 0,
            duration: optional(flags & 8 != 0, || cursor.u32())?,
            size: optional(flags & 0x10 != 0, || cursor.u32())?,
            flags: optional(flags & 0x20 != 0, || cursor.u32())?,
        })
    }

    /// Its own defaults, or else the track's.
    pub(crate) fn defaults(&self, track: Defaults) -> Defaults {
        Defaults {
            duration: self.duration.unwrap_or(track.duration),
            size: self.size.unwrap_or(track.size),
            flags: self.flags.unwrap_or(track.flags),
            sample_description: self.sample_description.unwrap_or(track.sample_description),
        }
    }
}

/// Writes `tfhd` again without the number of its sample entry.
pub(crate) fn without_sample_description(tfhd: &BoxRef<'_>) -> Result<Vec<u8>, CmafError> {
    let (version, flags, content) = tfhd.full()?;
    let head = 4 + if flags & 1 != 0 { 8 } else { 0 };
    let index = if flags & 2 != 0 { 4 } else { 0 };
    let mut cursor = Cursor::new(content, "tfhd");
    let head = cursor.take(head)?;
    cursor.take(index)?;
    let mut out = Vec::with_capacity(tfhd.whole.len());
    full_boxed(&mut out, b"tfhd", version, flags & !2, |out| {
        out.extend_from_slice(head);
        out.extend_from_slice(cursor.rest());
    });
    Ok(out)
}

/// Reads `trex`: the track's id and defaults.
pub(crate) fn read_trex(trex: &BoxRef<'_>) -> Result<(u32, Defaults), CmafError> {
    let (_, _, content) = trex.full()?;
    let mut cursor = Cursor::new(content, "trex");
    let track_id = cursor.u32()?;
    let sample_description = cursor.u32()?;
    Ok((
        track_id,
        Defaults {
            sample_description,
            duration: cursor.u32()?,
            size: cursor.u32()?,
            flags: cursor.u32()?,
        },
    ))
}

/// Reads `tfdt` (8.8.12): the decode time of the first sample, ticks.
pub(crate) fn read_tfdt(tfdt: &BoxRef<'_>) -> Result<u64, CmafError> {
    let (version, _, content) = tfdt.full()?;
    let mut cursor = Cursor::new(content, "tfdt");
    if version == 0 {
        cursor.u32().map(u64::from)
    } else {
        cursor.u64()
    }
}

pub(super) fn optional<T>(
    present: bool,
    read: impl FnOnce() -> Result<T, CmafError>,
) -> Result<Option<T>, CmafError> {
    if present { read().map(Some) } else { Ok(None) }
}
