//! Reeldrop's own GStreamer elements for pictures.

mod deinterlace;
mod planes;
mod tone_curve;
mod tone_map;
mod tone_table;

use std::sync::OnceLock;

use gst::prelude::*;
use gstreamer as gst;
use reeldrop_media::MediaError;

/// Makes the elements known to GStreamer, once.
pub(crate) fn register() -> Result<(), MediaError> {
    static DONE: OnceLock<bool> = OnceLock::new();
    reeldrop_media::init()?;
    let done = DONE.get_or_init(|| {
        let none = gst::Rank::NONE;
        gst::Element::register(
            None,
            "reeldroptonemap",
            none,
            tone_map::ToneMap::static_type(),
        )
        .is_ok()
            && gst::Element::register(
                None,
                "reeldropdeinterlace",
                none,
                deinterlace::Deinterlace::static_type(),
            )
            .is_ok()
    });
    match done {
        true => Ok(()),
        false => Err(MediaError::Missing(
            "own elements cannot be registered".to_owned(),
        )),
    }
}
