//! Finding the streams of a source while its demuxer is being plugged.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use gst::prelude::*;
use gstreamer as gst;

use crate::{
    MediaError, ReadAt,
    gate::Gate,
    quirks::{Quirks, local_id},
    watch::Watched,
};

/// How long nothing may be read after an error until it is believed.
const SECOND_THOUGHTS: Duration = Duration::from_millis(200);

/// What the streaming threads say while a source is opened.
enum Found {
    Pad(gst::Pad),
    Demuxer(gst::Element),
    AllPads,
}

/// What was found: pads in the order of the file, and demuxers, the outermost first.
#[derive(Debug, Default)]
pub(crate) struct Plugged {
    pub(crate) pads: Vec<gst::Pad>,
    pub(crate) demuxers: Vec<gst::Element>,
}

/// Listens to a `parsebin`.
pub(crate) struct Finding(mpsc::Receiver<Found>);

impl Finding {
    pub(crate) fn of(parsebin: &gst::Element, gate: &Arc<Gate>, quirks: &Arc<Quirks>) -> Self {
        let (found, all_found) = mpsc::channel();
        report_pads(parsebin, gate, quirks, &found);
        Self(all_found)
    }

    /// Waits until all pads are there.
    pub(crate) fn wait(self, watched: &Watched, deadline: Instant) -> Result<Plugged, MediaError> {
        let mut plugged = Plugged::default();
        let mut complaint: Option<Complaint> = None;
        loop {
            match self.0.recv_timeout(Duration::from_millis(5)) {
                Ok(Found::Demuxer(demuxer)) => plugged.demuxers.push(demuxer),
                Ok(Found::Pad(pad)) => plugged.pads.push(pad),
                Ok(Found::AllPads) => break,
                Err(_) if Instant::now() > deadline => {
                    return Err(MediaError::Timeout("finding the tracks"));
                }
                Err(_) => match complaint.take() {
                    None => complaint = Complaint::of(watched, &plugged.demuxers),
                    Some(waiting) => complaint = Some(waiting.heard_out(watched)?),
                },
            }
        }
        // qtdemux complains about a broken track and plays the others.
        watched.forget_messages();
        // parsebin exposes pads in no fixed order; ids are zero-padded track numbers.
        plugged.pads.sort_by_cached_key(local_id);
        Ok(plugged)
    }
}

/// An error after which data may still come: a slow store is given time for it.
struct Complaint {
    error: MediaError,
    activity: u64,
    quiet_since: Instant,
}

impl Complaint {
    /// What went wrong, if something did. parsebin swallows errors that a demuxer posts while it is
    /// being plugged: a demuxer that has stopped working says as much.
    fn of(watched: &Watched, demuxers: &[gst::Element]) -> Option<Self> {
        let stopped = |demuxer: &gst::Element| {
            let sink = demuxer.static_pad("sink");
            sink.is_some_and(|pad| {
                pad.mode() == gst::PadMode::Pull && pad.task_state() != gst::TaskState::Started
            })
        };
        let given_up = demuxers.iter().any(stopped);
        let damaged = || MediaError::Damaged("no track of it can be read".to_owned());
        let error = watched.pending_error().or_else(|| given_up.then(damaged))?;
        Some(Self {
            error,
            activity: watched.src.activity(),
            quiet_since: Instant::now(),
        })
    }

    /// The error, once nothing has been read for long enough.
    fn heard_out(self, watched: &Watched) -> Result<Self, MediaError> {
        let activity = watched.src.activity();
        let reading = activity % 2 == 1 || activity != self.activity;
        match self.quiet_since.elapsed() > SECOND_THOUGHTS {
            _ if reading => Ok(Self {
                activity,
                quiet_since: Instant::now(),
                ..self
            }),
            true => Err(self.error),
            false => Ok(self),
        }
    }
}

/// Tells `found` about every pad and demuxer.
///
/// parsebin exposes the pads of a file before it lets data through any of them, and never says
/// `no-more-pads`: the first buffer, or the end of a stream without one, says it instead.
fn report_pads(
    parsebin: &gst::Element,
    gate: &Arc<Gate>,
    quirks: &Arc<Quirks>,
    found: &mpsc::Sender<Found>,
) {
    if let Some(bin) = parsebin.downcast_ref::<gst::Bin>() {
        let (elements, quirks) = (found.clone(), Arc::clone(quirks));
        bin.connect_deep_element_added(move |_, _, element| {
            quirks.mend(element);
            let factory = element.factory();
            if factory.is_some_and(|f| f.has_type(gst::ElementFactoryType::DEMUXER)) {
                let _ = elements.send(Found::Demuxer(element.clone()));
            }
        });
    }
    let (gate, found) = (Arc::clone(gate), found.clone());
    parsebin.connect_pad_added(move |_, pad| {
        // The receiver is gone once all pads are known: later pads stay unlinked.
        let _ = found.send(Found::Pad(pad.clone()));
        let all_pads = found.clone();
        gate.hold(pad, move || {
            let _ = all_pads.send(Found::AllPads);
        });
    });
}

/// FLV's pads come one after the other, each with its first tag: its header says which there are.
pub(crate) fn expected_pads(reader: &dyn ReadAt) -> Result<usize, MediaError> {
    let head = reader.read_at(0, 5)?;
    Ok(match head.strip_prefix(b"FLV") {
        // Adobe Flash Video File Format 10.1, annex E.2: bit 0 video, bit 2 audio.
        Some([_, flags]) if flags & 0b101 == 0b101 => 2,
        _ => 1,
    })
}
