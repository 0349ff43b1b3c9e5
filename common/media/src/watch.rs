//! A pipeline's bus, read with a deadline and turned into typed errors.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_pbutils as pbutils;

use crate::{MediaError, RangeSrc};

/// A pipeline that is torn down when it is no longer needed.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) pipeline: gst::Pipeline,
    pub(crate) bus: gst::Bus,
    pub(crate) src: RangeSrc,
    missing: Mutex<Option<String>>,
}

impl Watched {
    pub(crate) fn new(src: RangeSrc) -> Result<Self, MediaError> {
        let pipeline = gst::Pipeline::new();
        let bus = pipeline
            .bus()
            .ok_or_else(|| MediaError::Missing("a pipeline's bus".to_owned()))?;
        Ok(Self {
            pipeline,
            bus,
            src,
            missing: Mutex::default(),
        })
    }

    pub(crate) fn set_state(&self, state: gst::State) -> Result<(), MediaError> {
        match self.pipeline.set_state(state) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.error_now()),
        }
    }

    /// The error that waits on the bus, where one does.
    pub(crate) fn pending_error(&self) -> Option<MediaError> {
        while let Some(message) = self.bus.pop() {
            if let Some(error) = self.judge(&message) {
                return Some(error);
            }
        }
        None
    }

    /// The error in a message; what plug-in is missing is said before the error that follows.
    fn judge(&self, message: &gst::Message) -> Option<MediaError> {
        if message.type_() == gst::MessageType::Error {
            return Some(self.error_of(message));
        }
        if let gst::MessageView::NeedContext(needed) = message.view()
            && needed.context_type() == "drm-preferred-decryption-system-id"
        {
            return Some(MediaError::Encrypted);
        }
        if let Ok(missing) = pbutils::MissingPluginMessage::parse(message)
            && let Ok(mut known) = self.missing.lock()
        {
            *known = Some(missing.description().to_string());
        }
        None
    }

    /// Drops what was said so far.
    pub(crate) fn forget_messages(&self) {
        self.bus.set_flushing(true);
        self.bus.set_flushing(false);
    }

    /// The error behind a failed call.
    pub(crate) fn error_now(&self) -> MediaError {
        self.pending_error()
            .unwrap_or_else(|| MediaError::Damaged("the pipeline cannot start".to_owned()))
    }

    /// Waits until `done` gives a value for a message, an error comes, or the deadline passes.
    pub(crate) fn wait<T>(
        &self,
        deadline: Instant,
        what: &'static str,
        mut done: impl FnMut(&gst::Message) -> Option<T>,
    ) -> Result<T, MediaError> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Some(message) = self.bus.timed_pop(clock_time(left)) else {
                return Err(MediaError::Timeout(what));
            };
            if let Some(error) = self.judge(&message) {
                return Err(error);
            }
            if let Some(value) = done(&message) {
                return Ok(value);
            }
        }
    }

    fn error_of(&self, message: &gst::Message) -> MediaError {
        if let Some(error) = self.src.take_failure() {
            return MediaError::Read(error);
        }
        let gst::MessageView::Error(error) = message.view() else {
            return MediaError::Damaged("unknown error".to_owned());
        };
        let missing = self
            .missing
            .lock()
            .ok()
            .and_then(|mut missing| missing.take());
        typed(&error.error(), missing)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // A failure to stop leaves nothing to do: the elements are dropped next.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn typed(error: &glib::Error, missing: Option<String>) -> MediaError {
    match (error.kind::<gst::StreamError>(), missing) {
        (_, Some(description)) => MediaError::UnsupportedCodec {
            codec: description
                .trim_end_matches(" decoder")
                .trim_end_matches(" demuxer")
                .to_owned(),
        },
        (Some(gst::StreamError::TypeNotFound | gst::StreamError::WrongType), _) => {
            MediaError::NotMedia
        }
        (Some(gst::StreamError::CodecNotFound), _) => MediaError::UnsupportedCodec {
            codec: "of this file".to_owned(),
        },
        (Some(gst::StreamError::Decrypt | gst::StreamError::DecryptNokey), _) => {
            MediaError::Encrypted
        }
        _ => MediaError::Damaged(error.message().trim_end_matches('.').to_owned()),
    }
}

pub(crate) fn clock_time(duration: Duration) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX - 1))
}

/// A codec in a person's words.
pub(crate) fn describe(caps: &gst::Caps) -> String {
    let name = caps
        .structure(0)
        .map_or_else(|| "unknown".to_owned(), |s| s.name().to_string());
    if caps.is_any() || caps.is_empty() {
        return name;
    }
    let mut fixed = caps.clone();
    fixed.fixate();
    if fixed.is_fixed() {
        pbutils::pb_utils_get_codec_description(&fixed).to_string()
    } else {
        name
    }
}
