//! Reading from a header what protecting its samples takes.

use super::entry;
use crate::CmafError;
use crate::boxes::tenc::Tenc;
use crate::boxes::tfhd::{Defaults, read_trex};
use crate::boxes::{BoxRef, Boxes, Cursor, FourCc, iter};

/// The most tracks of a file that are looked at.
const MAX_TRACKS: usize = 64;
/// The most sample entries of a track that are looked at.
const MAX_ENTRIES: usize = 8;

/// One track of a header.
pub(crate) struct Track<'a> {
    pub(crate) id: u32,
    /// What its samples are once they are in the clear.
    pub(crate) format: FourCc,
    /// The boxes inside the sample entry.
    pub(crate) entry: Boxes<'a>,
    pub(crate) defaults: Defaults,
    pub(crate) protection: Option<TrackProtectionInfo>,
    /// Number of the sample entry of a protected track's clear samples, where it has one: a clear
    /// lead.
    pub(crate) clear_entry: Option<u32>,
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
    let entries = read_entries(&stsd)?;
    let (protected, clear): (Vec<_>, Vec<_>) = (1..)
        .zip(&entries)
        .partition(|(_, entry)| entry.protection.is_some());
    let (entry, clear_entry) = match (protected.as_slice(), clear.as_slice()) {
        ([], []) => return Err(CmafError::Missing("sample entry")),
        ([(_, entry)], []) | ([], [(_, entry)]) => (entry, None),
        ([(_, entry)], [(number, clear)]) if entry.format == clear.format => (entry, Some(*number)),
        _ => return Err(CmafError::Unsupported("track with several sample entries")),
    };
    Ok(Track {
        id,
        format: entry.format,
        entry: entry.boxes.clone(),
        defaults: Defaults::default(),
        protection: entry.protection,
        clear_entry,
    })
}

/// One entry of `stsd`.
struct SampleEntry<'a> {
    format: FourCc,
    boxes: Boxes<'a>,
    protection: Option<TrackProtectionInfo>,
}

fn read_entries<'a>(stsd: &BoxRef<'a>) -> Result<Vec<SampleEntry<'a>>, CmafError> {
    let (_, _, content) = stsd.full()?;
    let mut cursor = Cursor::new(content, "stsd");
    cursor.u32()?;
    let mut entries = Vec::new();
    for found in iter(cursor.rest()) {
        let found = found?;
        if entries.len() == MAX_ENTRIES {
            return Err(CmafError::TooLarge("number of sample entries"));
        }
        // Unknown entries, such as captions, are never protected here: nothing in them is needed.
        let boxes = entry::fields_len(found.kind).and_then(|len| found.payload.get(len..));
        let boxes = iter(boxes.unwrap_or_default());
        let (format, protection) = read_protection(found.kind, &boxes)?;
        entries.push(SampleEntry {
            format,
            boxes,
            protection,
        });
    }
    Ok(entries)
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
