//! Whether decoding can begin with a packet, read from the packet itself.
//!
//! Files list their key frames. Streams do not, and GStreamer's parsers take the first picture after
//! a seek for a key frame whatever it is.

use gstreamer as gst;

/// The coding of packets whose key frames cannot be taken on trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    H264,
    H265,
}

/// How units follow one another in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    StartCodes,
    Lengths,
}

/// Whether a packet of `caps` begins a stretch that decodes by itself; true for codings not known here.
pub(crate) fn is_random_access(caps: &gst::CapsRef, packet: &[u8]) -> bool {
    let Some(structure) = caps.structure(0) else {
        return true;
    };
    let coding = match structure.name().as_str() {
        "video/x-h264" => Coding::H264,
        "video/x-h265" => Coding::H265,
        _ => return true,
    };
    let framing = match structure.get::<&str>("stream-format") {
        Ok("byte-stream") => Framing::StartCodes,
        _ => Framing::Lengths,
    };
    units(packet, framing)
        .into_iter()
        .any(|unit| begins(coding, unit))
}

fn begins(coding: Coding, unit: &[u8]) -> bool {
    match (coding, unit) {
        // ISO/IEC 14496-10, table 7-1: 5 is a slice of an IDR picture.
        (Coding::H264, [head, ..]) if head & 0x1f == 5 => true,
        // 6 is supplemental information; D.1.8: payload type 6 is a recovery point, here at once.
        (Coding::H264, [head, 6, _, recovery, ..]) if head & 0x1f == 6 => recovery & 0x80 != 0,
        // ISO/IEC 23008-2, table 7-1: 16 to 21 are the random access pictures.
        (Coding::H265, [head, ..]) => (16..=21).contains(&(head >> 1 & 0x3f)),
        _ => false,
    }
}

fn units(packet: &[u8], framing: Framing) -> Vec<&[u8]> {
    match framing {
        Framing::StartCodes => after_start_codes(packet),
        Framing::Lengths => behind_lengths(packet),
    }
}

fn after_start_codes(packet: &[u8]) -> Vec<&[u8]> {
    let starts = packet
        .windows(3)
        .enumerate()
        .filter(|(_, code)| *code == [0, 0, 1]);
    starts.filter_map(|(at, _)| packet.get(at + 3..)).collect()
}

fn behind_lengths(mut packet: &[u8]) -> Vec<&[u8]> {
    let mut units = Vec::new();
    while let Some((length, rest)) = packet.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((unit, after)) = rest.split_at_checked(length) else {
            break;
        };
        units.push(unit);
        packet = after;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(coding: &str, format: &str) -> gst::Caps {
        reeldrop_media::init().unwrap();
        gst::Caps::builder(coding)
            .field("stream-format", format)
            .build()
    }

    #[test]
    fn an_idr_picture_in_either_framing() {
        let stream = caps("video/x-h264", "byte-stream");
        assert!(is_random_access(
            &stream,
            &[0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x65, 1, 2]
        ));
        assert!(!is_random_access(
            &stream,
            &[0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x41, 1, 2]
        ));
        let file = caps("video/x-h264", "avc");
        assert!(is_random_access(
            &file,
            &[0, 0, 0, 2, 0x09, 0xf0, 0, 0, 0, 2, 0x65, 1]
        ));
        assert!(!is_random_access(
            &file,
            &[0, 0, 0, 2, 0x09, 0xf0, 0, 0, 0, 2, 0x41, 1]
        ));
    }

    #[test]
    fn a_recovery_point_only_where_it_recovers_at_once() {
        let stream = caps("video/x-h264", "byte-stream");
        assert!(is_random_access(
            &stream,
            &[0, 0, 1, 0x06, 6, 1, 0xc4, 0x80]
        ));
        assert!(!is_random_access(
            &stream,
            &[0, 0, 1, 0x06, 6, 1, 0x44, 0x80]
        ));
    }

    #[test]
    fn hevc_random_access_pictures() {
        let stream = caps("video/x-h265", "byte-stream");
        assert!(is_random_access(&stream, &[0, 0, 1, 21 << 1, 1, 0]));
        assert!(!is_random_access(&stream, &[0, 0, 1, 1 << 1, 1, 0]));
    }
}
