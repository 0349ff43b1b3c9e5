//! `sgpd` and `sbgp` of type `seig`: samples that are protected otherwise than their track says
//! (ISO/IEC 23001-7, 6; ISO/IEC 14496-12, 8.9).

use super::{BoxRef, Cursor};
use crate::CmafError;

const KIND: &[u8; 4] = b"seig";
/// ISO/IEC 14496-12, 8.9.4: indexes of groups that the same `traf` describes begin after this.
const LOCAL: u32 = 0x1_0000;

/// Whether `found` is a `sgpd` or `sbgp` of this type.
pub(crate) fn is_seig(found: &BoxRef<'_>) -> Result<bool, CmafError> {
    if !(found.kind == b"sgpd" || found.kind == b"sbgp") {
        return Ok(false);
    }
    let (_, _, content) = found.full()?;
    Ok(content.starts_with(KIND))
}

/// Whether the groups of `traf` say that all of its samples are clear; `None` without groups.
///
/// # Errors
/// [`CmafError::Unsupported`] where they say anything else: single samples, another key.
pub(crate) fn all_clear(traf: &BoxRef<'_>, sample_count: usize) -> Result<Option<bool>, CmafError> {
    let (mut clear, mut covered) = (None, None);
    for found in traf.children() {
        let found = found?;
        if !is_seig(&found)? {
            continue;
        }
        if found.kind == b"sgpd" {
            clear = Some(describes_clear(&found)?);
        } else {
            covered = covers(&found, sample_count)?;
        }
    }
    match (clear, covered) {
        (_, None) => Ok(None),
        (Some(true), Some(true)) => Ok(Some(true)),
        _ => Err(CmafError::Unsupported("protection by sample groups")),
    }
}

fn describes_clear(sgpd: &BoxRef<'_>) -> Result<bool, CmafError> {
    let (version, _, content) = sgpd.full()?;
    let mut cursor = Cursor::new(content, "sgpd");
    cursor.take(KIND.len())?;
    let length = cursor.u32()?;
    let count = cursor.u32()?;
    if version != 1 || length < 20 || count != 1 {
        return Ok(false);
    }
    cursor.take(2)?;
    Ok(cursor.u8()? == 0)
}

/// Whether one run puts all samples into the first group of the `traf`; none without runs.
fn covers(sbgp: &BoxRef<'_>, sample_count: usize) -> Result<Option<bool>, CmafError> {
    let (version, _, content) = sbgp.full()?;
    let mut cursor = Cursor::new(content, "sbgp");
    cursor.take(if version == 0 { 4 } else { 8 })?;
    match cursor.u32()? {
        0 => Ok(None),
        1 => {
            let (count, group) = (cursor.u32()?, cursor.u32()?);
            Ok(Some(
                usize::try_from(count) == Ok(sample_count) && group == LOCAL + 1,
            ))
        }
        _ => Ok(Some(false)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{boxed, full_boxed, iter};
    use super::*;

    /// Says of all `sample_count` samples of a `traf` that they are clear.
    fn write_clear(out: &mut Vec<u8>, sample_count: u32) {
        full_boxed(out, b"sgpd", 1, 0, |out| {
            out.extend_from_slice(KIND);
            out.extend(20_u32.to_be_bytes());
            out.extend(1_u32.to_be_bytes());
            // Reserved, pattern, isProtected, size of vectors, key id: all 0.
            out.extend([0; 20]);
        });
        full_boxed(out, b"sbgp", 0, 0, |out| {
            out.extend_from_slice(KIND);
            out.extend(1_u32.to_be_bytes());
            out.extend(sample_count.to_be_bytes());
            out.extend((LOCAL + 1).to_be_bytes());
        });
    }

    fn traf(content: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        boxed(&mut out, b"traf", content);
        out
    }

    fn read(traf: &[u8], count: usize) -> Result<Option<bool>, CmafError> {
        all_clear(&iter(traf).next().unwrap().unwrap(), count)
    }

    #[test]
    fn clear_groups_are_read_as_they_were_written() {
        let clear = traf(|out| write_clear(out, 7));
        assert_eq!(read(&clear, 7), Ok(Some(true)));
        assert_eq!(read(&traf(|_| {}), 7), Ok(None));
    }

    #[test]
    fn a_group_of_some_samples_or_of_another_key_is_refused() {
        let clear = traf(|out| write_clear(out, 7));
        assert!(read(&clear, 8).is_err());
        let mut protected = clear.clone();
        // isProtected, after the headers and the counts.
        protected[8 + 12 + 12 + 2] = 1;
        assert!(read(&protected, 7).is_err());
    }
}
