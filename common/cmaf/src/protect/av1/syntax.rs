//! Descriptors of the AV1 bitstream (4.10) that other codecs do not have.

use crate::CmafError;
use crate::protect::bits::Bits;

/// leb128(): gives the value and what follows it.
pub(super) fn leb128(data: &[u8]) -> Result<(usize, &[u8]), CmafError> {
    let mut value = 0_u64;
    for (index, byte) in data.iter().enumerate().take(8) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let value = usize::try_from(value).map_err(|_| CmafError::TooLarge("OBU"))?;
            return Ok((value, data.get(index + 1..).unwrap_or_default()));
        }
    }
    Err(CmafError::Truncated("OBU size"))
}

/// ns(n): a value below `limit`, which is not 0.
pub(super) fn ns(bits: &mut Bits<'_>, limit: u32) -> Result<u32, CmafError> {
    let width = 32 - limit.leading_zeros();
    let short = (1_u64 << width) - u64::from(limit);
    let value = bits.bits(width.saturating_sub(1))?;
    if u64::from(value) < short {
        return Ok(value);
    }
    let value = (u64::from(value) << 1) + u64::from(bits.bit()?) - short;
    u32::try_from(value).map_err(|_| bits.invalid())
}

/// su(n): two's complement of `count` bits.
pub(super) fn su(bits: &mut Bits<'_>, count: u32) -> Result<i32, CmafError> {
    let value = i64::from(bits.bits(count)?);
    let negative = value >> (count - 1) & 1;
    i32::try_from(value - (negative << count)).map_err(|_| bits.invalid())
}

/// uvlc(), whose value nothing here needs.
pub(super) fn skip_uvlc(bits: &mut Bits<'_>) -> Result<(), CmafError> {
    let mut zeros = 0;
    while !bits.bit()? {
        zeros += 1;
    }
    if zeros < 32 { bits.skip(zeros) } else { Ok(()) }
}

/// tile_log2() of 5.9.16: the smallest k for which `block << k` reaches `target`.
pub(super) fn tile_log2(block: u32, target: u32) -> u32 {
    let reaches = |k: &u32| (u64::from(block) << k) >= u64::from(target);
    (0..32).find(reaches).unwrap_or(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_seven_bits_a_byte() {
        assert_eq!(leb128(&[0xe5, 0x8e, 0x26, 9]), Ok((624_485, &[9][..])));
        assert!(leb128(&[0x80; 9]).is_err());
        assert!(leb128(&[0x80]).is_err());
    }

    #[test]
    fn non_symmetric_values_take_one_bit_less_where_they_can() {
        // Of 5 values, 0 to 2 take two bits, 3 and 4 take three: 00 01 10 110 111.
        let mut bits = Bits::new(&[0b0001_1011, 0b0111_0000], "test");
        let values: Vec<_> = (0..5).map(|_| ns(&mut bits, 5).unwrap()).collect();
        assert_eq!(values, [0, 1, 2, 3, 4]);
        assert_eq!(bits.bytes(), 2);
        assert_eq!(ns(&mut bits, 1), Ok(0));
    }

    #[test]
    fn signed_values_are_twos_complement() {
        let mut bits = Bits::new(&[0b1111_1110, 0b1111_1100], "test");
        assert_eq!((su(&mut bits, 7), su(&mut bits, 7)), (Ok(-1), Ok(63)));
    }

    #[test]
    fn logarithms_of_tiles_round_up() {
        assert_eq!(
            [1, 2, 3, 64].map(|target| tile_log2(1, target)),
            [0, 1, 2, 6]
        );
    }
}
