//! `trun`: the samples of a track fragment (ISO/IEC 14496-12, 8.8.8).

use super::tfhd::{Defaults, optional};
use super::{BoxRef, Cursor};
use crate::CmafError;

const DATA_OFFSET: u32 = 0x001;
const FIRST_FLAGS: u32 = 0x004;
const DURATION: u32 = 0x100;
const SIZE: u32 = 0x200;
const FLAGS: u32 = 0x400;
const COMPOSITION: u32 = 0x800;

/// A run of samples, read one by one.
pub(crate) struct Trun<'a> {
    pub(crate) sample_count: u32,
    /// From the base to the first sample's bytes.
    pub(crate) data_offset: Option<i32>,
    flags: u32,
    first_flags: Option<u32>,
    composition_offset: i32,
    entries: Cursor<'a>,
}

impl<'a> Trun<'a> {
    /// Where the data offset stands from the start of the box's content, bytes.
    pub(crate) const DATA_OFFSET_AT: usize = 8;

    pub(crate) fn read(trun: &BoxRef<'a>) -> Result<Self, CmafError> {
        let (_, flags, content) = trun.full()?;
        let mut cursor = Cursor::new(content, "trun");
        let sample_count = cursor.u32()?;
        let data_offset = optional(flags & DATA_OFFSET != 0, || cursor.i32())?;
        let first_flags = optional(flags & FIRST_FLAGS != 0, || cursor.u32())?;
        Ok(Self {
            sample_count,
            data_offset,
            flags,
            first_flags,
            composition_offset: 0,
            entries: cursor,
        })
    }

    /// Presentation time minus decode time of the sample that was read last, ticks.
    pub(crate) fn composition_offset(&self) -> i32 {
        self.composition_offset
    }

    /// The next sample's duration, size and flags; asked at most `sample_count` times.
    pub(crate) fn next(&mut self, defaults: Defaults) -> Result<Defaults, CmafError> {
        let duration = optional(self.flags & DURATION != 0, || self.entries.u32())?;
        let size = optional(self.flags & SIZE != 0, || self.entries.u32())?;
        let flags = optional(self.flags & FLAGS != 0, || self.entries.u32())?;
        let offset = optional(self.flags & COMPOSITION != 0, || self.entries.u32())?;
        let offset = offset.unwrap_or(0);
        // Version 0 has no negative offsets, but writers that use them all the same.
        self.composition_offset = offset.cast_signed();
        let first = self.first_flags.take();
        Ok(Defaults {
            flags: flags.or(first).unwrap_or(defaults.flags),
            sample_description: defaults.sample_description,
            duration: duration.unwrap_or(defaults.duration),
            size: size.unwrap_or(defaults.size),
        })
    }
}
