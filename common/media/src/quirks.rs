//! Where GStreamer's elements lose what a file says, and how it is kept.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use gst::prelude::*;
use gstreamer as gst;

use crate::{MediaError, ReadAt, mp4};

/// What the demuxer's output is corrected with, by the streams' local ids.
#[derive(Debug, Default)]
pub(crate) struct Quirks {
    /// Tracks without an edit list. qtdemux ends their segment at the sum of sample durations,
    /// counted from 0: it cuts the last frames where composition offsets shift all frames later.
    untrimmed: HashSet<String>,
    /// Colour as the container says it. A parser that is given it takes no notice of what the
    /// bit stream says, and the container often says less: `nclc` has no range.
    colorimetry: Mutex<HashMap<String, String>>,
}

impl Quirks {
    pub(crate) fn of(reader: &dyn ReadAt) -> Result<Self, MediaError> {
        let movie = match mp4::read_movie(reader) {
            Ok(movie) => movie,
            Err(mp4::Mp4Error::Read(error)) => return Err(MediaError::Read(error)),
            // What plays in spite of it is the demuxer's to say.
            Err(mp4::Mp4Error::NoIndex | mp4::Mp4Error::Damaged) => None,
        };
        let tracks = movie.map(|movie| movie.tracks).unwrap_or_default();
        let untrimmed = tracks.iter().filter(|track| track.edits.is_empty());
        Ok(Self {
            untrimmed: untrimmed.map(|track| format!("{:03}", track.id)).collect(),
            colorimetry: Mutex::default(),
        })
    }

    /// The colour that the container gave for a stream, as GStreamer writes it.
    pub(crate) fn container_colorimetry(&self, stream: &str) -> Option<String> {
        self.colorimetry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(stream)
            .cloned()
    }

    /// Corrects what `element`, freshly plugged, gives or gets.
    pub(crate) fn mend(self: &Arc<Self>, element: &gst::Element) {
        let Some(factory) = element.factory() else {
            return;
        };
        match factory.name().as_str() {
            "qtdemux" => {
                let quirks = Arc::clone(self);
                element.connect_pad_added(move |_, pad| quirks.extend_segments(pad));
            }
            "h264parse" | "h265parse" => {
                if let Some(sink) = element.static_pad("sink") {
                    self.hide_colorimetry(&sink);
                }
            }
            _ => {}
        }
    }

    fn extend_segments(self: &Arc<Self>, pad: &gst::Pad) {
        let quirks = Arc::clone(self);
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |pad, info| {
            let untrimmed = local_id(pad).is_some_and(|id| quirks.untrimmed.contains(&id));
            let endless = info.event().filter(|_| untrimmed).and_then(without_stop);
            if let Some(event) = endless {
                info.data = Some(gst::PadProbeData::Event(event));
            }
            gst::PadProbeReturn::Ok
        });
    }

    fn hide_colorimetry(self: &Arc<Self>, sink: &gst::Pad) {
        let quirks = Arc::clone(self);
        sink.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |pad, info| {
            if let Some((event, colorimetry)) = info.event().and_then(without_colorimetry) {
                info.data = Some(gst::PadProbeData::Event(event));
                if let Some(id) = local_id(pad) {
                    let mut known = quirks
                        .colorimetry
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    known.insert(id, colorimetry);
                }
            }
            gst::PadProbeReturn::Ok
        });
    }
}

fn without_stop(event: &gst::Event) -> Option<gst::Event> {
    let gst::EventView::Segment(segment) = event.view() else {
        return None;
    };
    let mut endless = segment
        .segment()
        .clone()
        .downcast::<gst::format::Time>()
        .ok()?;
    endless.stop()?;
    endless.set_stop(gst::ClockTime::NONE);
    Some(
        gst::event::Segment::builder(&endless)
            .seqnum(event.seqnum())
            .build(),
    )
}

fn without_colorimetry(event: &gst::Event) -> Option<(gst::Event, String)> {
    let gst::EventView::Caps(caps) = event.view() else {
        return None;
    };
    let mut bare = caps.caps_owned();
    let colorimetry = bare.structure(0)?.get::<String>("colorimetry").ok()?;
    bare.make_mut()
        .structure_mut(0)?
        .remove_field("colorimetry");
    Some((
        gst::event::Caps::builder(&bare)
            .seqnum(event.seqnum())
            .build(),
        colorimetry,
    ))
}

/// What the demuxer adds to the id of the whole source.
pub(crate) fn local_id(pad: &gst::Pad) -> Option<String> {
    let id = pad.stream_id()?;
    id.rsplit('/').next().map(str::to_owned)
}
