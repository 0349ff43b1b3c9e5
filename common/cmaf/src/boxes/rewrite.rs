//! Copying a tree of boxes with changes, where sizes follow by themselves.

use super::{BoxRef, FourCc, boxed, iter};
use crate::CmafError;

/// What becomes of one box.
pub(crate) enum Change {
    /// Copied as it is.
    Keep,
    /// Left out.
    Drop,
    /// These bytes, a whole box, in its place.
    Replace(Vec<u8>),
    /// Copied under another type, or the same: `prefix` bytes as they are, the boxes after them
    /// asked about in their turn, and `suffix` after them.
    Inside {
        kind: FourCc,
        prefix: usize,
        suffix: Vec<u8>,
    },
}

/// Deeper than any path from a `moov` to its sample entries' boxes.
const MAX_DEPTH: usize = 10;

/// Copies the boxes of `data` to `out`, asking `change` about each.
pub(crate) fn rewrite(
    data: &[u8],
    out: &mut Vec<u8>,
    change: &mut impl FnMut(&BoxRef<'_>) -> Result<Change, CmafError>,
) -> Result<(), CmafError> {
    rewrite_at(data, out, change, 0)
}

fn rewrite_at(
    data: &[u8],
    out: &mut Vec<u8>,
    change: &mut impl FnMut(&BoxRef<'_>) -> Result<Change, CmafError>,
    depth: usize,
) -> Result<(), CmafError> {
    if depth > MAX_DEPTH {
        return Err(CmafError::TooLarge("depth of boxes"));
    }
    for found in iter(data) {
        let found = found?;
        if depth > 0 {
            found.check_sized()?;
        }
        match change(&found)? {
            Change::Keep => out.extend_from_slice(found.whole),
            Change::Drop => {}
            Change::Replace(whole) => out.extend_from_slice(&whole),
            Change::Inside {
                kind,
                prefix,
                suffix,
            } => {
                let misfit = CmafError::BoxSize {
                    kind: found.kind,
                    offset: found.offset,
                };
                let (head, boxes) = found.payload.split_at_checked(prefix).ok_or(misfit)?;
                let mut outcome = Ok(());
                boxed(out, &kind.0, |out| {
                    out.extend_from_slice(head);
                    outcome = rewrite_at(boxes, out, change, depth + 1);
                    out.extend_from_slice(&suffix);
                });
                outcome?;
            }
        }
    }
    Ok(())
}
