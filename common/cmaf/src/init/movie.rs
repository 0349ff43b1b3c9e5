//! What the headers of picture and sound have in common.

use super::TRACK_ID;
use crate::boxes::{boxed, full_boxed};
use crate::init::language;

// ISO/IEC 14496-12, 8.3.2: no rotation, no scaling.
const UNITY_MATRIX: [u32; 9] = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];

/// What differs between the tracks.
pub(super) struct Track<'a> {
    pub(super) timescale: u32,
    pub(super) handler: &'a [u8; 4],
    pub(super) handler_name: &'a str,
    /// BCP 47 tag.
    pub(super) language: &'a str,
    /// Shown size in pixels; 0 for sound.
    pub(super) width: u16,
    pub(super) height: u16,
    /// 8.8 fixed point; 0 for pictures.
    pub(super) volume: u16,
}

/// Writes the whole header; `media_header` writes `vmhd` or `smhd`, `sample_entry` what is in `stsd`.
pub(super) fn write(
    track: &Track<'_>,
    media_header: impl FnOnce(&mut Vec<u8>),
    sample_entry: impl FnOnce(&mut Vec<u8>),
) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    // ISO/IEC 23000-19, 7.2: structural brands `cmfc` and `cmf2` (version 1 `trun`, no edit list).
    boxed(&mut out, b"ftyp", |out| {
        out.extend_from_slice(b"iso6\0\0\0\0iso6cmfccmf2dash");
    });
    boxed(&mut out, b"moov", |out| {
        write_mvhd(out, track.timescale);
        boxed(out, b"trak", |out| {
            write_tkhd(out, track);
            boxed(out, b"mdia", |out| {
                write_mdhd(out, track);
                write_hdlr(out, track);
                boxed(out, b"minf", |out| {
                    media_header(out);
                    write_dinf(out);
                    write_stbl(out, sample_entry);
                });
            });
        });
        boxed(out, b"mvex", write_trex);
    });
    out
}

pub(super) fn put_u16(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_be_bytes()));
}

pub(super) fn put_u32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_be_bytes()));
}

fn write_mvhd(out: &mut Vec<u8>, timescale: u32) {
    full_boxed(out, b"mvhd", 0, 0, |out| {
        // Times of creation and change stay 0, so that the same input gives the same bytes;
        // duration 0 because all samples are in fragments. Rate 1.0, volume 1.0.
        put_u32(out, &[0, 0, timescale, 0, 0x0001_0000]);
        put_u16(out, &[0x0100, 0]);
        put_u32(out, &[0, 0]);
        put_u32(out, &UNITY_MATRIX);
        put_u32(out, &[0; 6]);
        put_u32(out, &[TRACK_ID + 1]);
    });
}

fn write_tkhd(out: &mut Vec<u8>, track: &Track<'_>) {
    // Flags: enabled, in movie, in preview.
    full_boxed(out, b"tkhd", 0, 7, |out| {
        put_u32(out, &[0, 0, TRACK_ID, 0, 0, 0, 0]);
        put_u16(out, &[0, 0, track.volume, 0]);
        put_u32(out, &UNITY_MATRIX);
        put_u32(
            out,
            &[u32::from(track.width) << 16, u32::from(track.height) << 16],
        );
    });
}

fn write_mdhd(out: &mut Vec<u8>, track: &Track<'_>) {
    full_boxed(out, b"mdhd", 0, 0, |out| {
        put_u32(out, &[0, 0, track.timescale, 0]);
        put_u16(out, &[language::packed(track.language), 0]);
    });
    // ISO/IEC 14496-12, 8.4.6: the extended tag says what three letters cannot (`pt-BR`).
    if track.language.contains('-') {
        full_boxed(out, b"elng", 0, 0, |out| {
            out.extend(track.language.bytes().filter(|byte| *byte != 0));
            out.push(0);
        });
    }
}

fn write_hdlr(out: &mut Vec<u8>, track: &Track<'_>) {
    full_boxed(out, b"hdlr", 0, 0, |out| {
        put_u32(out, &[0]);
        out.extend_from_slice(track.handler);
        put_u32(out, &[0; 3]);
        out.extend_from_slice(track.handler_name.as_bytes());
        out.push(0);
    });
}

fn write_dinf(out: &mut Vec<u8>) {
    boxed(out, b"dinf", |out| {
        full_boxed(out, b"dref", 0, 0, |out| {
            put_u32(out, &[1]);
            // Flag 1: the media is in this file.
            full_boxed(out, b"url ", 0, 1, |_| {});
        });
    });
}

fn write_stbl(out: &mut Vec<u8>, sample_entry: impl FnOnce(&mut Vec<u8>)) {
    boxed(out, b"stbl", |out| {
        full_boxed(out, b"stsd", 0, 0, |out| {
            put_u32(out, &[1]);
            sample_entry(out);
        });
        full_boxed(out, b"stts", 0, 0, |out| put_u32(out, &[0]));
        full_boxed(out, b"stsc", 0, 0, |out| put_u32(out, &[0]));
        full_boxed(out, b"stsz", 0, 0, |out| put_u32(out, &[0, 0]));
        full_boxed(out, b"stco", 0, 0, |out| put_u32(out, &[0]));
    });
}

fn write_trex(out: &mut Vec<u8>) {
    // ISO/IEC 23000-19, 7.7.3, brand `cmf2`: defaults stand in each fragment, none here.
    full_boxed(out, b"trex", 0, 0, |out| {
        put_u32(out, &[TRACK_ID, 1, 0, 0, 0])
    });
}
