//! The samples of a segment, and writing its `moof`s again.

use std::ops::Range;

use crate::CmafError;
use crate::boxes::tenc::Tenc;
use crate::boxes::tfhd::Defaults;
use crate::boxes::trun::Trun;
use crate::boxes::{BoxRef, boxed, iter, seig};
use crate::moof;

/// One sample of a segment.
#[derive(Clone)]
pub(super) struct SampleAt {
    /// Its bytes in the segment.
    pub(super) range: Range<usize>,
    /// Ticks.
    pub(super) decode_time: u64,
}

/// One `traf`.
pub(super) struct TrackFragment<'a> {
    pub(super) track_id: u32,
    /// Number of the sample entry, from 1.
    pub(super) sample_description: u32,
    pub(super) samples: Vec<SampleAt>,
    pub(super) senc: Option<BoxRef<'a>>,
    /// How sample groups say that all samples are protected, where there are any.
    pub(super) group: Option<Tenc>,
}

/// Reads the track fragments of `moof`, which lies in `segment`.
///
/// `defaults` gives those of a track's `trex`.
pub(super) fn read<'a>(
    segment: &[u8],
    moof: &BoxRef<'a>,
    defaults: impl Fn(u32) -> Defaults,
) -> Result<Vec<TrackFragment<'a>>, CmafError> {
    let fragments = moof::read(moof, defaults)?;
    let fragments = fragments
        .iter()
        .map(|fragment| TrackFragment::of(segment.len(), moof.offset, fragment));
    fragments.collect()
}

impl<'a> TrackFragment<'a> {
    fn of(
        segment_len: usize,
        moof_start: usize,
        fragment: &moof::TrackFragment<'a>,
    ) -> Result<Self, CmafError> {
        let mut samples = Vec::with_capacity(fragment.samples.len());
        let mut decode_time = fragment.base_decode_time;
        for sample in &fragment.samples {
            let start = usize::try_from(sample.offset).ok();
            let start = start.and_then(|start| moof_start.checked_add(start));
            let size = usize::try_from(sample.info.size).ok();
            let end = start
                .zip(size)
                .and_then(|(start, size)| start.checked_add(size));
            let range = start.zip(end.filter(|end| *end <= segment_len));
            let (start, end) = range.ok_or(CmafError::Truncated("segment"))?;
            samples.push(SampleAt {
                range: start..end,
                decode_time,
            });
            decode_time = decode_time
                .checked_add(u64::from(sample.info.duration))
                .ok_or(CmafError::TooLarge("decode time"))?;
        }
        Ok(Self {
            track_id: fragment.track_id,
            sample_description: fragment.sample_description,
            group: seig::group(&fragment.traf, samples.len())?,
            senc: fragment.traf.children().find(b"senc")?,
            samples,
        })
    }
}

/// Copies `moof` to `out` with the track fragments that `write_traf` writes in place of its own and
/// `more` at its end, and moves all data offsets by as many bytes as it grew or shrank.
///
/// `write_traf` gets the number of the track fragment and the fragment itself.
pub(super) fn write_moof(
    moof: &BoxRef<'_>,
    out: &mut Vec<u8>,
    more: &[u8],
    mut write_traf: impl FnMut(usize, &BoxRef<'_>, &mut MoofWriter<'_>) -> Result<(), CmafError>,
) -> Result<(), CmafError> {
    let start = out.len();
    let mut outcome = Ok(());
    let mut data_offsets_at = Vec::new();
    boxed(out, b"moof", |out| {
        let mut writer = MoofWriter {
            out,
            start,
            data_offsets_at: &mut data_offsets_at,
        };
        outcome = write_children(moof, &mut writer, &mut write_traf);
        out.extend_from_slice(more);
    });
    outcome?;
    let moved = i32::try_from(out.len() - start)
        .ok()
        .zip(i32::try_from(moof.whole.len()).ok())
        .map(|(new, old)| new - old)
        .ok_or(CmafError::TooLarge("moof"))?;
    for at in data_offsets_at {
        let field: Option<&mut [u8; 4]> = out
            .get_mut(at..at + 4)
            .and_then(|field| field.try_into().ok());
        let field = field.ok_or(CmafError::Truncated("trun"))?;
        let offset = i32::from_be_bytes(*field).checked_add(moved);
        *field = offset
            .ok_or(CmafError::TooLarge("data offset"))?
            .to_be_bytes();
    }
    Ok(())
}

fn write_children(
    moof: &BoxRef<'_>,
    writer: &mut MoofWriter<'_>,
    write_traf: &mut impl FnMut(usize, &BoxRef<'_>, &mut MoofWriter<'_>) -> Result<(), CmafError>,
) -> Result<(), CmafError> {
    let mut index = 0;
    for found in moof.children() {
        let found = found?;
        found.check_sized()?;
        match &found.kind.0 {
            b"traf" => {
                write_traf(index, &found, writer)?;
                index += 1;
            }
            // Initialisation data of key systems belongs to the old protection.
            b"pssh" => {}
            _ => writer.out.extend_from_slice(found.whole),
        }
    }
    Ok(())
}

/// What becomes of a box in a `traf`.
pub(super) enum Kept {
    Whole,
    Not,
    /// These bytes stand in its place; never of a `trun`.
    Instead(Vec<u8>),
}

/// A `moof` that is being written.
pub(super) struct MoofWriter<'a> {
    pub(super) out: &'a mut Vec<u8>,
    /// Where the `moof` begins in `out`.
    pub(super) start: usize,
    data_offsets_at: &'a mut Vec<usize>,
}

impl MoofWriter<'_> {
    /// Writes a `traf` with the boxes of `traf` that `keep` keeps, and then what `more` writes.
    pub(super) fn traf(
        &mut self,
        traf: &BoxRef<'_>,
        keep: impl Fn(&BoxRef<'_>) -> Result<Kept, CmafError>,
        more: impl FnOnce(&mut Vec<u8>, usize) -> Result<(), CmafError>,
    ) -> Result<(), CmafError> {
        let mut outcome = Ok(());
        boxed(self.out, b"traf", |out| {
            outcome = copy_kept(traf, out, self.data_offsets_at, keep)
                .and_then(|()| more(out, self.start));
        });
        outcome
    }
}

fn copy_kept(
    traf: &BoxRef<'_>,
    out: &mut Vec<u8>,
    data_offsets_at: &mut Vec<usize>,
    keep: impl Fn(&BoxRef<'_>) -> Result<Kept, CmafError>,
) -> Result<(), CmafError> {
    for found in iter(traf.payload) {
        let found = found?;
        found.check_sized()?;
        match keep(&found)? {
            Kept::Whole => {}
            Kept::Not => continue,
            Kept::Instead(whole) => {
                out.extend_from_slice(&whole);
                continue;
            }
        }
        if found.kind == b"trun" && Trun::read(&found)?.data_offset.is_some() {
            let header = found.whole.len() - found.payload.len();
            data_offsets_at.push(out.len() + header + Trun::DATA_OFFSET_AT);
        }
        out.extend_from_slice(found.whole);
    }
    Ok(())
}
