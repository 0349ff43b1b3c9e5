//! A source opened: its streams known, nothing decoded.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;

use crate::{
    Decoding, Frames, MediaError, RangeSrc, ReadAt,
    gate::{Gate, Held},
    init,
    plugins::decoder_for,
    quirks::{Quirks, local_id},
    watch::{Watched, describe},
};

/// One track to work on: its position among the tracks of its kind, in the demuxer's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    /// A video track.
    Video(u32),
    /// An audio track.
    Audio(u32),
}

/// What kind of stream a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamKind {
    /// Moving or still picture, with its position among such streams.
    Video(u32),
    /// Sound, with its position among such streams.
    Audio(u32),
    /// Captions or subtitles.
    Text,
    /// Anything else.
    Other,
}

/// One stream of a source, parsed but not decoded.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Kind and position.
    pub kind: StreamKind,
    /// What its packets are, such as `video/x-h264, width=1280, …`.
    pub caps: gst::Caps,
    /// What the container says about it: language, title, orientation.
    pub tags: gst::TagList,
    /// The demuxer's name of it: in MP4 the track id, of at least three digits.
    pub id: String,
    /// The codec in a person's words, such as `H.264 (High Profile)`.
    pub codec: String,
    /// Colour as the container says it, in GStreamer's words, where it was kept from the parser.
    pub container_colorimetry: Option<String>,
    pad: gst::Pad,
}

/// A source whose streams are known.
#[derive(Debug)]
pub struct Demuxed {
    watched: Watched,
    streams: Vec<Stream>,
    demuxers: Vec<gst::Element>,
    gate: Arc<Gate>,
    quirks: Arc<Quirks>,
}

/// How long data may still come after an error.
const SECOND_THOUGHTS: Duration = Duration::from_millis(200);

/// What the streaming threads say while a source is opened.
enum Found {
    Pad(gst::Pad),
    Demuxer(gst::Element),
    AllPads,
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
        let (found, all_found) = mpsc::channel();
        let parsebin = make("parsebin")?;
        report_pads(&parsebin, &gate, &quirks, &found);
        let added = watched
            .pipeline
            .add_many([watched.src.upcast_ref(), &parsebin]);
        added
            .and_then(|()| watched.src.link(&parsebin))
            .map_err(internal)?;
        watched.set_state(gst::State::Paused)?;
        let mut demuxed = Self {
            watched,
            streams: Vec::new(),
            demuxers: Vec::new(),
            gate,
            quirks,
        };
        demuxed.collect(&all_found, deadline)?;
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
        is_raw(&stream.caps) || decoder_for(&stream.caps).is_some()
    }

    /// Plugs the decoder of one track, from the key frame at or before `from_ns` in stream time.
    ///
    /// # Errors
    /// [`MediaError::NoTrack`] or [`MediaError::UnsupportedCodec`].
    pub fn decode(self, track: Track, from_ns: Option<u64>) -> Result<Decoding, MediaError> {
        let stream = self.chosen(track)?;
        let decoder = match decoder_for(&stream.caps) {
            _ if is_raw(&stream.caps) => make("identity")?,
            Some(factory) => factory.create().build().map_err(internal)?,
            None => {
                return Err(MediaError::UnsupportedCodec {
                    codec: stream.codec,
                });
            }
        };
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
        let sink = gst_app::AppSink::builder()
            .sync(false)
            .max_buffers(64)
            .build();
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

    fn collect(
        &mut self,
        found: &mpsc::Receiver<Found>,
        deadline: Instant,
    ) -> Result<(), MediaError> {
        let mut pads = Vec::new();
        let mut complaint = None;
        loop {
            match found.recv_timeout(Duration::from_millis(5)) {
                Ok(Found::Demuxer(demuxer)) => self.demuxers.push(demuxer),
                Ok(Found::Pad(pad)) => pads.push(pad),
                Ok(Found::AllPads) => break,
                Err(_) if Instant::now() > deadline => {
                    return Err(MediaError::Timeout("finding the tracks"));
                }
                Err(_) if complaint.is_none() => {
                    complaint = self.complaint().map(|error| (error, Instant::now()));
                }
                Err(_) => match complaint.take() {
                    Some((error, at)) if at.elapsed() > SECOND_THOUGHTS => return Err(error),
                    waiting => complaint = waiting,
                },
            }
        }
        // qtdemux complains about a broken track and plays the others.
        self.watched.forget_messages();
        // parsebin exposes pads in no fixed order; ids are zero-padded track numbers.
        pads.sort_by_cached_key(local_id);
        // Now that data has come, parsers have said what it is.
        for pad in pads {
            let stream = self.describe_stream(pad);
            self.streams.push(stream);
        }
        Ok(())
    }

    /// What went wrong, if something did. parsebin swallows errors that a demuxer posts while it is
    /// being plugged: a demuxer that has stopped working says as much.
    fn complaint(&self) -> Option<MediaError> {
        let stopped = |demuxer: &gst::Element| {
            let sink = demuxer.static_pad("sink");
            sink.is_some_and(|pad| {
                pad.mode() == gst::PadMode::Pull && pad.task_state() != gst::TaskState::Started
            })
        };
        let given_up = self.demuxers.iter().any(stopped);
        let damaged = || MediaError::Damaged("no track of it can be read".to_owned());
        self.watched
            .pending_error()
            .or_else(|| given_up.then(damaged))
    }

    fn describe_stream(&self, pad: gst::Pad) -> Stream {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let kind = match caps.structure(0).map(|s| s.name().as_str().to_owned()) {
            Some(name) if name.starts_with("video/") || name.starts_with("image/") => {
                StreamKind::Video(self.count(|kind| matches!(kind, StreamKind::Video(_))))
            }
            Some(name) if name.starts_with("audio/") => {
                StreamKind::Audio(self.count(|kind| matches!(kind, StreamKind::Audio(_))))
            }
            Some(name) if is_text(&name) => StreamKind::Text,
            _ => StreamKind::Other,
        };
        let id = local_id(&pad).unwrap_or_default();
        let container_colorimetry = self.quirks.container_colorimetry(&id);
        Stream {
            container_colorimetry,
            kind,
            tags: tags_of(&pad),
            id,
            codec: describe(&caps),
            caps,
            pad,
        }
    }

    fn count(&self, same: impl Fn(StreamKind) -> bool) -> u32 {
        self.streams
            .iter()
            .filter(|stream| same(stream.kind))
            .count() as u32
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
fn expected_pads(reader: &dyn ReadAt) -> Result<usize, MediaError> {
    let head = reader.read_at(0, 5)?;
    Ok(match head.strip_prefix(b"FLV") {
        // Adobe Flash Video File Format 10.1, annex E.2: bit 0 video, bit 2 audio.
        Some([_, flags]) if flags & 0b101 == 0b101 => 2,
        _ => 1,
    })
}

fn tags_of(pad: &gst::Pad) -> gst::TagList {
    let mut merged = gst::TagList::new();
    pad.sticky_events_foreach(|event| {
        if let gst::EventView::Tag(tag) = event.view() {
            merged = merged.merge(tag.tag(), gst::TagMergeMode::Append);
        }
        std::ops::ControlFlow::Continue(gst::EventForeachAction::Keep)
    });
    merged
}

fn is_raw(caps: &gst::Caps) -> bool {
    caps.structure(0)
        .is_some_and(|s| matches!(s.name().as_str(), "video/x-raw" | "audio/x-raw"))
}

fn is_text(name: &str) -> bool {
    name.starts_with("text/")
        || name.starts_with("subpicture/")
        || name.starts_with("closedcaption/")
}

pub(crate) fn make(name: &str) -> Result<gst::Element, MediaError> {
    gst::ElementFactory::make(name)
        .build()
        .map_err(|_| MediaError::Missing(format!("element {name} is not installed")))
}

pub(crate) fn internal(error: impl std::fmt::Display) -> MediaError {
    MediaError::Damaged(error.to_string())
}
