//! Closed captions that are a track of their own (QuickTime File Format, closed captioning media): in `c608` byte
//! pairs of line 21, in `c708` packets of captions (SMPTE ST 334-2).

use super::TextFormat;
use crate::mp4::payloads;

/// Bytes of a packet before its sections, and of the section with a time code.
const HEADER: usize = 7;
const TIME_CODE: usize = 5;

/// Valid, and of the first or second field.
const FIELDS: [u8; 2] = [0xfc, 0xfd];

/// What a sample carries, picture by picture: triplets of `cc_data` (CTA-708-E).
pub(super) fn pictures(format: TextFormat, sample: &[u8]) -> Vec<Vec<u8>> {
    match format {
        TextFormat::Cea608 => line21(sample),
        TextFormat::Cea708 => payloads(sample, b"ccdp").map(cc_data).collect(),
        TextFormat::Tx3g | TextFormat::Wvtt | TextFormat::Plain | TextFormat::Ssa => Vec::new(),
    }
}

/// The pairs of both fields, one of each for a picture.
fn line21(sample: &[u8]) -> Vec<Vec<u8>> {
    let mut pictures = Vec::new();
    for (kind, field) in [b"cdat", b"cdt2"].into_iter().zip(FIELDS) {
        let pairs = payloads(sample, kind).flat_map(|data| data.chunks_exact(2));
        for (picture, pair) in pairs.enumerate() {
            if picture == pictures.len() {
                pictures.push(Vec::new());
            }
            pictures[picture].extend([field, pair[0], pair[1]]);
        }
    }
    pictures
}

/// The triplets of a packet; none where it is no packet.
fn cc_data(packet: &[u8]) -> Vec<u8> {
    let sections = match packet {
        [0x96, 0x69, ..] => packet.get(HEADER..),
        _ => None,
    };
    let sections = match sections {
        Some([0x71, ..]) => packet.get(HEADER + TIME_CODE..),
        other => other,
    };
    match sections {
        Some([0x72, count, triplets @ ..]) => {
            let bytes = 3 * usize::from(count & 0x1f);
            triplets[..bytes.min(triplets.len())].to_vec()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = (8 + body.len()) as u32;
        [&size.to_be_bytes()[..], kind, body].concat()
    }

    #[test]
    fn pairs_of_both_fields_are_one_pictures() {
        let sample = [atom(b"cdat", b"abcd"), atom(b"cdt2", b"ef")].concat();
        let expected = [
            [FIELDS[0], b'a', b'b', FIELDS[1], b'e', b'f'].to_vec(),
            [FIELDS[0], b'c', b'd'].to_vec(),
        ];
        assert_eq!(pictures(TextFormat::Cea608, &sample), expected);
        assert!(pictures(TextFormat::Cea608, &sample[..9]).is_empty());
    }

    #[test]
    fn a_packet_gives_its_triplets_behind_a_time_code_or_without() {
        let triplets = [0xfc, 1, 2, 0xff, 3, 4];
        let header = [0x96, 0x69, 0, 0x4f, 0x43, 0, 1];
        let section = [&[0x72, 0xe2][..], &triplets].concat();
        let plain = [&header[..], &section].concat();
        let timed = [&header[..], &[0x71, 0xc0, 0x80, 0x80, 0x80], &section].concat();
        for packet in [&plain, &timed] {
            let sample = atom(b"ccdp", packet);
            assert_eq!(pictures(TextFormat::Cea708, &sample), [triplets]);
        }
        // Cut off, of no captions, and no packet at all.
        assert_eq!(cc_data(&plain[..12]), triplets[..3]);
        for other in [
            &[&header[..], &[0x73, 0]].concat(),
            &b"no packet at all"[..],
            &header[..3],
        ] {
            assert!(cc_data(other).is_empty(), "{other:?}");
        }
    }
}
