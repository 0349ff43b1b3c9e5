//! Reading a `moof`: where each sample lies and when it is decoded.

use std::ops::Range;

use crate::CmafError;
use crate::boxes::tfhd::{Defaults, Tfhd, read_tfdt};
use crate::boxes::trun::Trun;
use crate::boxes::{BoxRef, boxed, iter};
use crate::fragment::MAX_SAMPLES;

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
    pub(super) samples: Vec<SampleAt>,
    pub(super) senc: Option<BoxRef<'a>>,
    /// Whether sample groups change the protection of single samples.
    pub(super) has_seig: bool,
}

/// Reads the track fragments of `moof`, which lies in `segment`.
///
/// `defaults` gives those of a track's `trex`.
pub(super) fn read<'a>(
    segment: &[u8],
    moof: &BoxRef<'a>,
    defaults: impl Fn(u32) -> Defaults,
) -> Result<Vec<TrackFragment<'a>>, CmafError> {
    let mut fragments = Vec::new();
    let mut left = MAX_SAMPLES;
    for found in moof.children() {
        let traf = found?;
        if traf.kind != b"traf" {
            continue;
        }
        let fragment = read_traf(
            segment,
            moof.offset,
            &traf,
            fragments.is_empty(),
            left,
            &defaults,
        )?;
        left -= fragment.samples.len();
        fragments.push(fragment);
    }
    Ok(fragments)
}

fn read_traf<'a>(
    segment: &[u8],
    moof_start: usize,
    traf: &BoxRef<'a>,
    first: bool,
    most: usize,
    defaults: &impl Fn(u32) -> Defaults,
) -> Result<TrackFragment<'a>, CmafError> {
    let tfhd = traf
        .children()
        .find(b"tfhd")?
        .ok_or(CmafError::Missing("tfhd"))?;
    let tfhd = Tfhd::read(&tfhd)?;
    // ISO/IEC 14496-12, 8.8.7.1. The older bases are no part of CMAF (ISO/IEC 23000-19, 7.5.16).
    if tfhd.base_data_offset.is_some() || !(tfhd.base_is_moof || first) {
        return Err(CmafError::Unsupported(
            "track fragment whose data offsets are not of its moof",
        ));
    }
    let start = match traf.children().find(b"tfdt")? {
        Some(tfdt) => read_tfdt(&tfdt)?,
        None => return Err(CmafError::Missing("tfdt")),
    };
    let mut runs = Runs {
        segment_len: segment.len(),
        base: moof_start,
        defaults: tfhd.defaults(defaults(tfhd.track_id)),
        position: moof_start,
        decode_time: start,
        most,
        samples: Vec::new(),
    };
    let mut fragment = TrackFragment {
        track_id: tfhd.track_id,
        samples: Vec::new(),
        senc: None,
        has_seig: false,
    };
    for found in traf.children() {
        let found = found?;
        match &found.kind.0 {
            b"trun" => runs.add(&found)?,
            b"senc" => fragment.senc = Some(found),
            b"sgpd" | b"sbgp" => fragment.has_seig |= groups_by(&found, b"seig")?,
            _ => {}
        }
    }
    fragment.samples = runs.samples;
    Ok(fragment)
}

fn groups_by(found: &BoxRef<'_>, kind: &[u8; 4]) -> Result<bool, CmafError> {
    let (_, _, content) = found.full()?;
    Ok(content.starts_with(kind))
}

/// Adds up runs.
struct Runs {
    segment_len: usize,
    base: usize,
    defaults: Defaults,
    position: usize,
    decode_time: u64,
    most: usize,
    samples: Vec<SampleAt>,
}

impl Runs {
    fn add(&mut self, trun: &BoxRef<'_>) -> Result<(), CmafError> {
        let mut run = Trun::read(trun)?;
        if let Some(offset) = run.data_offset {
            let offset = isize::try_from(offset).map_err(|_| CmafError::TooLarge("data offset"))?;
            self.position = self
                .base
                .checked_add_signed(offset)
                .ok_or(CmafError::Invalid("data offset"))?;
        }
        let count = usize::try_from(run.sample_count).unwrap_or(usize::MAX);
        // A count costs nothing to claim where all samples have default sizes.
        if count > self.most - self.samples.len() {
            return Err(CmafError::TooLarge("number of samples"));
        }
        for _ in 0..count {
            let sample = run.next(self.defaults)?;
            let size = usize::try_from(sample.size).map_err(|_| CmafError::TooLarge("sample"))?;
            let end = self
                .position
                .checked_add(size)
                .filter(|end| *end <= self.segment_len);
            let end = end.ok_or(CmafError::Truncated("segment"))?;
            self.samples.push(SampleAt {
                range: self.position..end,
                decode_time: self.decode_time,
            });
            self.position = end;
            self.decode_time = self
                .decode_time
                .checked_add(u64::from(sample.duration))
                .ok_or(CmafError::TooLarge("decode time"))?;
        }
        Ok(())
    }
}

/// Copies `moof` to `out` with the track fragments that `write_traf` writes in place of its own,
/// and moves all data offsets by as many bytes as it grew or shrank.
///
/// `write_traf` gets the number of the track fragment and the fragment itself.
pub(super) fn write_moof(
    moof: &BoxRef<'_>,
    out: &mut Vec<u8>,
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
        keep: impl Fn(&BoxRef<'_>) -> bool,
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
    keep: impl Fn(&BoxRef<'_>) -> bool,
) -> Result<(), CmafError> {
    for found in iter(traf.payload) {
        let found = found?;
        if !keep(&found) {
            continue;
        }
        if found.kind == b"trun" && Trun::read(&found)?.data_offset.is_some() {
            let header = found.whole.len() - found.payload.len();
            data_offsets_at.push(out.len() + header + Trun::DATA_OFFSET_AT);
        }
        out.extend_from_slice(found.whole);
    }
    Ok(())
}
