//! Closed captions that are a track of their own (QuickTime File Format, closed captioning media): in `c608` byte
//! pairs of line 21, in `c708` packets of captions (SMPTE ST 334-2).

use super::TextFormat;
use crate::mp4::payloads;

/// Bytes of a packet before its sections, and of the section with a time code.
const HEADER: usize = 7;
const TIME_CODE: usize = 5;

/// Valid, and of the first or second field.
const FIELDS: [u8; 2] = [0xfc, 0xfd];

/// What a sample carries: triplets of `cc_data` (CTA-708-E).
pub(super) fn triplets(format: TextFormat, sample: &[u8]) -> Vec<u8> {
    match format {
        TextFormat::Cea608 => {
            let fields = [b"cdat", b"cdt2"].into_iter().zip(FIELDS);
            let of_field = |(kind, field)| {
                let pairs = payloads(sample, kind).flat_map(|data| data.chunks_exact(2));
                pairs.flat_map(move |pair| [field, pair[0], pair[1]])
            };
            fields.flat_map(of_field).collect()
        }
        TextFormat::Cea708 => payloads(sample, b"ccdp").flat_map(cc_data).collect(),
        TextFormat::Tx3g | TextFormat::Wvtt | TextFormat::Plain | TextFormat::Ssa => Vec::new(),
    }
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
    fn pairs_belong_to_the_field_of_their_atom() {
        let sample = [atom(b"cdat", b"abcd"), atom(b"cdt2", b"ef")].concat();
        let [first, second] = FIELDS;
        let expected = [first, b'a', b'b', first, b'c', b'd', second, b'e', b'f'];
        assert_eq!(triplets(TextFormat::Cea608, &sample), expected);
        assert!(triplets(TextFormat::Cea608, &sample[..9]).is_empty());
    }

    #[test]
    fn a_packet_gives_its_triplets_behind_a_time_code_or_without() {
        let expected = [0xfc, 1, 2, 0xff, 3, 4];
        let header = [0x96, 0x69, 0, 0x4f, 0x43, 0, 1];
        let section = [&[0x72, 0xe2][..], &expected].concat();
        let plain = [&header[..], &section].concat();
        let timed = [&header[..], &[0x71, 0xc0, 0x80, 0x80, 0x80], &section].concat();
        for packet in [&plain, &timed] {
            let sample = atom(b"ccdp", packet);
            assert_eq!(triplets(TextFormat::Cea708, &sample), expected);
        }
        // Cut off, of no captions, and no packet at all.
        assert_eq!(cc_data(&plain[..12]), expected[..3]);
        for other in [
            &[&header[..], &[0x73, 0]].concat(),
            &b"no packet at all"[..],
            &header[..3],
        ] {
            assert!(cc_data(other).is_empty(), "{other:?}");
        }
    }
}
