//! Bits of a NAL unit, without its emulation prevention bytes.

use crate::CmafError;

/// A bit position in a NAL unit; knows how many bytes of the unit itself it has passed.
#[derive(Clone)]
pub(super) struct Rbsp<'a> {
    nal: &'a [u8],
    /// The byte that `bits_left` belong to.
    current: u8,
    bits_left: u32,
    /// Bytes of `nal` passed, that of `current` included.
    position: usize,
    /// Zero bytes just before.
    zeros: u8,
    what: &'static str,
}

impl<'a> Rbsp<'a> {
    pub(super) fn new(nal: &'a [u8], what: &'static str) -> Self {
        Self {
            nal,
            current: 0,
            bits_left: 0,
            position: 0,
            zeros: 0,
            what,
        }
    }

    /// Bytes of the NAL unit that the bits read so far touch.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn bit(&mut self) -> Result<bool, CmafError> {
        if self.bits_left == 0 {
            self.load()?;
        }
        self.bits_left -= 1;
        Ok((self.current >> self.bits_left) & 1 == 1)
    }

    /// Up to 32 bits, the first the most significant: u(n).
    pub(super) fn bits(&mut self, count: u32) -> Result<u32, CmafError> {
        let mut value = 0;
        for _ in 0..count {
            value = (value << 1) | u32::from(self.bit()?);
        }
        Ok(value)
    }

    pub(super) fn skip(&mut self, count: u32) -> Result<(), CmafError> {
        for _ in 0..count {
            self.bit()?;
        }
        Ok(())
    }

    /// ue(v): Rec. ITU-T H.264 and H.265, 9.1 and 9.2.
    pub(super) fn ue(&mut self) -> Result<u32, CmafError> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return Err(CmafError::Invalid(self.what));
            }
        }
        Ok(((1_u32 << zeros) - 1) + self.bits(zeros)?)
    }

    /// ue(v) that the standard bounds.
    pub(super) fn ue_up_to(&mut self, most: u32) -> Result<u32, CmafError> {
        let value = self.ue()?;
        if value > most {
            Err(CmafError::Invalid(self.what))
        } else {
            Ok(value)
        }
    }

    /// se(v), whose value nothing here needs.
    pub(super) fn skip_se(&mut self) -> Result<(), CmafError> {
        self.ue().map(|_| ())
    }

    /// Several se(v), whose values nothing here needs.
    pub(super) fn skip_ses(&mut self, count: u32) -> Result<(), CmafError> {
        for _ in 0..count {
            self.skip_se()?;
        }
        Ok(())
    }

    /// se(v): 9.1.1 and 9.2.2.
    pub(super) fn se(&mut self) -> Result<i64, CmafError> {
        let code = i64::from(self.ue()?);
        Ok(if code % 2 == 0 {
            -(code / 2)
        } else {
            (code + 1) / 2
        })
    }

    fn load(&mut self) -> Result<(), CmafError> {
        let mut byte = self.next_byte()?;
        // 7.3.1 of both: 00 00 03 carries no bits in its third byte.
        if byte == 3 && self.zeros >= 2 {
            self.zeros = 0;
            byte = self.next_byte()?;
        }
        self.zeros = if byte == 0 {
            self.zeros.saturating_add(1)
        } else {
            0
        };
        self.current = byte;
        self.bits_left = 8;
        Ok(())
    }

    fn next_byte(&mut self) -> Result<u8, CmafError> {
        let byte = self
            .nal
            .get(self.position)
            .ok_or(CmafError::Truncated(self.what))?;
        self.position += 1;
        Ok(*byte)
    }
}

/// Ceil(Log2(value)): the bits that an index below `value` takes.
pub(super) fn ceil_log2(value: u32) -> u32 {
    if value <= 1 {
        0
    } else {
        32 - (value - 1).leading_zeros()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_codes_are_read() {
        // 1 010 011 00100 00101 0: 0, 1, 2, 3, 4.
        let mut bits = Rbsp::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000], "test");
        let values: Vec<_> = (0..5).map(|_| bits.ue().unwrap()).collect();
        assert_eq!(values, [0, 1, 2, 3, 4]);
        let mut signed = Rbsp::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000], "test");
        let values: Vec<_> = (0..5).map(|_| signed.se().unwrap()).collect();
        assert_eq!(values, [0, 1, -1, 2, -2]);
    }

    #[test]
    fn emulation_prevention_bytes_are_passed_and_counted() {
        let mut bits = Rbsp::new(&[0, 0, 3, 1, 0, 0, 3, 3], "test");
        assert_eq!(bits.bits(24).unwrap(), 1);
        assert_eq!(bits.position(), 4);
        assert_eq!(bits.bits(24).unwrap(), 3);
        assert_eq!(bits.position(), 8);
        assert_eq!(bits.bit(), Err(CmafError::Truncated("test")));
    }

    #[test]
    fn an_endless_code_is_an_error() {
        assert_eq!(
            Rbsp::new(&[0; 8], "test").ue(),
            Err(CmafError::Invalid("test"))
        );
    }

    #[test]
    fn indexes_take_as_many_bits_as_they_need() {
        assert_eq!([1, 2, 3, 4, 5, 8, 9].map(ceil_log2), [0, 1, 2, 2, 3, 3, 4]);
    }
}
