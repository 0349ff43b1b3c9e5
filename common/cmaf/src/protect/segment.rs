//! Walking a segment: each `moof` is written again, each `mdat` is copied and then ciphered in place.

use std::ops::Range;

use crate::CmafError;
use crate::boxes::{BoxRef, iter};

/// What one `moof` asks of the `mdat` after it.
pub(super) trait Job {
    /// Bytes of the segment that the job still has to see; empty when it is done.
    fn range(&self) -> Range<usize>;

    /// Ciphers `media`, a copy of the segment's bytes from `offset`.
    fn apply(&self, offset: usize, media: &mut [u8]);
}

/// Copies `segment` to `out`; `fragment` writes each `moof` and says what to do to its samples.
///
/// `sidx` and `ssix`, whose sizes would be wrong, are left out. On an error `out` is as it was.
pub(super) fn transform<J: Job>(
    segment: &[u8],
    out: &mut Vec<u8>,
    fragment: impl FnMut(&BoxRef<'_>, &mut Vec<u8>) -> Result<J, CmafError>,
) -> Result<(), CmafError> {
    let start = out.len();
    let outcome = transform_boxes(segment, out, fragment);
    if outcome.is_err() {
        out.truncate(start);
    }
    outcome
}

fn transform_boxes<J: Job>(
    segment: &[u8],
    out: &mut Vec<u8>,
    mut fragment: impl FnMut(&BoxRef<'_>, &mut Vec<u8>) -> Result<J, CmafError>,
) -> Result<(), CmafError> {
    let mut waiting: Option<J> = None;
    for found in iter(segment) {
        let found = found?;
        match (&found.kind.0, waiting.take()) {
            (b"sidx" | b"ssix", None) => {}
            (b"moof", None) => {
                let job = fragment(&found, out)?;
                waiting = (!job.range().is_empty()).then_some(job);
            }
            (b"mdat", Some(job)) => transform_mdat(&found, &job, out)?,
            // Data offsets reach over whatever lies between: nothing may move there.
            (_, Some(_)) => return Err(CmafError::Unsupported("box between moof and mdat")),
            (_, None) => out.extend_from_slice(found.whole),
        }
    }
    match waiting {
        Some(_) => Err(CmafError::Missing("mdat")),
        None => Ok(()),
    }
}

fn transform_mdat<J: Job>(mdat: &BoxRef<'_>, job: &J, out: &mut Vec<u8>) -> Result<(), CmafError> {
    let needed = job.range();
    if needed.start < mdat.payload_offset() || needed.end > mdat.end() {
        return Err(CmafError::Invalid("sample outside its mdat"));
    }
    out.extend_from_slice(mdat.whole);
    let media_at = out.len() - mdat.payload.len();
    let media = out.get_mut(media_at..).unwrap_or_default();
    job.apply(mdat.payload_offset(), media);
    Ok(())
}

/// The smallest range that covers all of `ranges`; empty where all of them are.
pub(super) fn cover(ranges: impl Iterator<Item = Range<usize>>) -> Range<usize> {
    ranges
        .filter(|range| !range.is_empty())
        .reduce(|all, range| all.start.min(range.start)..all.end.max(range.end))
        .unwrap_or_default()
}
