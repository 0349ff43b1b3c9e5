//! Reading from a header what protecting its samples takes.

use super::entry;
use crate::CmafError;
use crate::boxes::tenc::Tenc;
use crate::boxes::tfhd::{Defaults, read_trex};
use crate::boxes::{BoxRef, Boxes, Cursor, FourCc, iter};

/// The most tracks of a file that are looked at.
const MAX_TRACKS: usize = 64;

/// One track of a header.
pub(crate) struct Track<'a> {
    pub(crate) id: u32,
    /// What its samples are once they are in the clear.
    pub(crate) format: FourCc,
    /// The boxes inside the sample entry.
    pub(crate) entry: Boxes<'a>,
    pub(crate) defaults: Defaults,
    pub(crate) protection: Option<TrackProtectionInfo>,
}

/// What `sinf` says.
#[derive(Clone, Copy)]
pub(crate) struct TrackProtectionInfo {
    /// Protection scheme, such as `cbcs`.
    pub(crate) scheme: FourCc,
    pub(crate) tenc: Tenc,
}

/// Reads the tracks of `init`.
pub(crate) fn tracks(init: &[u8]) -> Result<Vec<Track<'_>>, CmafError> {
    let moov = iter(init)
        .find(b"moov")?
        .ok_or(CmafError::Missing("moov"))?;
    let mut tracks = Vec::new();
    for found in moov.children() {
        let found = found?;
        if found.kind == b"trak" {
            tracks.push(read_track(&found)?);
        }
        if tracks.len() > MAX_TRACKS {
            return Err(CmafError::TooLarge("number of tracks"));
        }
    }
    if let Some(mvex) = moov.children().find(b"mvex")? {
        apply_defaults(&mut tracks, &mvex)?;
    }
    Ok(tracks)
}

fn apply_defaults(tracks: &mut [Track<'_>], mvex: &BoxRef<'_>) -> Result<(), CmafError> {
    for found in mvex.children() {
        let found = found?;
        if found.kind != b"trex" {
            continue;
        }
        let (id, defaults) = read_trex(&found)?;
        for track in tracks.iter_mut().filter(|track| track.id == id) {
            track.defaults = defaults;
        }
    }
    Ok(())
}

fn read_track<'a>(trak: &BoxRef<'a>) -> Result<Track<'a>, CmafError> {
    let id = read_track_id(&child(trak, b"tkhd", "tkhd")?)?;
    let mdia = child(trak, b"mdia", "mdia")?;
    let minf = child(&mdia, b"minf", "minf")?;
    let stbl = child(&minf, b"stbl", "stbl")?;
    let stsd = child(&stbl, b"stsd", "stsd")?;
    let (_, _, content) = stsd.full()?;
    let mut cursor = Cursor::new(content, "stsd");
    cursor.u32()?;
    let mut entries = iter(cursor.rest());
    let first = entries.next().ok_or(CmafError::Missing("sample entry"))??;
    if entries.next().is_some() {
        return Err(CmafError::Unsupported("track with several sample entries"));
    }
    // Unknown entries, such as captions, are never protected here: nothing inside them is needed.
    let entry = entry::fields_len(first.kind).and_then(|len| first.payload.get(len..));
    let entry = iter(entry.unwrap_or_default());
    let (format, protection) = read_protection(first.kind, &entry)?;
    Ok(Track {
        id,
        format,
        entry,
        defaults: Defaults::default(),
        protection,
    })
}

fn read_track_id(tkhd: &BoxRef<'_>) -> Result<u32, CmafError> {
    let (version, _, content) = tkhd.full()?;
    let mut cursor = Cursor::new(content, "tkhd");
    cursor.take(if version == 0 { 8 } else { 16 })?;
    cursor.u32()
}

// ISO/IEC 14496-12, 8.12.
fn read_protection(
    kind: FourCc,
    entry: &Boxes<'_>,
) -> Result<(FourCc, Option<TrackProtectionInfo>), CmafError> {
    if !(kind == b"encv" || kind == b"enca") {
        return Ok((kind, None));
    }
    let sinf = entry
        .clone()
        .find(b"sinf")?
        .ok_or(CmafError::Missing("sinf"))?;
    let frma = child(&sinf, b"frma", "frma")?;
    let format = FourCc(Cursor::new(frma.payload, "frma").array()?);
    let schm = child(&sinf, b"schm", "schm")?;
    let (_, _, content) = schm.full()?;
    let scheme = FourCc(Cursor::new(content, "schm").array()?);
    let schi = child(&sinf, b"schi", "schi")?;
    let tenc = Tenc::read(&child(&schi, b"tenc", "tenc")?)?;
    Ok((format, Some(TrackProtectionInfo { scheme, tenc })))
}

fn child<'a>(
    parent: &BoxRef<'a>,
    kind: &[u8; 4],
    name: &'static str,
) -> Result<BoxRef<'a>, CmafError> {
    parent
        .children()
        .find(kind)?
        .ok_or(CmafError::Missing(name))
}
