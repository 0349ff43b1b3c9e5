//! What lies beside the package: captions, and pictures for the seek bar.

use std::io;

use quick_xml::events::BytesText;
use reeldrop_events::CaptionKind;

use super::{
    Xml,
    set::{ROLE, write_descriptor},
};
use crate::presentation::{Presentation, Storyboard, TextTrack};

/// Tiled pictures (DASH-IF IOP, section 6.2.6).
const TILES: &str = "http://dashif.org/guidelines/thumbnail_tile";

/// Captions are some hundred bytes in a few seconds: less than any line carries.
const TEXT_BPS: &str = "1000";

/// Writes captions as one file, which every player takes.
pub(super) fn write_text(xml: &mut Xml, id: u32, track: &TextTrack) -> io::Result<()> {
    xml.create_element("AdaptationSet")
        .with_attributes([
            ("id", id.to_string().as_str()),
            ("contentType", "text"),
            ("mimeType", "text/vtt"),
            ("lang", track.language.as_str()),
        ])
        .write_inner_content(|xml| {
            if !track.label.is_empty() {
                xml.create_element("Label")
                    .write_text_content(BytesText::new(&track.label))?;
            }
            // ISO/IEC 23009-1, 5.8.5.5: captions say what else is heard, subtitles what is said.
            let role = match track.kind {
                CaptionKind::Full => "subtitle",
                CaptionKind::Sdh => "caption",
                CaptionKind::Forced => "forced-subtitle",
            };
            write_descriptor(xml, "Role", ROLE, role)?;
            if track.default {
                write_descriptor(xml, "Role", ROLE, "main")?;
            }
            let id = format!("text-{}", track.name);
            xml.create_element("Representation")
                .with_attributes([("id", id.as_str()), ("bandwidth", TEXT_BPS)])
                .write_inner_content(|xml| {
                    let address = format!("../text/{}.vtt", track.name);
                    xml.create_element("BaseURL")
                        .write_text_content(BytesText::new(&address))?;
                    Ok(())
                })?;
            Ok(())
        })?;
    Ok(())
}

/// Writes the storyboard: each segment is a sheet.
pub(super) fn write_images(
    xml: &mut Xml,
    presentation: &Presentation,
    id: u32,
    storyboard: &Storyboard,
) -> io::Result<()> {
    let sheet = storyboard.sheet();
    let bandwidth_bps = storyboard.bandwidth_bps(presentation.length());
    let width = storyboard.columns * storyboard.tile_width;
    let height = storyboard.rows * storyboard.tile_height;
    xml.create_element("AdaptationSet")
        .with_attributes([
            ("id", id.to_string().as_str()),
            ("contentType", "image"),
            ("mimeType", "image/jpeg"),
        ])
        .write_inner_content(|xml| {
            xml.create_element("SegmentTemplate")
                .with_attributes([
                    ("timescale", sheet.timescale.to_string().as_str()),
                    ("duration", sheet.ticks.to_string().as_str()),
                    ("startNumber", "0"),
                    ("media", "../storyboard/$Number%03d$.jpg"),
                ])
                .write_empty()?;
            xml.create_element("Representation")
                .with_attributes([
                    ("id", "storyboard"),
                    ("bandwidth", bandwidth_bps.to_string().as_str()),
                    ("width", width.to_string().as_str()),
                    ("height", height.to_string().as_str()),
                ])
                .write_inner_content(|xml| {
                    let tiles = format!("{}x{}", storyboard.columns, storyboard.rows);
                    write_descriptor(xml, "EssentialProperty", TILES, &tiles)
                })?;
            Ok(())
        })?;
    Ok(())
}
