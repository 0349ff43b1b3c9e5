//! One stream of a source: what it is, before anything of it is decoded.

use gst::prelude::*;
use gstreamer as gst;

use crate::{
    quirks::{Quirks, local_id},
    watch::describe,
};

/// One track to work on: its position among the tracks of its kind, in the demuxer's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    /// A video track.
    Video(u32),
    /// An audio track.
    Audio(u32),
}

/// What kind of stream a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamKind {
    /// Moving or still picture, with its position among such streams.
    Video(u32),
    /// Sound, with its position among such streams.
    Audio(u32),
    /// Captions or subtitles.
    Text,
    /// Anything else.
    Other,
}

/// One stream of a source, parsed but not decoded.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Kind and position.
    pub kind: StreamKind,
    /// What its packets are, such as `video/x-h264, width=1280, …`.
    pub caps: gst::Caps,
    /// What the container says about it: language, title, orientation.
    pub tags: gst::TagList,
    /// The demuxer's name of it: in MP4 the track id, of at least three digits.
    pub id: String,
    /// The codec in a person's words, such as `H.264 (High Profile)`.
    pub codec: String,
    /// Colour as the container says it, in GStreamer's words, where it was kept from the parser.
    pub container_colorimetry: Option<String>,
    pub(crate) pad: gst::Pad,
}

impl Stream {
    /// Describes what comes out of a parser's pad; its number is that after `before` of its kind.
    pub(crate) fn of(pad: gst::Pad, before: &[Self], quirks: &Quirks) -> Self {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let count = |same: fn(StreamKind) -> bool| {
            before.iter().filter(|stream| same(stream.kind)).count() as u32
        };
        let kind = match caps.structure(0).map(|s| s.name().as_str().to_owned()) {
            Some(name) if name.starts_with("video/") || name.starts_with("image/") => {
                StreamKind::Video(count(|kind| matches!(kind, StreamKind::Video(_))))
            }
            Some(name) if name.starts_with("audio/") => {
                StreamKind::Audio(count(|kind| matches!(kind, StreamKind::Audio(_))))
            }
            Some(name) if is_text(&name) => StreamKind::Text,
            _ => StreamKind::Other,
        };
        let id = local_id(&pad).unwrap_or_default();
        Self {
            kind,
            tags: tags_of(&pad),
            container_colorimetry: quirks.container_colorimetry(&id),
            id,
            codec: describe(&caps),
            caps,
            pad,
        }
    }

    /// Whether its packets are raw pictures or sound already.
    pub(crate) fn is_raw(&self) -> bool {
        let name = self.caps.structure(0).map(gst::StructureRef::name);
        name.is_some_and(|name| matches!(name.as_str(), "video/x-raw" | "audio/x-raw"))
    }
}

fn tags_of(pad: &gst::Pad) -> gst::TagList {
    let mut merged = gst::TagList::new();
    pad.sticky_events_foreach(|event| {
        if let gst::EventView::Tag(tag) = event.view() {
            merged = merged.merge(tag.tag(), gst::TagMergeMode::Append);
        }
        std::ops::ControlFlow::Continue(gst::EventForeachAction::Keep)
    });
    merged
}

fn is_text(name: &str) -> bool {
    name.starts_with("text/")
        || name.starts_with("subpicture/")
        || name.starts_with("closedcaption/")
}
