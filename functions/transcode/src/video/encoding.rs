//! The encoding pipeline at work: frames in, coded pictures of every rendition out.

use std::sync::{Arc, Mutex, PoisonError};

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use reeldrop_events::Rendition;

use super::collected::Collected;
use crate::{Error, launched::Launched};

/// Frames that wait at the pipeline's entrance.
const WAITING_FRAMES: u64 = 2;

/// A running pipeline. Dropping it stops it.
pub(crate) struct Encoding {
    launched: Launched,
    input: gst_app::AppSrc,
    outputs: Vec<Arc<Mutex<Collected>>>,
}

impl Encoding {
    /// Starts the pipeline that `description` tells, with an output for each rendition.
    pub(crate) fn start(description: &str, ladder: &[Rendition]) -> Result<Self, Error> {
        let launched = Launched::new(description)?;
        let input = launched.source("in")?;
        let mut outputs = Vec::new();
        for (n, rendition) in ladder.iter().enumerate() {
            let sink = launched.sink(&format!("r{n}"))?;
            outputs.push(Collected::from_sink(&sink, rendition.codec));
        }
        launched.play()?;
        Ok(Self {
            launched,
            input,
            outputs,
        })
    }

    /// Hands a frame over, waiting until there is room for it.
    pub(crate) fn push(
        &mut self,
        caps: &gst::CapsRef,
        mut frame: gst::Buffer,
        time_ns: u64,
        key: bool,
    ) -> Result<(), Error> {
        if self.input.caps().as_deref() != Some(caps) {
            self.input.set_caps(Some(&caps.to_owned()));
        }
        let frame_ref = frame.make_mut();
        frame_ref.set_pts(gst::ClockTime::from_nseconds(time_ns));
        frame_ref.set_dts(gst::ClockTime::NONE);
        frame_ref.set_duration(gst::ClockTime::NONE);
        frame_ref.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::RESYNC);
        if key {
            // Travels with the frames, so that each encoder meets it just before its frame.
            let event = gst_video::DownstreamForceKeyUnitEvent::builder()
                .all_headers(false)
                .build();
            self.input.send_event(event);
        }
        let pushed = self.launched.push(&self.input, frame, WAITING_FRAMES);
        pushed.map_err(|error| self.explained(error))
    }

    /// Waits until everything handed over is encoded.
    pub(crate) fn finish(self) -> Result<Vec<Collected>, Error> {
        let pictures = || {
            self.outputs
                .iter()
                .map(|output| locked(output).pictures.len())
                .sum()
        };
        let finished = self.launched.finish(&self.input, pictures);
        finished.map_err(|error| self.explained(error))?;
        Ok(self
            .outputs
            .iter()
            .map(|output| std::mem::take(&mut *locked(output)))
            .collect())
    }

    /// What was wrong with a picture, where that is why the pipeline stopped.
    fn explained(&self, error: Error) -> Error {
        let failure = self
            .outputs
            .iter()
            .find_map(|output| locked(output).failure());
        failure.map_or(error, |failure| Error::Encoder(failure.to_owned()))
    }
}

fn locked(output: &Mutex<Collected>) -> std::sync::MutexGuard<'_, Collected> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}
