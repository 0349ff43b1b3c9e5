//! Decoding begun where every frame of a chunk comes out right.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gst::prelude::*;
use gstreamer as gst;
use reeldrop_events::{Timeline, VideoTrack};
use reeldrop_media::{
    Demuxed, Frame, Frames, MediaError, ReadAt, Track, is_random_access, pad_stream_time_ns,
};

use crate::{
    Error, elements,
    patience::{FRAME_PATIENCE, MARGINS_S, OPEN_PATIENCE},
};

/// A decoder at work, and its first frame.
pub(crate) struct Opened {
    pub(crate) frames: Frames,
    pub(crate) first: Option<Frame>,
}

/// The tick of a frame, which may lie before the origin.
pub(crate) fn tick_of(timeline: &Timeline, time_ns: i64) -> i64 {
    match u64::try_from(time_ns) {
        Ok(time_ns) => timeline.tick(time_ns),
        // Before the edit list's start: never shown.
        Err(_) => timeline.tick(0).saturating_sub(1),
    }
}

/// Opens a source's video and starts to decode at or before tick `start`, as near as can be trusted;
/// frames go through the elements that `picture` describes.
///
/// A seek is trusted when the packet that decoding began with is a key frame, and neither it nor the
/// first frame out lies after `start`. Frames that precede that key frame in presentation order may
/// refer to frames that were never decoded (open GOPs); all of them lie before `start` then.
pub(crate) fn open_at(
    reader: &Arc<dyn ReadAt>,
    video: &VideoTrack,
    timeline: &Timeline,
    start: u64,
    picture: &str,
) -> Result<Opened, Error> {
    let wanted_ns = timeline.origin_ns + timeline.tick_ns(start);
    // Where frames last differently long, one from well before may be shown at the start.
    let skip_until_ns =
        (!video.variable_frame_rate).then(|| wanted_ns.saturating_sub(near_ns(video)));
    for margin in MARGINS_S {
        let from_ns = wanted_ns.saturating_sub(margin * 1_000_000_000);
        if start == 0 || from_ns <= timeline.origin_ns {
            break;
        }
        let begun = begin(reader, video.index, Some(from_ns), skip_until_ns, picture);
        let (mut frames, first_packet) = match begun {
            Ok(begun) => begun,
            Err(MediaError::Damaged(reason)) => {
                tracing::debug!(%reason, "seek refused");
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let Ok(Some(first)) = frames.next(FRAME_PATIENCE) else {
            continue;
        };
        let packet_ns = *first_packet.lock().unwrap_or_else(PoisonError::into_inner);
        let in_time = |time_ns: Option<i64>| {
            time_ns.is_some_and(|ns| {
                u64::try_from(tick_of(timeline, ns)).is_ok_and(|tick| tick <= start)
            })
        };
        if in_time(first.time_ns) && packet_ns.is_none_or(|ns| in_time(Some(ns))) {
            return Ok(Opened {
                frames,
                first: Some(first),
            });
        }
        tracing::debug!(
            from_ns,
            first_ns = first.time_ns,
            packet_ns,
            "decoding began too late"
        );
    }
    let (mut frames, _) = begin(reader, video.index, None, skip_until_ns, picture)?;
    let first = frames.next(FRAME_PATIENCE)?;
    Ok(Opened { frames, first })
}

/// Frames this near to a chunk's start are all decoded, and as many as a decoder may hold back to put
/// them in order (ISO/IEC 14496-10, A.3.1: 16).
const NEAR: Duration = Duration::from_secs(1);
const NEAR_FRAMES: u64 = 17;

fn near_ns(video: &VideoTrack) -> u64 {
    let rate = video.frame_rate;
    let frame_ns = 1_000_000_000 * u64::from(rate.den) / u64::from(rate.num.max(1));
    (NEAR.as_nanos() as u64).max(frame_ns.saturating_mul(NEAR_FRAMES))
}

type FirstPacket = Arc<Mutex<Option<i64>>>;

fn begin(
    reader: &Arc<dyn ReadAt>,
    index: u32,
    from_ns: Option<u64>,
    skip_until_ns: Option<u64>,
    picture: &str,
) -> Result<(Frames, FirstPacket), MediaError> {
    // Encoding the ladder is several times the work of decoding, and keeps the cores busy; more decoder
    // threads only add frames that wait, which at 4K are 12 to 25 MB each.
    let demuxed = Demuxed::open(Arc::clone(reader), OPEN_PATIENCE)?.with_one_decoder_thread();
    let streams = ["tsdemux", "mpegpsdemux"];
    let listed = !demuxed
        .demuxers()
        .iter()
        .any(|demuxer| streams.contains(&demuxer.as_str()));
    let edited = demuxed
        .demuxers()
        .iter()
        .any(|demuxer| demuxer == "qtdemux");
    let decoding = demuxed.decode(Track::Video(index), from_ns)?;
    let first_packet = FirstPacket::default();
    if let Some(until_ns) = skip_until_ns {
        decoding.skip_disposable(until_ns);
    }
    if let Some(pad) = decoding.decoder_input() {
        if !edited {
            open_end(&pad);
        }
        if from_ns.is_some() {
            watch_first_packet(&pad, listed, Arc::clone(&first_packet));
        }
    }
    Ok((
        decoding.frames_through(&[described(picture)?])?,
        first_packet,
    ))
}

/// The elements of a description as one.
fn described(picture: &str) -> Result<gst::Element, MediaError> {
    elements::register()?;
    let bin = gst::parse::bin_from_description(picture, true);
    let bin = bin.map_err(|error| MediaError::Missing(error.message().to_owned()))?;
    Ok(bin.upcast())
}

/// Lets every packet reach the decoder's output: demuxers that believe in a header's duration end
/// their segment there after a seek, and the decoder would drop the frames after it. Where edit
/// lists rule, in MP4, the end is meant.
fn open_end(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, info| {
        let Some(gst::EventView::Segment(event)) = info.event().map(|event| event.view()) else {
            return gst::PadProbeReturn::Ok;
        };
        let Some(time) = event.segment().downcast_ref::<gst::format::Time>() else {
            return gst::PadProbeReturn::Ok;
        };
        let mut open = time.clone();
        open.set_stop(gst::ClockTime::NONE);
        let event = gst::event::Segment::builder(&open)
            .seqnum(event.seqnum())
            .build();
        info.data = Some(gst::PadProbeData::Event(event));
        gst::PadProbeReturn::Ok
    });
}

/// Keeps packets from the decoder until the first key frame, and notes its stream time.
///
/// Only a file's list of key frames is taken on trust.
fn watch_first_packet(pad: &gst::Pad, listed: bool, first_packet: FirstPacket) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let Some(buffer) = info.buffer() else {
            return gst::PadProbeReturn::Ok;
        };
        let delta = buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        if delta || !(listed || begins_decoding(pad, buffer)) {
            // As good as dropped, which GStreamer 1.22 complains of on an input.
            return gst::PadProbeReturn::Handled;
        }
        let time = buffer
            .pts()
            .or(buffer.dts())
            .and_then(|time| pad_stream_time_ns(pad, time));
        *first_packet.lock().unwrap_or_else(PoisonError::into_inner) = time;
        gst::PadProbeReturn::Remove
    });
}

fn begins_decoding(pad: &gst::Pad, buffer: &gst::BufferRef) -> bool {
    match (pad.current_caps(), buffer.map_readable()) {
        (Some(caps), Ok(packet)) => is_random_access(&caps, &packet),
        _ => true,
    }
}
