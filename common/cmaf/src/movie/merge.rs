//! Several tracks in one file: their headers as one, their segments one after the other.

use crate::CmafError;
use crate::boxes::rewrite::{Change, rewrite};
use crate::boxes::{BoxRef, FourCc, boxed, full_boxed, iter};
use crate::movie::{child, edit};

/// Makes one header of those of tracks that are alone in theirs: the first track has id 1, the next
/// one id 2. `duration_ms` is that of the whole file, milliseconds; 0 where it is not known.
///
/// # Errors
/// [`CmafError`] where a header is broken, or has not exactly one track.
pub fn merge_headers(headers: &[&[u8]], duration_ms: u64) -> Result<Vec<u8>, CmafError> {
    let first = headers.first().ok_or(CmafError::Missing("header"))?;
    let mut tracks = Vec::new();
    let mut key_systems: Vec<&[u8]> = Vec::new();
    for (header, id) in headers.iter().zip(1..) {
        let moov = movie(header)?;
        tracks.extend(track(&moov, id)?);
        for found in moov.children() {
            let found = found?;
            if found.kind == b"pssh" && !key_systems.contains(&found.whole) {
                key_systems.push(found.whole);
            }
        }
    }
    let count =
        u32::try_from(headers.len()).map_err(|_| CmafError::TooLarge("number of tracks"))?;
    let timescale = u128::from(edit::movie_timescale(&movie(first)?)?);
    let duration = u64::try_from(u128::from(duration_ms) * timescale / 1000).unwrap_or(u64::MAX);
    let mut suffix = tracks;
    write_mvex(&mut suffix, count, duration);
    suffix.extend(key_systems.concat());
    let mut out = Vec::new();
    boxed(&mut out, b"ftyp", |out| {
        out.extend_from_slice(b"iso6\0\0\0\0iso6mp41")
    });
    rewrite(
        movie(first)?.whole,
        &mut out,
        &mut |found| match &found.kind.0 {
            b"moov" => Ok(Change::Inside {
                kind: FourCc(*b"moov"),
                prefix: 0,
                suffix: std::mem::take(&mut suffix),
            }),
            b"mvhd" => next_track_id(found, count + 1),
            _ => Ok(Change::Drop),
        },
    )?;
    Ok(out)
}

fn movie(header: &[u8]) -> Result<BoxRef<'_>, CmafError> {
    iter(header)
        .find(b"moov")?
        .ok_or(CmafError::Missing("moov"))
}

/// The only `trak` of a movie, with another id.
fn track(moov: &BoxRef<'_>, id: u32) -> Result<Vec<u8>, CmafError> {
    let trak = child(moov, b"trak", "trak")?;
    let is_trak = |found: &BoxRef<'_>| found.kind == b"trak";
    if moov.children().flatten().filter(is_trak).count() != 1 {
        return Err(CmafError::Unsupported("header without exactly one track"));
    }
    let mut out = Vec::new();
    rewrite(trak.whole, &mut out, &mut |found| match &found.kind.0 {
        b"trak" => Ok(Change::Inside {
            kind: found.kind,
            prefix: 0,
            suffix: Vec::new(),
        }),
        b"tkhd" => {
            let (version, ..) = found.full()?;
            // Before it stand version and flags, and the times of creation and change.
            set_u32(found, if version == 0 { 12 } else { 20 }, id)
        }
        _ => Ok(Change::Keep),
    })?;
    Ok(out)
}

fn next_track_id(mvhd: &BoxRef<'_>, id: u32) -> Result<Change, CmafError> {
    set_u32(mvhd, mvhd.payload.len().saturating_sub(4), id)
}

/// A box with another value at a place in its content.
fn set_u32(found: &BoxRef<'_>, at: usize, value: u32) -> Result<Change, CmafError> {
    let mut whole = found.whole.to_vec();
    let at = found.whole.len() - found.payload.len() + at;
    let field = whole.get_mut(at..at.saturating_add(4));
    field
        .ok_or(CmafError::Truncated("header of a track"))?
        .copy_from_slice(&value.to_be_bytes());
    Ok(Change::Replace(whole))
}

fn write_mvex(out: &mut Vec<u8>, tracks: u32, duration: u64) {
    boxed(out, b"mvex", |out| {
        // ISO/IEC 14496-12, 8.8.2: left out where the file is written while its media come.
        if duration > 0 {
            full_boxed(out, b"mehd", 1, 0, |out| out.extend(duration.to_be_bytes()));
        }
        for id in 1..=tracks {
            full_boxed(out, b"trex", 0, 0, |out| {
                out.extend([id, 1, 0, 0, 0].into_iter().flat_map(u32::to_be_bytes));
            });
        }
    });
}

/// Appends the fragments of `segment` as those of track `id`, numbered from `sequence` on: gives the
/// number of the next one. Boxes that describe the segment alone (`styp`, `sidx`) are left out.
///
/// # Errors
/// [`CmafError`] where the segment is broken.
pub fn append_fragments(
    segment: &[u8],
    id: u32,
    mut sequence: u32,
    out: &mut Vec<u8>,
) -> Result<u32, CmafError> {
    out.reserve(segment.len());
    for found in iter(segment) {
        let found = found?;
        match &found.kind.0 {
            b"styp" | b"sidx" | b"ssix" => {}
            b"moof" => {
                rewrite(found.whole, out, &mut |found| match &found.kind.0 {
                    b"moof" | b"traf" => Ok(Change::Inside {
                        kind: found.kind,
                        prefix: 0,
                        suffix: Vec::new(),
                    }),
                    b"mfhd" => set_u32(found, 4, sequence),
                    b"tfhd" => set_u32(found, 4, id),
                    _ => Ok(Change::Keep),
                })?;
                sequence = sequence.wrapping_add(1);
            }
            _ => out.extend_from_slice(found.whole),
        }
    }
    Ok(sequence)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::fragment::{FragmentHeader, Sample, write};
    use crate::init::{AudioTrackConfig, audio};
    use crate::moof::{self, Defaults};
    use crate::movie::Movie;

    fn header(timescale: u32) -> Vec<u8> {
        audio(&AudioTrackConfig {
            timescale,
            channels: 2,
            bitrate_bps: 128_000,
            audio_specific_config: &[0x11, 0x90],
            language: "en",
        })
        .unwrap()
    }

    #[test]
    fn tracks_of_one_file_have_ids_of_their_own() {
        let (first, second) = (header(48_000), header(44_100));
        let merged = merge_headers(&[&first, &second], 2_000).unwrap();
        let movie = Movie::read(&merged).unwrap();
        let tracks: Vec<_> = movie
            .tracks
            .iter()
            .map(|track| (track.id, track.timescale))
            .collect();
        assert_eq!(tracks, [(1, 48_000), (2, 44_100)]);
        assert!(movie.fragmented);
        assert!(merge_headers(&[&merged], 0).is_err());
        let has_duration = |header: &[u8]| header.windows(4).any(|name| name == b"mehd");
        let endless = merge_headers(&[&first, &second], 0).unwrap();
        assert!(has_duration(&merged) && !has_duration(&endless));
    }

    #[test]
    fn fragments_are_renumbered_and_their_samples_stay_where_they_are() {
        let sample = Sample {
            data: Bytes::from_static(b"sound"),
            duration: 1024,
            composition_offset: 0,
            sync: true,
        };
        let mut segment = Vec::new();
        let header = FragmentHeader {
            sequence: 1,
            base_decode_time: 5,
        };
        write(&header, &[sample], &mut segment).unwrap();
        let mut out = Vec::new();
        assert_eq!(append_fragments(&segment, 2, 7, &mut out), Ok(8));
        let moof = iter(&out).next().unwrap().unwrap();
        let mfhd = moof.children().find(b"mfhd").unwrap().unwrap();
        assert_eq!(mfhd.payload[4..], [0, 0, 0, 7]);
        let fragment = moof::read(&moof, |_| Defaults::default())
            .unwrap()
            .remove(0);
        assert_eq!(fragment.track_id, 2);
        let at = fragment.samples[0].offset as usize;
        assert_eq!(out[at..], *b"sound");
    }
}
