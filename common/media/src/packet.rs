//! What a packet is to the packets around it, read from the packet itself.
//!
//! Files list their key frames. Streams do not, and GStreamer's parsers take the first picture after
//! a seek for a key frame whatever it is. No container lists which pictures others refer to.

use gstreamer as gst;

/// A coding whose packets are read here.
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
#[must_use]
pub fn is_random_access(caps: &gst::CapsRef, packet: &[u8]) -> bool {
    let Some((coding, framing)) = coding(caps) else {
        return true;
    };
    units(packet, framing)
        .into_iter()
        .any(|unit| begins(coding, unit))
}

/// Whether all other packets of `caps` decode without this one; false for codings not known here.
#[must_use]
pub fn is_disposable(caps: &gst::CapsRef, packet: &[u8]) -> bool {
    let Some((coding, framing)) = coding(caps) else {
        return false;
    };
    let units = units(packet, framing);
    let mut slices = units.iter().filter_map(|unit| is_referred_to(coding, unit));
    // A picture of two fields is two pictures.
    let first = slices.next();
    first == Some(false) && slices.all(|referred| !referred)
}

fn coding(caps: &gst::CapsRef) -> Option<(Coding, Framing)> {
    let structure = caps.structure(0)?;
    let coding = match structure.name().as_str() {
        "video/x-h264" => Coding::H264,
        "video/x-h265" => Coding::H265,
        _ => return None,
    };
    let framing = match structure.get::<&str>("stream-format") {
        Ok("byte-stream") => Framing::StartCodes,
        _ => Framing::Lengths,
    };
    Some((coding, framing))
}

/// Whether a slice may be referred to; none for what is no slice.
fn is_referred_to(coding: Coding, unit: &[u8]) -> Option<bool> {
    let head = *unit.first()?;
    match coding {
        // ISO/IEC 14496-10, 7.4.1: nal_ref_idc is 0 where nothing refers to the picture.
        Coding::H264 => (1..=5)
            .contains(&(head & 0x1f))
            .then_some(head >> 5 & 3 != 0),
        // ISO/IEC 23008-2, 3: a sub-layer non-reference picture may be referred to from the layers
        // above its own, and which layer is the highest a packet does not say.
        Coding::H265 => Some(true),
    }
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
        crate::init().unwrap();
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

    #[test]
    fn pictures_that_nothing_refers_to_are_disposable() {
        let file = caps("video/x-h264", "avc");
        let b_picture = [0, 0, 0, 2, 0x09, 0xf0, 0, 0, 0, 2, 0x01, 1];
        assert!(is_disposable(&file, &b_picture));
        assert!(!is_disposable(
            &file,
            &[0, 0, 0, 2, 0x09, 0xf0, 0, 0, 0, 2, 0x41, 1]
        ));
        // The second field refers to nothing, but is referred to.
        assert!(!is_disposable(
            &file,
            &[0, 0, 0, 2, 0x01, 1, 0, 0, 0, 2, 0x21, 1]
        ));
        // Parameter sets alone are no picture.
        assert!(!is_disposable(&file, &[0, 0, 0, 2, 0x67, 1]));
        let hevc = caps("video/x-h265", "hvc1");
        assert!(!is_disposable(&hevc, &[0, 0, 0, 3, 0, 1, 0]));
        let other = caps("video/x-vp9", "");
        assert!(!is_disposable(&other, &b_picture));
    }
}
