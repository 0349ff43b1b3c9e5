//! The content of `av1C`, which GStreamer 1.22 does not give, from a stream's first temporal unit.

// AV1 bitstream specification, 6.2.2.
const OBU_SEQUENCE_HEADER: u8 = 1;

/// AV1 Codec ISO Media File Format Binding, 2.3: the configuration with its sequence header.
///
/// The encoders here give the main profile in 8 bits and 4:2:0 and nothing else, which the fixed
/// fields say. None where the unit has no sequence header of that kind.
pub(crate) fn av1c(temporal_unit: &[u8]) -> Option<Vec<u8>> {
    let (whole, header) = sequence_header(temporal_unit)?;
    let mut bits = Bits {
        data: header,
        at: 0,
    };
    let profile = bits.take(3)?;
    // 5.5.1: still_picture, reduced_still_picture_header, timing_info_present_flag,
    // initial_display_delay_present_flag, operating_points_cnt_minus_1.
    let plain = bits.take(9)? == 0;
    let _operating_point_idc = bits.take(12)?;
    let level = bits.take(5)?;
    let tier = if level > 7 { bits.take(1)? } else { 0 };
    if profile != 0 || !plain {
        return None;
    }
    let subsampled_420 = 0b0000_1100;
    let mut config = vec![0x81, level as u8, (tier as u8) << 7 | subsampled_420, 0];
    config.extend_from_slice(whole);
    Some(config)
}

/// The first sequence header: as a whole OBU, and its content.
fn sequence_header(mut data: &[u8]) -> Option<(&[u8], &[u8])> {
    loop {
        // 5.3.2: every OBU here has a size, for alignment is by temporal unit.
        let head = *data.first()?;
        let (has_extension, has_size) = (head & 4 != 0, head & 2 != 0);
        let at = 1 + usize::from(has_extension);
        let (size, size_len) = if has_size {
            leb128(data.get(at..)?)?
        } else {
            (data.len() - at, 0)
        };
        let begin = at + size_len;
        let content = data.get(begin..begin.checked_add(size)?)?;
        if head >> 3 & 15 == OBU_SEQUENCE_HEADER {
            return Some((data.get(..begin + size)?, content));
        }
        data = data.get(begin + size..)?;
    }
}

/// 4.10.5: seven bits a byte, the lowest first; the value and how many bytes it takes.
fn leb128(data: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (n, byte) in data.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Some((value, n + 1));
        }
    }
    None
}

struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for at in self.at..self.at + count {
            let byte = self.data.get(at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - at % 8) & 1);
        }
        self.at += count;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A temporal delimiter, the sequence header of libaom for 160x120, and the start of a frame.
    const UNIT: [u8; 18] = [
        0x12, 0x00, 0x0a, 0x0b, 0x00, 0x00, 0x00, 0x03, 0xb4, 0xff, 0x7e, 0x06, 0xd7, 0xc8, 0x02,
        0x32, 0x01, 0x13,
    ];

    #[test]
    fn the_sequence_header_stands_in_the_configuration() {
        let config = av1c(&UNIT).unwrap();
        assert_eq!(config.get(..4), Some(&[0x81, 0, 0x0c, 0][..]));
        assert_eq!(config.get(4..), UNIT.get(2..15));
    }

    #[test]
    fn a_unit_cut_short_has_none() {
        for len in 0..15 {
            assert_eq!(av1c(&UNIT[..len]), None);
        }
    }
}
