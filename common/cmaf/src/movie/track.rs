//! One track of a movie.

use reeldrop_events::Transfer;

use super::table::{TableSamples, Tables};
use super::{child, descend, descriptor, edit};
use crate::boxes::tfhd::{Defaults, read_trex};
use crate::boxes::{BoxRef, Boxes, Cursor, FourCc, iter};
use crate::init::{entry, language};
use crate::{CmafError, Codec, codec_string};

/// A track of picture or sound.
pub struct MovieTrack<'a> {
    /// Id, unique in the file.
    pub id: u32,
    /// What it is.
    pub kind: Kind,
    /// Its codec.
    pub codec: Codec,
    /// RFC 6381 name of its codec.
    pub codec_string: String,
    /// Ticks per second.
    pub timescale: u32,
    /// BCP 47 language, `und` where it is not known.
    pub language: String,
    /// Presentation time minus composition time, ticks, by the track's edit list.
    pub presentation_offset: i64,
    /// What its samples are by default in fragments.
    pub defaults: Defaults,
    tables: Tables<'a>,
}

/// Picture or sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Picture.
    Video(VideoInfo),
    /// Sound.
    Audio(AudioInfo),
}

/// What a picture's sample entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoInfo {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// SDR, PQ or HLG.
    pub range: Transfer,
}

/// What a sound's sample entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioInfo {
    /// Channels.
    pub channels: u32,
    /// Samples per second.
    pub sample_rate_hz: u32,
}

impl<'a> MovieTrack<'a> {
    /// None where it is neither picture nor sound.
    pub(super) fn read(
        trak: &BoxRef<'a>,
        movie_timescale: u32,
        mvex: Option<&BoxRef<'a>>,
    ) -> Result<Option<Self>, CmafError> {
        let mdia = child(trak, b"mdia", "mdia")?;
        let hdlr = child(&mdia, b"hdlr", "hdlr")?;
        let is_video = match handler(&hdlr)?.0 {
            [b'v', b'i', b'd', b'e'] => true,
            [b's', b'o', b'u', b'n'] => false,
            _ => return Ok(None),
        };
        let id = track_id(trak)?;
        let (timescale, language) = media_header(&mdia)?;
        let stbl = descend(&mdia, &["minf", "stbl"])?;
        let (kind, entry) = sample_entry(&stbl)?;
        let fields = entry::fields_len(kind).and_then(|len| entry.split_at_checked(len));
        let (fields, boxes) = fields.ok_or(CmafError::Unsupported("codec of a track"))?;
        let (codec, config) = codec(kind, iter(boxes))?;
        Ok(Some(Self {
            id,
            kind: if is_video {
                Kind::Video(video(fields, iter(boxes))?)
            } else {
                Kind::Audio(audio(fields, timescale)?)
            },
            codec,
            codec_string: codec_string(codec, config)?,
            timescale,
            language,
            presentation_offset: edit::presentation_offset(trak, movie_timescale, timescale)?,
            defaults: mvex.map_or(Ok(Defaults::default()), |mvex| defaults(mvex, id))?,
            tables: Tables::read(&stbl)?,
        }))
    }

    /// The samples that a progressive file has of it, in decode order.
    #[must_use]
    pub fn samples(&self) -> TableSamples<'a> {
        self.tables.samples()
    }
}

fn handler(hdlr: &BoxRef<'_>) -> Result<FourCc, CmafError> {
    let (_, _, content) = hdlr.full()?;
    let mut cursor = Cursor::new(content, "hdlr");
    cursor.u32()?;
    Ok(FourCc(cursor.array()?))
}

fn track_id(trak: &BoxRef<'_>) -> Result<u32, CmafError> {
    let (version, _, content) = child(trak, b"tkhd", "tkhd")?.full()?;
    let mut cursor = Cursor::new(content, "tkhd");
    cursor.take(if version == 0 { 8 } else { 16 })?;
    cursor.u32()
}

/// Ticks per second, and language.
fn media_header(mdia: &BoxRef<'_>) -> Result<(u32, String), CmafError> {
    let (version, _, content) = child(mdia, b"mdhd", "mdhd")?.full()?;
    let mut cursor = Cursor::new(content, "mdhd");
    cursor.take(if version == 0 { 8 } else { 16 })?;
    let timescale = cursor.u32()?;
    cursor.take(if version == 0 { 4 } else { 8 })?;
    let packed = cursor.u16()?;
    if timescale == 0 {
        return Err(CmafError::Invalid("timescale"));
    }
    let language = match mdia.children().find(b"elng")? {
        Some(elng) => extended_language(elng.full()?.2),
        None => language::unpacked(packed),
    };
    Ok((timescale, language))
}

// ISO/IEC 14496-12, 8.4.6.
fn extended_language(content: &[u8]) -> String {
    const MOST: usize = 64;
    let bytes = content.iter().take(MOST).take_while(|byte| **byte != 0);
    let tag = bytes.filter(|byte| byte.is_ascii_alphanumeric() || **byte == b'-');
    let tag: String = tag.map(|byte| char::from(*byte)).collect();
    if tag.is_empty() {
        language::unpacked(0)
    } else {
        tag
    }
}

/// Type and content of the only sample entry.
fn sample_entry<'a>(stbl: &BoxRef<'a>) -> Result<(FourCc, &'a [u8]), CmafError> {
    let (_, _, content) = child(stbl, b"stsd", "stsd")?.full()?;
    let mut cursor = Cursor::new(content, "stsd");
    cursor.u32()?;
    let mut entries = iter(cursor.rest());
    let first = entries.next().ok_or(CmafError::Missing("sample entry"))??;
    if entries.next().is_some() {
        return Err(CmafError::Unsupported("track with several sample entries"));
    }
    Ok((first.kind, first.payload))
}

/// The codec of a sample entry, and its configuration.
fn codec<'a>(kind: FourCc, boxes: Boxes<'a>) -> Result<(Codec, &'a [u8]), CmafError> {
    let config = |kind: &[u8; 4], name| {
        let found = boxes.clone().find(kind)?.ok_or(CmafError::Missing(name))?;
        Ok::<_, CmafError>(found)
    };
    Ok(match &kind.0 {
        b"avc1" | b"avc3" => (Codec::H264, config(b"avcC", "avcC")?.payload),
        b"hvc1" | b"hev1" => (Codec::H265, config(b"hvcC", "hvcC")?.payload),
        b"av01" => (Codec::Av1, config(b"av1C", "av1C")?.payload),
        b"vp09" => (Codec::Vp9, config(b"vpcC", "vpcC")?.payload),
        b"mp4a" => {
            let esds = config(b"esds", "esds")?;
            (Codec::Aac, descriptor::audio_specific_config(&esds)?)
        }
        b"Opus" => (Codec::Opus, &[]),
        b"fLaC" => (Codec::Flac, &[]),
        b"ac-3" => (Codec::Ac3, &[]),
        b"ec-3" => (Codec::Eac3, &[]),
        b"encv" | b"enca" => {
            return Err(CmafError::Unsupported("track that is protected already"));
        }
        _ => return Err(CmafError::Unsupported("codec of a track")),
    })
}

// 12.1.3.
fn video(fields: &[u8], mut boxes: Boxes<'_>) -> Result<VideoInfo, CmafError> {
    let mut cursor = Cursor::new(fields, "sample entry");
    cursor.take(24)?;
    let (width, height) = (cursor.u16()?, cursor.u16()?);
    let mut range = Transfer::Sdr;
    if let Some(colr) = boxes.find(b"colr")? {
        // Primaries before, in 16 bits each.
        range = match colr.payload {
            [b'n', b'c', b'l', b'x', _, _, 0, 16, ..] => Transfer::Pq,
            [b'n', b'c', b'l', b'x', _, _, 0, 18, ..] => Transfer::Hlg,
            _ => Transfer::Sdr,
        };
    }
    Ok(VideoInfo {
        width: u32::from(width),
        height: u32::from(height),
        range,
    })
}

// 12.2.3.
fn audio(fields: &[u8], timescale: u32) -> Result<AudioInfo, CmafError> {
    let mut cursor = Cursor::new(fields, "sample entry");
    cursor.take(8)?;
    if cursor.u16()? != 0 {
        return Err(CmafError::Unsupported("QuickTime sound description"));
    }
    cursor.take(6)?;
    let channels = u32::from(cursor.u16()?);
    cursor.take(6)?;
    let rate = cursor.u32()? >> 16;
    Ok(AudioInfo {
        channels,
        // A rate over 16 bits is written as 0; the timescale has it then.
        sample_rate_hz: if rate == 0 { timescale } else { rate },
    })
}

fn defaults(mvex: &BoxRef<'_>, id: u32) -> Result<Defaults, CmafError> {
    for found in mvex.children() {
        let found = found?;
        if found.kind != b"trex" {
            continue;
        }
        let (track, defaults) = read_trex(&found)?;
        if track == id {
            return Ok(defaults);
        }
    }
    Ok(Defaults::default())
}
