//! The `AudioSpecificConfig` inside `esds` (ISO/IEC 14496-1, 7.2.6).

use crate::CmafError;
use crate::boxes::{BoxRef, Cursor};

const WHAT: &str = "esds";

/// Finds the decoder's specific information.
pub(super) fn audio_specific_config<'a>(esds: &BoxRef<'a>) -> Result<&'a [u8], CmafError> {
    let (_, _, content) = esds.full()?;
    let mut stream = Cursor::new(content_of(&mut Cursor::new(content, WHAT), 3)?, WHAT);
    stream.u16()?;
    let flags = stream.u8()?;
    if flags & 0x80 != 0 {
        stream.u16()?;
    }
    if flags & 0x40 != 0 {
        let length = stream.u8()?;
        stream.take(usize::from(length))?;
    }
    if flags & 0x20 != 0 {
        stream.u16()?;
    }
    let mut decoder = Cursor::new(content_of(&mut stream, 4)?, WHAT);
    decoder.take(13)?;
    content_of(&mut decoder, 5)
}

/// Content of the next descriptor, which has this tag.
fn content_of<'a>(cursor: &mut Cursor<'a>, tag: u8) -> Result<&'a [u8], CmafError> {
    if cursor.u8()? != tag {
        return Err(CmafError::Invalid(WHAT));
    }
    let mut length = 0;
    for _ in 0..4 {
        let byte = cursor.u8()?;
        length = (length << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    cursor.take(length)
}
