//! A pipeline made from a description, with its bus watched.

use std::time::Instant;

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;

use crate::{Error, patience::STALL};

/// A pipeline that stops when it is dropped.
pub(crate) struct Launched {
    pipeline: gst::Pipeline,
    bus: gst::Bus,
}

impl Launched {
    /// Makes the elements; those named in it can then be reached.
    pub(crate) fn new(description: &str) -> Result<Self, Error> {
        let broken = |reason: &str| Error::Pipeline {
            reason: reason.to_owned(),
        };
        let element = gst::parse::launch(description).map_err(|error| broken(error.message()))?;
        let pipeline = element
            .downcast::<gst::Pipeline>()
            .map_err(|_| broken("not a pipeline"))?;
        let bus = pipeline.bus().ok_or_else(|| broken("no bus"))?;
        Ok(Self { pipeline, bus })
    }

    pub(crate) fn source(&self, name: &str) -> Result<gst_app::AppSrc, Error> {
        self.named(name)
    }

    pub(crate) fn sink(&self, name: &str) -> Result<gst_app::AppSink, Error> {
        self.named(name)
    }

    fn named<T: IsA<gst::Element>>(&self, name: &str) -> Result<T, Error> {
        let element = self
            .pipeline
            .by_name(name)
            .and_then(|element| element.downcast::<T>().ok());
        element.ok_or_else(|| Error::Pipeline {
            reason: format!("no element {name}"),
        })
    }

    pub(crate) fn play(&self) -> Result<(), Error> {
        match self.pipeline.set_state(gst::State::Playing) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.error_or(error)),
        }
    }

    /// The pad of a named element.
    pub(crate) fn pad(&self, element: &str, pad: &str) -> Result<gst::Pad, Error> {
        let pad = self.named::<gst::Element>(element)?.static_pad(pad);
        pad.ok_or_else(|| Error::Pipeline {
            reason: format!("{element} lacks a pad"),
        })
    }

    /// Hands a buffer over, as soon as fewer than `waiting` wait already.
    pub(crate) fn push(
        &self,
        input: &gst_app::AppSrc,
        buffer: gst::Buffer,
        waiting: u64,
    ) -> Result<(), Error> {
        let since = Instant::now();
        while input.current_level_buffers() >= waiting {
            if since.elapsed() > STALL {
                return Err(Error::Stalled("encoding"));
            }
            self.pause()?;
        }
        input
            .push_buffer(buffer)
            .map(drop)
            .map_err(|flow| self.error_or(flow))
    }

    /// Waits a little, or less where the pipeline fails.
    fn pause(&self) -> Result<(), Error> {
        let pause = gst::ClockTime::from_mseconds(4);
        match self
            .bus
            .timed_pop_filtered(pause, &[gst::MessageType::Error])
        {
            Some(message) => Err(error_of(&message)),
            None => Ok(()),
        }
    }

    /// Ends the input and waits until all has come out, as long as `progress` grows.
    pub(crate) fn finish(
        &self,
        input: &gst_app::AppSrc,
        progress: impl Fn() -> usize,
    ) -> Result<(), Error> {
        input.end_of_stream().map_err(|flow| self.error_or(flow))?;
        self.wait_for_end(progress)
    }

    /// Waits for the end of the stream in all sinks, as long as `progress` grows.
    pub(crate) fn wait_for_end(&self, progress: impl Fn() -> usize) -> Result<(), Error> {
        let (mut since, mut before) = (Instant::now(), progress());
        let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
        loop {
            match self
                .bus
                .timed_pop_filtered(gst::ClockTime::from_mseconds(500), &wanted)
            {
                Some(message) if message.type_() == gst::MessageType::Eos => return Ok(()),
                Some(message) => return Err(error_of(&message)),
                None if progress() > before => (since, before) = (Instant::now(), progress()),
                None if since.elapsed() > STALL => return Err(Error::Stalled("encoding")),
                None => {}
            }
        }
    }

    /// The error on the bus, or `otherwise` where there is none.
    fn error_or(&self, otherwise: impl std::fmt::Display) -> Error {
        match self.bus.pop_filtered(&[gst::MessageType::Error]) {
            Some(message) => error_of(&message),
            None => Error::Encoder(otherwise.to_string()),
        }
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        // A failure to stop leaves nothing to do: the elements are dropped next.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn error_of(message: &gst::Message) -> Error {
    let gst::MessageView::Error(error) = message.view() else {
        return Error::Encoder("unknown error".to_owned());
    };
    let details = error.debug().unwrap_or_default();
    Error::Encoder(format!("{} ({details})", error.error()))
}
