//! Closed captions that lie in encoded pictures: H.264 and H.265 carry them in supplemental information (ATSC A/72),
//! MPEG-2 in user data (ATSC A/53). GStreamer's parsers find them there.

use gstreamer as gst;
use gstreamer_video::{VideoCaptionMeta, VideoCaptionType};

use crate::Frame;

/// GStreamer's names of the codings whose parsers find captions.
const CARRIERS: [&str; 3] = ["video/x-h264", "video/x-h265", "video/mpeg"];

/// Whether pictures of this coding, such as `video/x-h264`, can carry captions that are found.
#[must_use]
pub fn carries_captions(coding: &str) -> bool {
    CARRIERS.contains(&coding)
}

/// The triplets of `cc_data` (CTA-708-E) in the picture of a packet, those of its two fields one after the
/// other; empty where it carries none.
#[must_use]
pub fn closed_captions(packet: &Frame) -> Vec<u8> {
    let Some(buffer) = packet.sample.buffer() else {
        return Vec::new();
    };
    let metas = buffer.iter_meta::<VideoCaptionMeta>();
    let raw = metas.filter(|meta| meta.caption_type() == VideoCaptionType::Cea708Raw);
    raw.flat_map(|meta| meta.data().to_vec()).collect()
}

/// When a packet is shown, nanoseconds of stream time; when it is decoded, where nobody says.
#[must_use]
pub fn packet_time_ns(packet: &Frame) -> Option<i64> {
    packet.time_ns.or_else(|| {
        let dts: gst::ClockTime = packet.sample.buffer()?.dts()?;
        crate::stream_time_ns(&packet.sample, dts)
    })
}
