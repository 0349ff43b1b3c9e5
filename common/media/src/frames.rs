//! Frames or packets pulled into Rust, with their place in stream time.

use std::time::Duration;

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;

use crate::{
    MediaError,
    gate::Held,
    watch::{Watched, clock_time},
};

/// One decoded frame, block of audio, or encoded packet.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The buffer with its caps and segment.
    pub sample: gst::Sample,
    /// Presentation time in the source's stream time, nanoseconds; negative for what lies before
    /// the edit list's start, none where the container gives none.
    pub time_ns: Option<i64>,
    /// Duration in nanoseconds, where known.
    pub duration_ns: Option<u64>,
    /// Whether it can be decoded by itself (packets only).
    pub key: bool,
}

/// Frames in the order of the pipeline, pulled with patience. Dropping it stops the pipeline.
#[derive(Debug)]
pub struct Frames {
    watched: Watched,
    sink: gst_app::AppSink,
    failed: Option<MediaError>,
}

impl Frames {
    pub(crate) fn start(
        watched: Watched,
        sink: gst_app::AppSink,
        held: &Held,
    ) -> Result<Self, MediaError> {
        held.release_into(&watched)?;
        Ok(Self {
            watched,
            sink,
            failed: None,
        })
    }

    /// Goes on from the key frame at or before `to_ns` in stream time, from the end of the stream
    /// too; frames that wait to be pulled are dropped.
    ///
    /// # Errors
    /// [`MediaError::Damaged`] where the demuxer cannot go there.
    pub fn seek(&mut self, to_ns: u64) -> Result<(), MediaError> {
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT | gst::SeekFlags::SNAP_BEFORE;
        let seek = gst::event::Seek::new(
            1.0,
            flags,
            gst::SeekType::Set,
            gst::ClockTime::from_nseconds(to_ns),
            gst::SeekType::None,
            gst::ClockTime::NONE,
        );
        match self.sink.send_event(seek) {
            true => Ok(()),
            false => Err(MediaError::Damaged(format!("cannot seek to {to_ns} ns"))),
        }
    }

    /// The next frame; none at the end of the stream.
    ///
    /// # Errors
    /// The pipeline's error, or [`MediaError::Timeout`] when nothing came for `patience`.
    pub fn next(&mut self, patience: Duration) -> Result<Option<Frame>, MediaError> {
        let step = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        loop {
            if let Some(sample) = self.sink.try_pull_sample(clock_time(step)) {
                return Ok(Some(frame(own(&sample))));
            }
            if let Some(error) = self.failed.take().or_else(|| self.watched.pending_error()) {
                // What came before the error, but after it was last looked for, comes first.
                let Some(sample) = self.sink.try_pull_sample(gst::ClockTime::ZERO) else {
                    return Err(error);
                };
                self.failed = Some(error);
                return Ok(Some(frame(own(&sample))));
            }
            if self.sink.is_eos() {
                return Ok(None);
            }
            waited += step;
            if waited >= patience {
                return Err(MediaError::Timeout("decoding"));
            }
        }
    }
}

/// The sink that [`Frames`] are pulled from; `most` of them wait.
pub(crate) fn pulled(most: u32) -> gst_app::AppSink {
    // Prerolling anew after each flush would take the pipeline through its states again, beside which
    // the next seek may be lost. The end of the stream is seen once everything is pulled, and need not
    // wait for that in the sink, where it would hold a lock that every change of state needs.
    gst_app::AppSink::builder()
        .sync(false)
        .async_(false)
        .wait_on_eos(false)
        .max_buffers(most)
        .build()
}

/// A sample of its own: appsink goes on with the one that it gave away, and cannot write new caps
/// into it where the caller still holds it.
fn own(sample: &gst::SampleRef) -> gst::Sample {
    let (buffer, caps) = (sample.buffer_owned(), sample.caps_owned());
    let own = gst::Sample::builder()
        .buffer_if_some(buffer.as_ref())
        .caps_if_some(caps.as_ref());
    match sample.segment() {
        Some(segment) => own.segment(segment).build(),
        None => own.build(),
    }
}

fn frame(sample: gst::Sample) -> Frame {
    let buffer = sample.buffer();
    let time_ns = buffer
        .and_then(gst::BufferRef::pts)
        .and_then(|pts| stream_time_ns(&sample, pts));
    let duration_ns = buffer
        .and_then(gst::BufferRef::duration)
        .map(gst::ClockTime::nseconds);
    let key = buffer.is_some_and(|buffer| !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT));
    Frame {
        sample,
        time_ns,
        duration_ns,
        key,
    }
}

/// Places a time of a sample's segment in the source's stream time, nanoseconds.
#[must_use]
pub fn stream_time_ns(sample: &gst::Sample, pts: gst::ClockTime) -> Option<i64> {
    in_stream_time(sample.segment()?, pts)
}

/// Places a time of the segment that `pad` is in, in the source's stream time, nanoseconds.
#[must_use]
pub fn pad_stream_time_ns(pad: &gst::Pad, time: gst::ClockTime) -> Option<i64> {
    let event = pad.sticky_event::<gst::event::Segment>(0)?;
    in_stream_time(event.segment(), time)
}

fn in_stream_time(segment: &gst::Segment, time: gst::ClockTime) -> Option<i64> {
    let segment = segment.downcast_ref::<gst::format::Time>()?;
    match segment.to_stream_time_full(time)? {
        gst::Signed::Positive(time) => i64::try_from(time.nseconds()).ok(),
        gst::Signed::Negative(time) => i64::try_from(time.nseconds()).ok().map(|ns| -ns),
    }
}
