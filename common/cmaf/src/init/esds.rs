//! The elementary stream descriptor (ISO/IEC 14496-1, 7.2.6) in its box (ISO/IEC 14496-14, 6.7).

use super::movie::{put_u16, put_u32};
use crate::boxes::full_boxed;

const ES_DESCRIPTOR: u8 = 3;
const DECODER_CONFIG: u8 = 4;
const DECODER_SPECIFIC_INFO: u8 = 5;
const SL_CONFIG: u8 = 6;

pub(super) fn write(out: &mut Vec<u8>, audio_specific_config: &[u8], bitrate_bps: u32) {
    let specific = descriptor(DECODER_SPECIFIC_INFO, audio_specific_config);
    // Object type 0x40 is ISO/IEC 14496-3 audio; stream type 5 is audio, with its reserved bit set.
    let mut decoder = vec![0x40, 0x15, 0, 0, 0];
    put_u32(&mut decoder, &[bitrate_bps, bitrate_bps]);
    decoder.extend(specific);
    let mut stream = Vec::new();
    // ES_ID is 0 inside a file; no dependence, no URL, no clock reference.
    put_u16(&mut stream, &[0]);
    stream.push(0);
    stream.extend(descriptor(DECODER_CONFIG, &decoder));
    // ISO/IEC 14496-14, 3.1.2: predefined 2, for MP4 files.
    stream.extend(descriptor(SL_CONFIG, &[2]));
    full_boxed(out, b"esds", 0, 0, |out| {
        out.extend(descriptor(ES_DESCRIPTOR, &stream))
    });
}

// ISO/IEC 14496-1, 8.3.3: seven bits of size a byte, the top bit says that another follows.
fn descriptor(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let len = content.len();
    for shift in [21, 14, 7] {
        if len >> shift != 0 {
            out.push(0x80 | low_bits(len >> shift));
        }
    }
    out.push(low_bits(len));
    out.extend_from_slice(content);
    out
}

fn low_bits(value: usize) -> u8 {
    u8::try_from(value & 0x7f).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_of_up_to_127_bytes_has_one_size_byte() {
        assert_eq!(descriptor(5, &[0x11, 0x90]), [5, 2, 0x11, 0x90]);
    }

    #[test]
    fn a_longer_descriptor_has_more_size_bytes() {
        assert_eq!(descriptor(5, &[0; 300])[..3], [5, 0x82, 0x2c]);
    }
}
