//! A source opened: its streams known, nothing decoded.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gst::prelude::*;
use gstreamer as gst;

use crate::{
    Decoding, Frames, MediaError, RangeSrc, ReadAt, Stream, StreamKind, Track,
    finding::{Finding, expected_pads},
    frames::pulled,
    gate::{Gate, Held},
    init,
    plugins::decoder_for,
    quirks::Quirks,
    watch::Watched,
};

/// A source whose streams are known.
#[derive(Debug)]
pub struct Demuxed {
    watched: Watched,
    streams: Vec<Stream>,
    demuxers: Vec<gst::Element>,
    gate: Arc<Gate>,
    decoder_threads: Option<i32>,
}

impl Demuxed {
    /// Reads as much of the source as its demuxer needs to know the streams.
    ///
    /// # Errors
    /// [`MediaError`]: what is wrong with the source, or [`MediaError::Timeout`] after `patience`.
    pub fn open(reader: Arc<dyn ReadAt>, patience: Duration) -> Result<Self, MediaError> {
        init()?;
        let deadline = Instant::now() + patience;
        let gate = Arc::new(Gate::new(expected_pads(reader.as_ref())?));
        let quirks = Arc::new(Quirks::of(reader.as_ref())?);
        let watched = Watched::new(RangeSrc::new(reader))?;
        let parsebin = make("parsebin")?;
        let finding = Finding::of(&parsebin, &gate, &quirks);
        let added = watched
            .pipeline
            .add_many([watched.src.upcast_ref(), &parsebin]);
        added
            .and_then(|()| watched.src.link(&parsebin))
            .map_err(internal)?;
        watched.set_state(gst::State::Paused)?;
        let plugged = finding.wait(&watched, deadline)?;
        let mut streams = Vec::with_capacity(plugged.pads.len());
        // Now that data has come, parsers have said what it is.
        for pad in plugged.pads {
            streams.push(Stream::of(pad, &streams, &quirks));
        }
        let demuxed = Self {
            watched,
            streams,
            demuxers: plugged.demuxers,
            gate,
            decoder_threads: None,
        };
        let picture_or_sound =
            |stream: &Stream| matches!(stream.kind, StreamKind::Video(_) | StreamKind::Audio(_));
        if demuxed.demuxers.is_empty() && !demuxed.streams.iter().any(picture_or_sound) {
            return Err(MediaError::NotMedia);
        }
        Ok(demuxed)
    }

    /// The streams, those of one kind in the demuxer's order.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// The stream behind a track.
    #[must_use]
    pub fn stream(&self, track: Track) -> Option<&Stream> {
        let kind = match track {
            Track::Video(n) => StreamKind::Video(n),
            Track::Audio(n) => StreamKind::Audio(n),
        };
        self.streams.iter().find(|stream| stream.kind == kind)
    }

    /// Names of the demuxers at work, the outermost first, such as `qtdemux`.
    #[must_use]
    pub fn demuxers(&self) -> Vec<String> {
        let factories = self.demuxers.iter().filter_map(|demuxer| demuxer.factory());
        factories
            .map(|factory| factory.name().to_string())
            .collect()
    }

    /// The duration that the demuxer believes in, nanoseconds: never trust it.
    #[must_use]
    pub fn claimed_duration_ns(&self) -> Option<u64> {
        let pad = &self.streams.first()?.pad;
        pad.query_duration::<gst::ClockTime>()
            .map(gst::ClockTime::nseconds)
    }

    /// Whether the demuxer can start in the middle.
    #[must_use]
    pub fn seekable(&self) -> bool {
        let mut query = gst::query::Seeking::new(gst::Format::Time);
        self.streams
            .first()
            .is_some_and(|stream| stream.pad.query(query.query_mut()))
            && query.result().0
    }

    /// Whether a decoder for this stream is there and allowed.
    #[must_use]
    pub fn can_decode(stream: &Stream) -> bool {
        stream.is_raw() || decoder_for(&stream.caps).is_some()
    }

    /// Decodes with one thread where the decoder would take one for each core: what is a few
    /// pictures costs less so.
    #[must_use]
    pub fn with_one_decoder_thread(self) -> Self {
        Self {
            decoder_threads: Some(1),
            ..self
        }
    }

    /// Plugs the decoder of one track, from the key frame at or before `from_ns` in stream time.
    ///
    /// # Errors
    /// [`MediaError::NoTrack`] or [`MediaError::UnsupportedCodec`].
    pub fn decode(self, track: Track, from_ns: Option<u64>) -> Result<Decoding, MediaError> {
        let stream = self.chosen(track)?;
        let decoder = match decoder_for(&stream.caps) {
            _ if stream.is_raw() => make("identity")?,
            Some(factory) => factory.create().build().map_err(internal)?,
            None => {
                return Err(MediaError::UnsupportedCodec {
                    codec: stream.codec,
                });
            }
        };
        if let Some(threads) = self.decoder_threads
            && decoder.has_property_with_type("max-threads", i32::static_type())
        {
            decoder.set_property("max-threads", threads);
        }
        if decoder.has_property_with_type("direct-rendering", bool::static_type()) {
            // libav holds on to what it decodes into, so that each frame would be copied into new
            // memory behind it; without, it is copied into memory that goes round.
            decoder.set_property("direct-rendering", false);
        }
        self.plug(&stream, &decoder)?;
        let tail = self.color(&stream, &decoder)?;
        let held = Held {
            gate: self.gate,
            pad: stream.pad,
            from_ns,
        };
        let sound = matches!(track, Track::Audio(_));
        Ok(Decoding::new(self.watched, tail, held, sound))
    }

    /// Gives the container's colour back to decoded frames of a bit stream that names none.
    fn color(&self, stream: &Stream, decoder: &gst::Element) -> Result<gst::Pad, MediaError> {
        let source = |element: &gst::Element| {
            let pad = element.static_pad("src");
            pad.ok_or_else(|| MediaError::Missing("a decoder's source pad".to_owned()))
        };
        let named = stream
            .caps
            .structure(0)
            .is_some_and(|s| s.has_field("colorimetry"));
        let Some(colorimetry) = stream.container_colorimetry.as_ref().filter(|_| !named) else {
            return source(decoder);
        };
        let caps = gst::Caps::builder("video/x-raw")
            .field("colorimetry", colorimetry)
            .build();
        let setter = make("capssetter")?;
        setter.set_property("caps", caps);
        self.watched.pipeline.add(&setter).map_err(internal)?;
        setter.sync_state_with_parent().map_err(internal)?;
        decoder.link(&setter).map_err(internal)?;
        source(&setter)
    }

    /// Gives the encoded packets of one track, from the key frame at or before `from_ns`.
    ///
    /// # Errors
    /// As [`Demuxed::decode`].
    pub fn packets(self, track: Track, from_ns: Option<u64>) -> Result<Frames, MediaError> {
        let stream = self.chosen(track)?;
        let sink = pulled(64);
        self.plug(&stream, sink.upcast_ref())?;
        let held = Held {
            gate: self.gate,
            pad: stream.pad,
            from_ns,
        };
        Frames::start(self.watched, sink, &held)
    }

    fn chosen(&self, track: Track) -> Result<Stream, MediaError> {
        let stream = self.stream(track).cloned();
        stream.ok_or_else(|| MediaError::NoTrack(format!("{track:?}")))
    }

    /// Links an element behind a stream. It is made ready first: what is pushed into an element
    /// that is not is lost, and the demuxer gives up without a word.
    fn plug(&self, stream: &Stream, to: &gst::Element) -> Result<(), MediaError> {
        self.watched.pipeline.add(to).map_err(internal)?;
        to.sync_state_with_parent().map_err(internal)?;
        let sink = to
            .static_pad("sink")
            .ok_or_else(|| MediaError::Missing("a decoder's sink pad".to_owned()))?;
        stream.pad.link(&sink).map_err(internal)?;
        Ok(())
    }
}

pub(crate) fn make(name: &str) -> Result<gst::Element, MediaError> {
    gst::ElementFactory::make(name)
        .build()
        .map_err(|_| MediaError::Missing(format!("element {name} is not installed")))
}

pub(crate) fn internal(error: impl std::fmt::Display) -> MediaError {
    MediaError::Damaged(error.to_string())
}
