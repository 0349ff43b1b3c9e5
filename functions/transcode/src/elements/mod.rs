//! Reeldrop's own GStreamer elements for pictures.

mod deinterlace;
mod limit_range;
mod planes;
mod scale;
mod tone_curve;
mod tone_map;
mod tone_table;

use std::sync::OnceLock;

use gst::prelude::*;
use gstreamer as gst;
use reeldrop_media::MediaError;

/// Templates of an element's two pads.
fn templates(sink: &gst::Caps, src: &gst::Caps) -> Vec<gst::PadTemplate> {
    let pads = [
        ("sink", gst::PadDirection::Sink, sink),
        ("src", gst::PadDirection::Src, src),
    ];
    pads.into_iter()
        .filter_map(|(name, direction, caps)| {
            gst::PadTemplate::new(name, direction, gst::PadPresence::Always, caps).ok()
        })
        .collect()
}

/// Makes the elements known to GStreamer, once.
pub(crate) fn register() -> Result<(), MediaError> {
    static DONE: OnceLock<bool> = OnceLock::new();
    reeldrop_media::init()?;
    let own = [
        ("reeldroptonemap", tone_map::ToneMap::static_type()),
        (
            "reeldropdeinterlace",
            deinterlace::Deinterlace::static_type(),
        ),
        ("reeldroplimitrange", limit_range::LimitRange::static_type()),
        ("reeldropscale", scale::Scale::static_type()),
    ];
    let done = DONE.get_or_init(|| {
        own.into_iter().all(|(name, element)| {
            gst::Element::register(None, name, gst::Rank::NONE, element).is_ok()
        })
    });
    match done {
        true => Ok(()),
        false => Err(MediaError::Missing(
            "own elements cannot be registered".to_owned(),
        )),
    }
}
