//! `elst`: where a track's presentation begins (ISO/IEC 14496-12, 8.6.6).

use crate::CmafError;
use crate::boxes::{BoxRef, Cursor};

/// The most edits that are looked at.
const MAX_EDITS: u32 = 64;

/// Ticks per second of the movie.
pub(super) fn movie_timescale(moov: &BoxRef<'_>) -> Result<u32, CmafError> {
    let mvhd = super::child(moov, b"mvhd", "mvhd")?;
    let (version, _, content) = mvhd.full()?;
    let mut cursor = Cursor::new(content, "mvhd");
    cursor.take(if version == 0 { 8 } else { 16 })?;
    match cursor.u32()? {
        0 => Err(CmafError::Invalid("timescale")),
        timescale => Ok(timescale),
    }
}

/// Presentation time minus composition time, ticks of the track: less than 0 where the track has a
/// lead-in that is not presented, more where it begins late.
///
/// Edits after the first one of media are not followed: what they cut out is presented.
pub(super) fn presentation_offset(
    trak: &BoxRef<'_>,
    movie_timescale: u32,
    timescale: u32,
) -> Result<i64, CmafError> {
    let Some(edts) = trak.children().find(b"edts")? else {
        return Ok(0);
    };
    let Some(elst) = edts.children().find(b"elst")? else {
        return Ok(0);
    };
    let (version, _, content) = elst.full()?;
    let mut cursor = Cursor::new(content, "elst");
    let count = cursor.u32()?.min(MAX_EDITS);
    let mut delay = 0_i64;
    for _ in 0..count {
        let (duration, media_time) = if version == 0 {
            (u64::from(cursor.u32()?), i64::from(cursor.i32()?))
        } else {
            (cursor.u64()?, cursor.u64()?.cast_signed())
        };
        cursor.u32()?;
        if media_time >= 0 {
            return Ok(delay.saturating_sub(media_time));
        }
        let ticks = u128::from(duration) * u128::from(timescale) / u128::from(movie_timescale);
        delay = delay.saturating_add(i64::try_from(ticks).unwrap_or(i64::MAX));
    }
    Ok(delay)
}

#[cfg(test)]
mod tests {
    use super::super::super::boxes::{boxed, full_boxed, iter};
    use super::*;

    fn offset(edits: &[(u32, i32)]) -> i64 {
        let mut out = Vec::new();
        boxed(&mut out, b"trak", |out| {
            boxed(out, b"edts", |out| {
                full_boxed(out, b"elst", 0, 0, |out| {
                    out.extend((edits.len() as u32).to_be_bytes());
                    for (duration, media_time) in edits {
                        out.extend(duration.to_be_bytes());
                        out.extend(media_time.to_be_bytes());
                        out.extend(0x1_0000_u32.to_be_bytes());
                    }
                });
            });
        });
        let trak = iter(&out).next().unwrap().unwrap();
        presentation_offset(&trak, 1000, 48_000).unwrap()
    }

    #[test]
    fn an_edit_begins_late_or_after_a_lead_in() {
        assert_eq!(offset(&[]), 0);
        assert_eq!(offset(&[(5000, 1024)]), -1024);
        assert_eq!(offset(&[(500, -1), (5000, 1024)]), 24_000 - 1024);
    }
}
