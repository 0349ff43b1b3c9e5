//! ISO base media file format boxes (ISO/IEC 14496-12): a bounded reader and a small writer.

mod cursor;
mod pssh;
pub(crate) mod rewrite;
pub(crate) mod seig;
pub(crate) mod senc;
mod sidx;
pub(crate) mod tenc;
pub(crate) mod tfhd;
pub(crate) mod trun;
mod write;

use std::fmt;

pub(crate) use cursor::Cursor;
pub use pssh::{COMMON_SYSTEM_ID, common_pssh};
pub use sidx::{IndexedSegment, index_bytes, write_index};
pub(crate) use write::{boxed, full_boxed};

use crate::CmafError;

/// A box type, such as `moov`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FourCc(pub [u8; 4]);

impl fmt::Display for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.escape_ascii().fmt(f)
    }
}

impl fmt::Debug for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq<&[u8; 4]> for FourCc {
    fn eq(&self, other: &&[u8; 4]) -> bool {
        self.0 == **other
    }
}

/// The first bytes of a box: what it is, and how far it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type of the box.
    pub kind: FourCc,
    /// Bytes of the header: 8, or 16 with a 64-bit size.
    pub header_len: usize,
    /// Bytes of header and content; `None` where the box reaches to the end of the file.
    pub size: Option<u64>,
}

impl Header {
    /// The longest header, in bytes: what a reader by range must fetch to be sure.
    pub const MAX_LEN: usize = 16;

    /// Reads the header at the start of `data`.
    ///
    /// # Errors
    /// [`CmafError::Truncated`] where `data` holds less than the header, and [`CmafError::BoxSize`]
    /// where the size is smaller than the header itself.
    pub fn read(data: &[u8]) -> Result<Self, CmafError> {
        let mut cursor = Cursor::new(data, "box header");
        let short = cursor.u32()?;
        let kind = FourCc(cursor.array()?);
        // ISO/IEC 14496-12, 4.2: 0 reaches to the end of the file, 1 is followed by 64 bits.
        let (size, header_len) = match short {
            0 => (None, 8),
            1 => (Some(cursor.u64()?), 16),
            size => (Some(u64::from(size)), 8),
        };
        match size {
            Some(size) if size < header_len as u64 => Err(CmafError::BoxSize { kind, offset: 0 }),
            Some(_) | None => Ok(Self {
                kind,
                header_len,
                size,
            }),
        }
    }
}

/// One box inside a slice.
#[derive(Clone, Copy)]
pub struct BoxRef<'a> {
    /// Type of the box.
    pub kind: FourCc,
    /// Where it begins in the slice that was given to [`iter`], bytes.
    pub offset: usize,
    /// Header and content.
    pub whole: &'a [u8],
    /// Content after the header; a full box's version and flags are part of it.
    pub payload: &'a [u8],
}

impl<'a> BoxRef<'a> {
    /// Where its content begins in the slice that was given to [`iter`], bytes.
    #[must_use]
    pub fn payload_offset(&self) -> usize {
        self.offset + self.whole.len() - self.payload.len()
    }

    /// Refuses a box without a size, which only the last of a file may be (ISO/IEC 14496-12, 4.2): what is
    /// written after it would become part of it.
    pub(crate) fn check_sized(&self) -> Result<(), CmafError> {
        if self.whole.starts_with(&[0; 4]) {
            return Err(CmafError::BoxSize {
                kind: self.kind,
                offset: self.offset,
            });
        }
        Ok(())
    }

    /// Where it ends in the slice that was given to [`iter`], bytes.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset + self.whole.len()
    }

    /// The boxes inside, for a box that holds nothing but boxes.
    #[must_use]
    pub fn children(&self) -> Boxes<'a> {
        iter(self.payload)
    }

    /// Version and flags of a full box, and what follows them.
    ///
    /// # Errors
    /// [`CmafError::BoxSize`] where the content is shorter than four bytes.
    pub fn full(&self) -> Result<(u8, u32, &'a [u8]), CmafError> {
        let [version, a, b, c, rest @ ..] = self.payload else {
            return Err(CmafError::BoxSize {
                kind: self.kind,
                offset: self.offset,
            });
        };
        Ok((*version, u32::from_be_bytes([0, *a, *b, *c]), rest))
    }
}

/// Iterates over the boxes that lie end to end in `data`, and ends after the first error.
///
/// Does not allocate and does not descend. Trailing zero bytes, which some writers leave after the
/// last box of a container, are no error.
#[must_use]
pub fn iter(data: &[u8]) -> Boxes<'_> {
    Boxes { data, offset: 0 }
}

/// The boxes of a slice: see [`iter`].
#[derive(Clone)]
pub struct Boxes<'a> {
    data: &'a [u8],
    offset: usize,
}

impl<'a> Boxes<'a> {
    /// The first box of type `kind`, where there is one.
    ///
    /// # Errors
    /// As [`Boxes::next`] of a box before it.
    pub fn find(&mut self, kind: &[u8; 4]) -> Result<Option<BoxRef<'a>>, CmafError> {
        for found in self {
            let found = found?;
            if found.kind == kind {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn read(&self, rest: &'a [u8]) -> Result<BoxRef<'a>, CmafError> {
        let offset = self.offset;
        let header = Header::read(rest)?;
        let misfit = CmafError::BoxSize {
            kind: header.kind,
            offset,
        };
        let len = match header.size {
            Some(size) => usize::try_from(size).map_err(|_| misfit)?,
            None => rest.len(),
        };
        let whole = rest.get(..len).ok_or(misfit)?;
        let payload = whole.get(header.header_len..).ok_or(misfit)?;
        Ok(BoxRef {
            kind: header.kind,
            offset,
            whole,
            payload,
        })
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<BoxRef<'a>, CmafError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.data.get(self.offset..)?;
        if rest.is_empty() || (rest.len() < 8 && rest.iter().all(|byte| *byte == 0)) {
            return None;
        }
        let read = self.read(rest);
        self.offset = match &read {
            Ok(found) => found.end(),
            Err(_) => self.data.len(),
        };
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_found_with_short_long_and_open_sizes() {
        let mut data = Vec::new();
        boxed(&mut data, b"free", |out| out.extend_from_slice(b"abc"));
        data.extend_from_slice(&[0, 0, 0, 1]);
        data.extend_from_slice(b"mdat");
        data.extend_from_slice(&18_u64.to_be_bytes());
        data.extend_from_slice(b"xy");
        data.extend_from_slice(&[0, 0, 0, 0]);
        data.extend_from_slice(b"skipto the end");
        let found: Vec<_> = iter(&data).map(|found| found.unwrap()).collect();
        let kinds: Vec<_> = found.iter().map(|found| found.kind.to_string()).collect();
        assert_eq!(kinds, ["free", "mdat", "skip"]);
        assert_eq!(found[0].payload, b"abc");
        assert_eq!((found[1].offset, found[1].payload), (11, &b"xy"[..]));
        assert_eq!(found[2].payload, b"to the end");
    }

    #[test]
    fn a_box_longer_than_its_parent_is_an_error_and_ends_the_iteration() {
        let data = [0, 0, 0, 9, b'f', b'r', b'e', b'e'];
        let mut boxes = iter(&data);
        assert!(matches!(
            boxes.next(),
            Some(Err(CmafError::BoxSize { offset: 0, .. }))
        ));
        assert!(boxes.next().is_none());
    }

    #[test]
    fn a_box_shorter_than_its_header_is_an_error() {
        let data = [0, 0, 0, 7, b'f', b'r', b'e', b'e'];
        assert!(matches!(
            iter(&data).next(),
            Some(Err(CmafError::BoxSize { .. }))
        ));
    }
}
