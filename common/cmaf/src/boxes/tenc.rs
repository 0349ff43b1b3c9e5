//! `tenc`: how a track's samples are protected (ISO/IEC 23001-7, 8.2), and the same of a group of them (6).

use uuid::Uuid;

use super::{BoxRef, Cursor, full_boxed};
use crate::CmafError;

/// Which 16-byte blocks of a protected range are encrypted, in turn; 0:0 means all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) crypt: u8,
    pub(crate) skip: u8,
}

/// Where a sample's initialisation vector comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Iv {
    /// Bytes of it stand in `senc` for each sample: 8 or 16.
    PerSample { bytes: u8 },
    /// One for all.
    Constant([u8; 16]),
}

/// Default protection of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tenc {
    pub(crate) pattern: Pattern,
    pub(crate) is_protected: bool,
    pub(crate) iv: Iv,
    pub(crate) kid: Uuid,
}

impl Tenc {
    pub(crate) fn read(tenc: &BoxRef<'_>) -> Result<Self, CmafError> {
        let (version, _, content) = tenc.full()?;
        let mut found = Self::read_fields(&mut Cursor::new(content, "tenc"))?;
        if version == 0 {
            // It keeps the byte of the pattern for later.
            found.pattern = Pattern::default();
        }
        Ok(found)
    }

    /// What a `tenc` holds, as the description of a group does.
    pub(super) fn read_fields(cursor: &mut Cursor<'_>) -> Result<Self, CmafError> {
        cursor.u8()?;
        let pattern = cursor.u8()?;
        let is_protected = cursor.u8()?;
        let iv_bytes = cursor.u8()?;
        let kid = Uuid::from_bytes(cursor.array()?);
        let iv = match iv_bytes {
            0 if is_protected == 0 => Iv::PerSample { bytes: 0 },
            0 => Iv::Constant(read_constant_iv(cursor)?),
            8 | 16 => Iv::PerSample { bytes: iv_bytes },
            _ => return Err(CmafError::Invalid("tenc initialisation vector size")),
        };
        let pattern = Pattern {
            crypt: pattern >> 4,
            skip: pattern & 0x0f,
        };
        // The others are reserved.
        if is_protected > 1 {
            return Err(CmafError::Invalid("tenc protection"));
        }
        Ok(Self {
            pattern,
            is_protected: is_protected == 1,
            iv,
            kid,
        })
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let constant = matches!(self.iv, Iv::Constant(_));
        full_boxed(out, b"tenc", u8::from(constant), 0, |out| {
            self.write_fields(out);
        });
    }

    pub(super) fn write_fields(&self, out: &mut Vec<u8>) {
        let pattern = (self.pattern.crypt << 4) | (self.pattern.skip & 0x0f);
        let iv_bytes = match self.iv {
            Iv::PerSample { bytes } => bytes,
            Iv::Constant(_) => 0,
        };
        out.extend([0, pattern, u8::from(self.is_protected), iv_bytes]);
        out.extend(self.kid.as_bytes());
        if let Iv::Constant(iv) = self.iv {
            out.push(16);
            out.extend(iv);
        }
    }
}

fn read_constant_iv(cursor: &mut Cursor<'_>) -> Result<[u8; 16], CmafError> {
    let len = cursor.u8()?;
    let bytes = cursor.take(usize::from(len))?;
    let mut iv = [0; 16];
    match (len, iv.get_mut(..bytes.len())) {
        (8 | 16, Some(head)) => {
            head.copy_from_slice(bytes);
            Ok(iv)
        }
        _ => Err(CmafError::Invalid(
            "tenc constant initialisation vector size",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::iter;
    use super::*;

    #[test]
    fn tenc_is_read_as_it_was_written() {
        let kid = Uuid::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
        for (pattern, iv) in [
            (Pattern { crypt: 1, skip: 9 }, Iv::Constant([7; 16])),
            (Pattern::default(), Iv::Constant([7; 16])),
            (Pattern::default(), Iv::PerSample { bytes: 8 }),
        ] {
            let tenc = Tenc {
                pattern,
                is_protected: true,
                iv,
                kid,
            };
            let mut out = Vec::new();
            tenc.write(&mut out);
            let found = iter(&out).find(b"tenc").unwrap().unwrap();
            assert_eq!(Tenc::read(&found), Ok(tenc));
        }
    }
}
