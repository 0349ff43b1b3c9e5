//! Clips for tests: no clip that may be given away has captions in its pictures, so they are put into some.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod carried;

use std::{path::Path, sync::Arc, time::Duration};

use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;

pub use carried::Carried;

use crate::{Demuxed, Frame, LocalFile, Track};

const PATIENCE: Duration = Duration::from_secs(30);

/// Encodes a clip of a moving ball, 320 by 180 and 30 pictures a second, with B-pictures, into an MP4 file.
pub fn ball(to: &Path, pictures: usize) {
    crate::init().unwrap();
    let description = format!(
        "videotestsrc pattern=ball num-buffers={pictures} \
         ! video/x-raw,width=320,height=180,framerate=30/1 \
         ! x264enc speed-preset=ultrafast bframes=3 b-adapt=false key-int-max=30 ! h264parse \
         ! mp4mux ! filesink location=\"{}\"",
        to.display()
    );
    finish(&gst::parse::launch(&description).unwrap());
}

/// Encodes a clip of a moving ball as [`ball`] does, into a QuickTime file with a track of closed captions: of line
/// 21, its first field alone, or all that is carried in packets of digital television.
pub fn with_closed_track(to: &Path, carried: &Carried, pictures: usize, with_services: bool) {
    crate::init().unwrap();
    let caps = match with_services {
        true => "closedcaption/x-cea-708,format=cdp,framerate=30/1",
        false => "closedcaption/x-cea-608,format=s334-1a,framerate=30/1",
    };
    let description = format!(
        "qtmux name=mux ! filesink location=\"{}\" \
         videotestsrc pattern=ball num-buffers={pictures} \
         ! video/x-raw,width=320,height=180,framerate=30/1 \
         ! x264enc speed-preset=ultrafast key-int-max=30 ! h264parse ! queue ! mux. \
         appsrc name=captions format=time caps=\"{caps}\" ! queue ! mux.caption_0",
        to.display()
    );
    let pipeline = gst::parse::launch(&description).unwrap();
    let bin = pipeline.downcast_ref::<gst::Bin>().unwrap();
    let captions = bin.by_name("captions").unwrap();
    let captions = captions.downcast::<gst_app::AppSrc>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let time = |picture: usize| gst::ClockTime::SECOND * picture as u64 / 30;
    for picture in 0..pictures {
        let triplets = carried.triplets(picture);
        let data = match with_services {
            true => packet(picture, &triplets),
            // The first field, and bytes (SMPTE ST 334-1, Annex A): GStreamer 1.22 writes a second one wrong.
            false => [0x80, triplets[1], triplets[2]].to_vec(),
        };
        let mut buffer = gst::Buffer::from_mut_slice(data);
        let fields = buffer.get_mut().unwrap();
        fields.set_pts(time(picture));
        fields.set_dts(time(picture));
        fields.set_duration(time(picture + 1) - time(picture));
        captions.push_buffer(buffer).unwrap();
    }
    captions.end_of_stream().unwrap();
    finish(&pipeline);
}

/// A packet of captions (SMPTE ST 334-2) at 30 a second.
fn packet(number: usize, triplets: &[u8]) -> Vec<u8> {
    let [high, low] = (number as u16).to_be_bytes();
    let length = 7 + 2 + triplets.len() + 4;
    let count = 0xe0 | (triplets.len() / 3) as u8;
    let header = [0x96, 0x69, length as u8, 0x5f, 0x43, high, low, 0x72, count];
    let mut packet = [&header[..], triplets, &[0x74, high, low]].concat();
    let sum = packet
        .iter()
        .fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    packet.push(sum.wrapping_neg());
    packet
}

/// Writes the pictures of the clip `from` into `to`, MP4, Matroska or MPEG-2 TS by its name; the picture that is
/// shown as the n-th, from 0, carries the user data that `carried` gives for n, or none where that is empty: see
/// [`cc_data`].
pub fn captioned(from: &Path, to: &Path, carried: impl Fn(usize) -> Vec<u8>) {
    let packets = packets(from);
    let caps = packets[0].sample.caps_owned().unwrap();
    let coding = caps.structure(0).unwrap().name().to_string();
    let parser = match coding.as_str() {
        "video/x-h264" => "h264parse",
        "video/x-h265" => "h265parse",
        _ => "mpegvideoparse",
    };
    let muxer = match to.extension().and_then(|extension| extension.to_str()) {
        Some("mp4") => "mp4mux",
        Some("mkv") => "matroskamux",
        _ => "mpegtsmux",
    };
    let description = format!(
        "appsrc name=source format=time ! {parser} ! {muxer} ! filesink location=\"{}\"",
        to.display()
    );
    let pipeline = gst::parse::launch(&description).unwrap();
    let bin = pipeline.downcast_ref::<gst::Bin>().unwrap();
    let source = bin.by_name("source").unwrap();
    let source = source.downcast::<gst_app::AppSrc>().unwrap();
    source.set_caps(Some(&caps));
    pipeline.set_state(gst::State::Playing).unwrap();
    let times: Vec<gst::ClockTime> = packets.iter().map(time).collect();
    let begins = packets
        .iter()
        .filter_map(|packet| packet.sample.buffer()?.dts());
    let begin = begins.chain(times.iter().copied()).min().unwrap();
    for packet in &packets {
        let shown = times
            .iter()
            .filter(|time| **time < self::time(packet))
            .count();
        source
            .push_buffer(carrying(packet, &coding, &carried(shown), begin))
            .unwrap();
    }
    source.end_of_stream().unwrap();
    finish(&pipeline);
}

fn packets(from: &Path) -> Vec<Frame> {
    let file = LocalFile::open(from).unwrap();
    let demuxed = Demuxed::open(Arc::new(file), PATIENCE).unwrap();
    let mut frames = demuxed.packets(Track::Video(0), None).unwrap();
    std::iter::from_fn(|| frames.next(PATIENCE).unwrap()).collect()
}

fn time(packet: &Frame) -> gst::ClockTime {
    packet.sample.buffer().unwrap().pts().unwrap()
}

fn finish(pipeline: &gst::Element) {
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(120), &wanted);
    pipeline.set_state(gst::State::Null).unwrap();
    let message = message.unwrap();
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
}

/// The packet with captions before its first slice, its times counted from `begin`.
fn carrying(packet: &Frame, coding: &str, user_data: &[u8], begin: gst::ClockTime) -> gst::Buffer {
    let buffer = packet.sample.buffer().unwrap();
    let data = buffer.map_readable().unwrap();
    let data = match (user_data.is_empty(), coding) {
        (true, _) => data.to_vec(),
        (false, "video/mpeg") => in_user_data(&data, user_data),
        (false, coding) => in_units(&data, user_data, coding == "video/x-h265"),
    };
    let mut carrying = gst::Buffer::from_mut_slice(data);
    let times = carrying.get_mut().unwrap();
    times.set_flags(buffer.flags());
    times.set_pts(buffer.pts().map(|pts| pts - begin));
    times.set_dts(buffer.dts().map(|dts| dts - begin));
    times.set_duration(buffer.duration());
    carrying
}

/// Triplets of `cc_data` as user data (ATSC A/53); none where there are none.
#[must_use]
pub fn cc_data(triplets: &[u8]) -> Vec<u8> {
    if triplets.is_empty() {
        return Vec::new();
    }
    let count = u8::try_from(triplets.len() / 3).unwrap();
    [b"GA94\x03", &[0x40 | count, 0xff][..], triplets, &[0xff]].concat()
}

/// MPEG-2: user data before the first slice.
fn in_user_data(data: &[u8], user_data: &[u8]) -> Vec<u8> {
    let slice = data.windows(4).position(|code| code == [0, 0, 1, 1]);
    let (head, slices) = data.split_at(slice.unwrap());
    [head, &[0, 0, 1, 0xb2], user_data, slices].concat()
}

/// H.264 and H.265, with a length before each unit: supplemental information before the first slice.
fn in_units(data: &[u8], user_data: &[u8], is_h265: bool) -> Vec<u8> {
    let payload = [&[0xb5, 0x00, 0x31], user_data].concat();
    let length = [
        vec![0xff; payload.len() / 255],
        vec![(payload.len() % 255) as u8],
    ]
    .concat();
    let head: &[u8] = if is_h265 { &[39 << 1, 1, 4] } else { &[6, 4] };
    let unit = escaped(&[head, &length, &payload, &[0x80]].concat());
    let unit = [&u32::try_from(unit.len()).unwrap().to_be_bytes()[..], &unit].concat();
    let mut at = 0;
    while let Some(length) = data.get(at..at + 4) {
        let kind = data[at + 4];
        let is_slice = match is_h265 {
            true => kind >> 1 & 0x3f < 32,
            false => (1..=5).contains(&(kind & 0x1f)),
        };
        if is_slice {
            break;
        }
        at += 4 + u32::from_be_bytes(length.try_into().unwrap()) as usize;
    }
    [&data[..at], &unit, &data[at..]].concat()
}

/// No unit looks as if another began in it (ISO/IEC 14496-10, 7.4.1).
fn escaped(unit: &[u8]) -> Vec<u8> {
    let (mut escaped, mut zeros) = (Vec::new(), 0);
    for byte in unit {
        if zeros >= 2 && *byte <= 3 {
            escaped.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        escaped.push(*byte);
    }
    escaped
}
