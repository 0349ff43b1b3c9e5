//! The CMAF header of one track of a movie (ISO/IEC 23000-19, 7.3.1).

use crate::CmafError;
use crate::boxes::rewrite::{Change, rewrite};
use crate::boxes::{BoxRef, Cursor, boxed, full_boxed, iter};
use crate::init::TRACK_ID;

/// Makes the header (init segment) of track `id` alone from `movie`, which holds a `moov` box: the
/// sample entry and all else that describes the track as it is, no samples, no edit list; its id
/// becomes [`TRACK_ID`].
///
/// # Errors
/// [`CmafError`] where `movie` is broken or has no such track.
pub fn single_track_header(movie: &[u8], id: u32) -> Result<Vec<u8>, CmafError> {
    let moov = iter(movie)
        .find(b"moov")?
        .ok_or(CmafError::Missing("moov"))?;
    let mut out = Vec::with_capacity(1024);
    // 7.2: structural brands `cmfc` and `cmf2` (version 1 `trun`, no edit list).
    boxed(&mut out, b"ftyp", |out| {
        out.extend_from_slice(b"iso6\0\0\0\0iso6cmfccmf2dash");
    });
    let mut kept = 0;
    rewrite(moov.whole, &mut out, &mut |found| {
        change(found, id, &mut kept)
    })?;
    if kept == 1 {
        Ok(out)
    } else {
        Err(CmafError::Missing("trak"))
    }
}

fn change(found: &BoxRef<'_>, id: u32, kept: &mut u32) -> Result<Change, CmafError> {
    let inside = |suffix| {
        Ok(Change::Inside {
            kind: found.kind,
            prefix: 0,
            suffix,
        })
    };
    match &found.kind.0 {
        b"moov" => inside(mvex()),
        b"trak" if track_id(found)? != id => Ok(Change::Drop),
        b"trak" => {
            *kept += 1;
            inside(Vec::new())
        }
        b"mdia" | b"minf" => inside(Vec::new()),
        b"mvhd" => header(found, &[Field::Duration(4), Field::NextTrackId]),
        b"tkhd" => header(found, &[Field::TrackId, Field::Duration(8)]),
        b"mdhd" => header(found, &[Field::Duration(4)]),
        b"stbl" => sample_table(found),
        b"hdlr" | b"elng" | b"vmhd" | b"smhd" | b"nmhd" | b"dinf" => Ok(Change::Keep),
        _ => Ok(Change::Drop),
    }
}

fn track_id(trak: &BoxRef<'_>) -> Result<u32, CmafError> {
    let (version, _, content) = super::child(trak, b"tkhd", "tkhd")?.full()?;
    let mut cursor = Cursor::new(content, "tkhd");
    cursor.take(if version == 0 { 8 } else { 16 })?;
    cursor.u32()
}

/// A field of a header that has other content where all samples are in fragments.
enum Field {
    /// 0, this many bytes after the times.
    Duration(usize),
    TrackId,
    /// The last four bytes of `mvhd`.
    NextTrackId,
}

fn header(found: &BoxRef<'_>, fields: &[Field]) -> Result<Change, CmafError> {
    let (version, flags, content) = found.full()?;
    let mut content = content.to_vec();
    let (times, width) = if version == 0 { (8, 4) } else { (16, 8) };
    for field in fields {
        let (at, value) = match field {
            Field::Duration(after) => (times + after, vec![0; width]),
            Field::TrackId => (times, TRACK_ID.to_be_bytes().to_vec()),
            Field::NextTrackId => {
                let last = content.len().saturating_sub(4);
                (last, (TRACK_ID + 1).to_be_bytes().to_vec())
            }
        };
        let place = content.get_mut(at..at + value.len());
        place
            .ok_or(CmafError::Truncated("header of a track"))?
            .copy_from_slice(&value);
    }
    // Times of creation and change too, so that they do not make the same media differ.
    if let Some(times) = content.get_mut(..times) {
        times.fill(0);
    }
    let mut out = Vec::new();
    full_boxed(&mut out, &found.kind.0, version, flags, |out| {
        out.extend(content)
    });
    Ok(Change::Replace(out))
}

/// The sample entry, and tables without samples.
fn sample_table(stbl: &BoxRef<'_>) -> Result<Change, CmafError> {
    let stsd = super::child(stbl, b"stsd", "stsd")?;
    let mut out = Vec::new();
    boxed(&mut out, b"stbl", |out| {
        out.extend_from_slice(stsd.whole);
        for (kind, words) in [(b"stts", 1), (b"stsc", 1), (b"stsz", 2), (b"stco", 1)] {
            full_boxed(out, kind, 0, 0, |out| out.resize(out.len() + words * 4, 0));
        }
    });
    Ok(Change::Replace(out))
}

// 7.7.3, brand `cmf2`: defaults stand in each fragment, none here.
fn mvex() -> Vec<u8> {
    let mut out = Vec::new();
    boxed(&mut out, b"mvex", |out| {
        full_boxed(out, b"trex", 0, 0, |out| {
            for word in [TRACK_ID, 1, 0, 0, 0] {
                out.extend(word.to_be_bytes());
            }
        });
    });
    out
}
