//! `sgpd` and `sbgp` of type `seig`: samples that are protected otherwise than their track says
//! (ISO/IEC 23001-7, 6; ISO/IEC 14496-12, 8.9).

use super::tenc::Tenc;
use super::{BoxRef, Cursor, full_boxed};
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

/// How the groups of `traf` say that all of its samples are protected; none without groups.
///
/// # Errors
/// [`CmafError::Unsupported`] where they say it of single samples.
pub(crate) fn group(traf: &BoxRef<'_>, sample_count: usize) -> Result<Option<Tenc>, CmafError> {
    let (mut described, mut covered) = (None, None);
    for found in traf.children() {
        let found = found?;
        if !is_seig(&found)? {
            continue;
        }
        if found.kind == b"sgpd" {
            described = describes(&found)?;
        } else {
            covered = covers(&found, sample_count)?;
        }
    }
    match (described, covered) {
        (_, None) => Ok(None),
        (Some(tenc), Some(true)) => Ok(Some(tenc)),
        _ => Err(CmafError::Unsupported("protection by sample groups")),
    }
}

/// Writes that all `sample_count` samples of a `traf` are protected as `tenc` says.
pub(crate) fn write(out: &mut Vec<u8>, tenc: &Tenc, sample_count: u32) {
    let mut description = Vec::new();
    tenc.write_fields(&mut description);
    full_boxed(out, b"sgpd", 1, 0, |out| {
        out.extend_from_slice(KIND);
        // A description is some tens of bytes.
        out.extend((description.len() as u32).to_be_bytes());
        out.extend(1_u32.to_be_bytes());
        out.extend_from_slice(&description);
    });
    full_boxed(out, b"sbgp", 0, 0, |out| {
        out.extend_from_slice(KIND);
        out.extend(1_u32.to_be_bytes());
        out.extend(sample_count.to_be_bytes());
        out.extend((LOCAL + 1).to_be_bytes());
    });
}

/// The only description; none where there are others, or none that is known.
fn describes(sgpd: &BoxRef<'_>) -> Result<Option<Tenc>, CmafError> {
    let (version, _, content) = sgpd.full()?;
    let mut cursor = Cursor::new(content, "sgpd");
    cursor.take(KIND.len())?;
    let length = cursor.u32()?;
    let count = cursor.u32()?;
    if version != 1 || length < 20 || count != 1 {
        return Ok(None);
    }
    Tenc::read_fields(&mut cursor).map(Some)
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
    use uuid::Uuid;

    use super::super::tenc::{Iv, Pattern};
    use super::super::{boxed, iter};
    use super::*;

    fn clear() -> Tenc {
        Tenc {
            pattern: Pattern::default(),
            is_protected: false,
            iv: Iv::PerSample { bytes: 0 },
            kid: Uuid::nil(),
        }
    }

    fn traf(content: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        boxed(&mut out, b"traf", content);
        out
    }

    fn read(traf: &[u8], count: usize) -> Result<Option<Tenc>, CmafError> {
        group(&iter(traf).next().unwrap().unwrap(), count)
    }

    #[test]
    fn groups_are_read_as_they_were_written() {
        let protected = Tenc {
            pattern: Pattern { crypt: 1, skip: 9 },
            is_protected: true,
            iv: Iv::Constant([7; 16]),
            kid: Uuid::from_u128(5),
        };
        for tenc in [clear(), protected] {
            let found = traf(|out| write(out, &tenc, 7));
            assert_eq!(read(&found, 7), Ok(Some(tenc)));
            assert!(read(&found, 8).is_err(), "of some samples");
        }
        assert_eq!(read(&traf(|_| {}), 7), Ok(None));
    }

    #[test]
    fn a_description_cut_short_is_refused() {
        let mut found = traf(|out| write(out, &clear(), 7));
        // isProtected, after the headers and the counts: the vector that has to follow is not there.
        found[8 + 12 + 12 + 2] = 1;
        assert!(read(&found, 7).is_err());
    }
}
