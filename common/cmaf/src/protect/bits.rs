//! Bits of a header that has no emulation prevention bytes: AV1 and VP9.

use crate::CmafError;

/// A bit position in a slice, the first bit the most significant.
#[derive(Clone)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    position: usize,
    what: &'static str,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8], what: &'static str) -> Self {
        Self {
            data,
            position: 0,
            what,
        }
    }

    /// Bytes that the bits read so far touch.
    pub(super) fn bytes(&self) -> usize {
        self.position.div_ceil(8)
    }

    pub(super) fn bit(&mut self) -> Result<bool, CmafError> {
        let byte = self
            .data
            .get(self.position / 8)
            .ok_or(CmafError::Truncated(self.what))?;
        let bit = (byte >> (7 - self.position % 8)) & 1;
        self.position += 1;
        Ok(bit == 1)
    }

    /// Up to 32 bits: f(n).
    pub(super) fn bits(&mut self, count: u32) -> Result<u32, CmafError> {
        let mut value = 0;
        for _ in 0..count {
            value = (value << 1) | u32::from(self.bit()?);
        }
        Ok(value)
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<(), CmafError> {
        self.position += count;
        if self.position > self.data.len() * 8 {
            Err(CmafError::Truncated(self.what))
        } else {
            Ok(())
        }
    }

    /// A flag, and where it is set as many bits more, whose values nothing here needs.
    pub(super) fn skip_optional(&mut self, count: usize) -> Result<(), CmafError> {
        if self.bit()? {
            self.skip(count)
        } else {
            Ok(())
        }
    }

    pub(super) fn invalid(&self) -> CmafError {
        CmafError::Invalid(self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_read_from_the_most_significant() {
        let mut bits = Bits::new(&[0b1010_0110, 0xff], "test");
        assert_eq!((bits.bits(3), bits.bits(5)), (Ok(5), Ok(6)));
        assert_eq!(bits.bytes(), 1);
        assert_eq!((bits.bit(), bits.bytes()), (Ok(true), 2));
        assert_eq!(bits.bits(8), Err(CmafError::Truncated("test")));
    }
}
