//! One track being decoded, for whoever links elements behind it.

use std::time::Instant;

use gst::prelude::*;
use gstreamer as gst;

use crate::{
    Frames, MediaError,
    demuxed::internal,
    frames::{pad_stream_time_ns, pulled},
    gate::Held,
    packet::is_disposable,
    watch::Watched,
};

/// A pipeline that decodes one track and waits for something to be linked behind it.
///
/// Dropping it stops the pipeline.
#[derive(Debug)]
pub struct Decoding {
    watched: Watched,
    tail: gst::Pad,
    held: Held,
    sound: bool,
}

/// How a pipeline came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All sinks have everything up to the source's end.
    AtEndOfStream,
    /// The caller has what it needs.
    Early,
}

impl Decoding {
    pub(crate) fn new(watched: Watched, tail: gst::Pad, held: Held, sound: bool) -> Self {
        Self {
            watched,
            tail,
            held,
            sound,
        }
    }

    /// The pipeline, PAUSED and held before the decoder: add elements to it, sync their state with
    /// it, and only then link them to [`Decoding::tail`].
    #[must_use]
    pub fn pipeline(&self) -> &gst::Pipeline {
        &self.watched.pipeline
    }

    /// The unlinked source pad that gives raw video or audio. It pushes from the demuxer's thread
    /// (or the decoder's own): put a queue behind it to use more cores.
    #[must_use]
    pub fn tail(&self) -> &gst::Pad {
        &self.tail
    }

    /// The pad before the decoder, behind which only elements for raw video or audio stand.
    #[must_use]
    pub fn decoder_input(&self) -> Option<gst::Pad> {
        let mut element = self.tail.parent_element()?;
        loop {
            let input = element.static_pad("sink")?;
            let before = input.peer()?;
            match before.parent_element() {
                Some(previous) if element.factory()?.name() == "capssetter" => element = previous,
                _ => return Some(input),
            }
        }
    }

    /// Leaves out pictures before `until_ns` of stream time that no other needs: for who decodes them
    /// only to get to the ones after.
    pub fn skip_disposable(&self, until_ns: u64) {
        let Some(pad) = self.decoder_input() else {
            return;
        };
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            let Some(buffer) = info.buffer() else {
                return gst::PadProbeReturn::Ok;
            };
            match disposable_before(pad, buffer, until_ns) {
                // As good as dropped, which GStreamer 1.22 complains of on an input.
                true => gst::PadProbeReturn::Handled,
                false => gst::PadProbeReturn::Ok,
            }
        });
    }

    /// Seeks where that was asked for and lets the data flow, without waiting.
    ///
    /// # Errors
    /// [`MediaError`] where an element refuses to run.
    pub fn start(&mut self) -> Result<(), MediaError> {
        self.held.release_into(&self.watched)
    }

    /// Lets the data flow and waits for the end of the stream, an error, or `enough`, which is asked
    /// every 20 ms and on every message.
    ///
    /// # Errors
    /// The first error of any element, or [`MediaError::Timeout`] at the deadline.
    pub fn run(
        &mut self,
        deadline: Instant,
        enough: impl Fn() -> bool,
    ) -> Result<Ended, MediaError> {
        self.start()?;
        loop {
            if enough() {
                return Ok(Ended::Early);
            }
            let pause = Instant::now() + std::time::Duration::from_millis(20);
            let eos = |message: &gst::Message| {
                (message.type_() == gst::MessageType::Eos).then_some(Ended::AtEndOfStream)
            };
            match self.watched.wait(pause.min(deadline), "decoding", eos) {
                Err(MediaError::Timeout(_)) if Instant::now() < deadline => {}
                ended => return ended,
            }
        }
    }

    /// Decoded frames, pulled one by one.
    ///
    /// # Errors
    /// [`MediaError`] where the pipeline refuses to run.
    pub fn frames(self) -> Result<Frames, MediaError> {
        self.frames_through(&[])
    }

    /// Decoded frames after they went through `elements`, such as a converter and a caps filter.
    ///
    /// # Errors
    /// [`MediaError`] where elements do not fit together or the pipeline refuses to run.
    pub fn frames_through(self, elements: &[gst::Element]) -> Result<Frames, MediaError> {
        // Pictures are large, blocks of sound small and many.
        let most = if self.sound { 64 } else { 2 };
        let sink = pulled(most);
        let mut pad = self.tail.clone();
        for element in elements.iter().chain([sink.upcast_ref()]) {
            self.watched.pipeline.add(element).map_err(internal)?;
            element.sync_state_with_parent().map_err(internal)?;
            let end = element
                .static_pad("sink")
                .ok_or_else(|| internal("an element without input"))?;
            pad.link(&end).map_err(internal)?;
            pad = element.static_pad("src").unwrap_or(end);
        }
        Frames::start(self.watched, sink, &self.held)
    }
}

fn disposable_before(pad: &gst::Pad, buffer: &gst::BufferRef, until_ns: u64) -> bool {
    let until_ns = i64::try_from(until_ns).unwrap_or(i64::MAX);
    let time_ns = buffer.pts().and_then(|pts| pad_stream_time_ns(pad, pts));
    let before = time_ns.is_some_and(|ns| ns < until_ns);
    let delta = buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
    delta
        && before
        && pad.current_caps().is_some_and(|caps| {
            buffer
                .map_readable()
                .is_ok_and(|packet| is_disposable(&caps, &packet))
        })
}
