//! Protecting and unprotecting CMAF headers (ISO/IEC 14496-12, 8.12; ISO/IEC 23001-7, 4.2 and 4.3).

use reeldrop_events::Scheme;

use super::Protection;
use crate::CmafError;
use crate::boxes::rewrite::{Change, rewrite};
use crate::boxes::tenc::{Iv, Pattern, Tenc};
use crate::boxes::{BoxRef, FourCc, boxed, common_pssh, full_boxed, iter};
use crate::init::entry;

/// Makes the header of protected tracks from that of clear ones: sample entries become `encv` and
/// `enca` with a `sinf`, and the movie gets a common `pssh`.
///
/// With [`Scheme::None`] it is copied.
///
/// # Errors
/// [`CmafError`] where `init` is no header, is protected already, or holds a codec that cannot be.
pub fn encrypt_init(init: &[u8], protection: &Protection) -> Result<Vec<u8>, CmafError> {
    encrypt(init, protection, Lead::None)
}

/// As [`encrypt_init`], for tracks whose first fragments stay clear: the clear sample entry comes
/// second, and such fragments name it (ISO/IEC 23001-7, 4.2: a track may mix both).
///
/// # Errors
/// As [`encrypt_init`].
pub fn encrypt_init_with_lead(init: &[u8], protection: &Protection) -> Result<Vec<u8>, CmafError> {
    encrypt(init, protection, Lead::Clear)
}

/// Adds `boxes`, whole `pssh` boxes of key systems, to the movie (ISO/IEC 23001-7, 8.1).
///
/// # Errors
/// [`CmafError`] where `init` is no header.
pub fn add_pssh(init: &[u8], boxes: &[u8]) -> Result<Vec<u8>, CmafError> {
    iter(init)
        .find(b"moov")?
        .ok_or(CmafError::Missing("moov"))?;
    let mut out = Vec::with_capacity(init.len() + boxes.len());
    rewrite(init, &mut out, &mut |found| match &found.kind.0 {
        b"moov" => Ok(inside(found, 0, boxes.to_vec())),
        _ => Ok(Change::Keep),
    })?;
    Ok(out)
}

/// Number of the clear sample entry of a track with a clear lead.
pub(super) const CLEAR_ENTRY: u32 = 2;

/// What a track begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    None,
    Clear,
}

fn encrypt(init: &[u8], protection: &Protection, lead: Lead) -> Result<Vec<u8>, CmafError> {
    if protection.scheme == Scheme::None {
        return Ok(init.to_vec());
    }
    iter(init)
        .find(b"moov")?
        .ok_or(CmafError::Missing("moov"))?;
    let mut out = Vec::with_capacity(init.len() + 256);
    rewrite(init, &mut out, &mut |found| {
        protect_box(found, protection, lead)
    })?;
    Ok(out)
}

fn protect_box(
    found: &BoxRef<'_>,
    protection: &Protection,
    lead: Lead,
) -> Result<Change, CmafError> {
    match &found.kind.0 {
        b"moov" => Ok(inside(found, 0, common_pssh(&[protection.kid]))),
        b"trak" | b"mdia" | b"minf" | b"stbl" => Ok(inside(found, 0, Vec::new())),
        b"stsd" if lead == Lead::Clear => both_entries(found, protection),
        b"stsd" => Ok(inside(found, 8, Vec::new())),
        b"encv" | b"enca" => Err(CmafError::Unsupported("header that is protected already")),
        _ => protect_entry(found, protection),
    }
}

/// `stsd` with the protected entry, and the clear one after it.
fn both_entries(stsd: &BoxRef<'_>, protection: &Protection) -> Result<Change, CmafError> {
    let (version, flags, content) = stsd.full()?;
    let (count, entries) = content
        .split_first_chunk::<4>()
        .ok_or(CmafError::Truncated("stsd"))?;
    if u32::from_be_bytes(*count) != 1 {
        return Err(CmafError::Unsupported("track with several sample entries"));
    }
    let mut protected = Vec::new();
    rewrite(entries, &mut protected, &mut |found| {
        protect_box(found, protection, Lead::None)
    })?;
    let mut out = Vec::new();
    full_boxed(&mut out, b"stsd", version, flags, |out| {
        out.extend(CLEAR_ENTRY.to_be_bytes());
        out.extend_from_slice(&protected);
        out.extend_from_slice(entries);
    });
    Ok(Change::Replace(out))
}

// Sample entries are told from other boxes by their types, none of which occurs elsewhere.
fn protect_entry(found: &BoxRef<'_>, protection: &Protection) -> Result<Change, CmafError> {
    let (Some(kind), Some(prefix)) = (entry::protected(found.kind), entry::fields_len(found.kind))
    else {
        return Ok(Change::Keep);
    };
    Ok(Change::Inside {
        kind,
        prefix,
        suffix: sinf(found.kind, kind, protection),
    })
}

fn sinf(format: FourCc, entry: FourCc, protection: &Protection) -> Vec<u8> {
    let scheme = if protection.scheme == Scheme::Cenc {
        b"cenc"
    } else {
        b"cbcs"
    };
    let mut out = Vec::new();
    boxed(&mut out, b"sinf", |out| {
        boxed(out, b"frma", |out| out.extend(format.0));
        full_boxed(out, b"schm", 0, 0, |out| {
            out.extend_from_slice(scheme);
            // ISO/IEC 23001-7, 4.1: version 1.0.
            out.extend(0x0001_0000_u32.to_be_bytes());
        });
        boxed(out, b"schi", |out| {
            default_encryption(entry, protection).write(out)
        });
    });
    out
}

/// The track's `tenc`.
pub(super) fn default_encryption(entry: FourCc, protection: &Protection) -> Tenc {
    let iv = match protection.scheme {
        Scheme::Cenc => Iv::PerSample { bytes: 8 },
        Scheme::Cbcs | Scheme::None => Iv::Constant(protection.iv),
    };
    // ISO/IEC 23001-7, 10.4: 1:9 for pictures; sound is encrypted in all its whole blocks.
    let patterned = protection.scheme == Scheme::Cbcs && entry == b"encv";
    let pattern = if patterned {
        Pattern { crypt: 1, skip: 9 }
    } else {
        Pattern::default()
    };
    Tenc {
        pattern,
        is_protected: true,
        iv,
        kid: protection.kid,
    }
}

/// Makes the header of clear tracks from that of protected ones: the inverse of [`encrypt_init`].
///
/// All `pssh` boxes are left out. A header that is not protected comes back as it is.
///
/// # Errors
/// [`CmafError`] where `init` is no header.
pub fn decrypt_init(init: &[u8]) -> Result<Vec<u8>, CmafError> {
    iter(init)
        .find(b"moov")?
        .ok_or(CmafError::Missing("moov"))?;
    let mut out = Vec::with_capacity(init.len());
    rewrite(init, &mut out, &mut unprotect_box)?;
    Ok(out)
}

fn unprotect_box(found: &BoxRef<'_>) -> Result<Change, CmafError> {
    match &found.kind.0 {
        b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" => Ok(inside(found, 0, Vec::new())),
        b"stsd" => one_entry(found),
        b"pssh" | b"sinf" => Ok(Change::Drop),
        b"encv" | b"enca" => {
            let prefix = entry::fields_len(found.kind).unwrap_or_default();
            let boxes = found
                .payload
                .get(prefix..)
                .ok_or(CmafError::Truncated("sample entry"))?;
            let sinf = iter(boxes)
                .find(b"sinf")?
                .ok_or(CmafError::Missing("sinf"))?;
            let frma = sinf
                .children()
                .find(b"frma")?
                .ok_or(CmafError::Missing("frma"))?;
            let format = frma
                .payload
                .try_into()
                .map_err(|_| CmafError::Invalid("frma"))?;
            Ok(Change::Inside {
                kind: FourCc(format),
                prefix,
                suffix: Vec::new(),
            })
        }
        _ => Ok(Change::Keep),
    }
}

/// `stsd` with its entries unprotected; without the clear one of a clear lead, which is the same then.
fn one_entry(stsd: &BoxRef<'_>) -> Result<Change, CmafError> {
    let (version, flags, content) = stsd.full()?;
    let (count, entries) = content
        .split_first_chunk::<4>()
        .ok_or(CmafError::Truncated("stsd"))?;
    let mut count = u32::from_be_bytes(*count);
    let is_protected = |found: &BoxRef<'_>| found.kind == b"encv" || found.kind == b"enca";
    let has_protected = iter(entries).flatten().any(|found| is_protected(&found));
    let mut unprotected = Vec::new();
    for entry in iter(entries) {
        let entry = entry?;
        if has_protected && !is_protected(&entry) {
            count = count.saturating_sub(1);
        } else {
            rewrite(entry.whole, &mut unprotected, &mut unprotect_box)?;
        }
    }
    let mut out = Vec::new();
    full_boxed(&mut out, b"stsd", version, flags, |out| {
        out.extend(count.to_be_bytes());
        out.extend_from_slice(&unprotected);
    });
    Ok(Change::Replace(out))
}

fn inside(found: &BoxRef<'_>, prefix: usize, suffix: Vec<u8>) -> Change {
    Change::Inside {
        kind: found.kind,
        prefix,
        suffix,
    }
}
