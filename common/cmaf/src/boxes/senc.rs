//! `senc`, `saiz` and `saio`: initialisation vectors and subsamples (ISO/IEC 23001-7, 7.2).

use super::{BoxRef, Cursor, boxed, full_boxed};
use crate::CmafError;

/// A clear range of a sample and the protected one after it, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subsample {
    pub(crate) clear: u16,
    pub(crate) protected: u32,
}

impl Subsample {
    const BYTES: usize = 6;
}

/// One sample's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// Empty where the track has a constant one.
    pub(crate) iv: &'a [u8],
    /// Empty where the whole sample is protected.
    pub(crate) subsamples: &'a [Subsample],
}

impl Entry<'_> {
    // `saiz` has one byte for it.
    fn size(&self, has_subsamples: bool) -> Result<u8, CmafError> {
        let count = self.subsamples.len() * Subsample::BYTES;
        let subsamples = if has_subsamples { 2 + count } else { 0 };
        u8::try_from(self.iv.len() + subsamples)
            .map_err(|_| CmafError::Unsupported("more than 42 protected ranges in a sample"))
    }
}

/// Writes `saiz`, `saio` and `senc` into a `traf` that begins in a `moof` at `moof_start` of `out`.
///
/// Where no entry says anything (samples protected whole with a constant vector) only an empty
/// `senc` is written, as Shaka Packager does: some readers want one in each protected fragment.
pub(crate) fn write<'a>(
    out: &mut Vec<u8>,
    moof_start: usize,
    entries: impl ExactSizeIterator<Item = Entry<'a>> + Clone,
) -> Result<(), CmafError> {
    let has_subsamples = entries.clone().any(|entry| !entry.subsamples.is_empty());
    let sizes = entries.clone().map(|entry| entry.size(has_subsamples));
    let sizes: Vec<u8> = sizes.collect::<Result<_, _>>()?;
    let count = u32::try_from(sizes.len()).map_err(|_| CmafError::TooLarge("senc"))?;
    if sizes.iter().any(|size| *size != 0) {
        write_saiz(out, &sizes, count);
        write_saio(out, moof_start)?;
    }
    boxed(out, b"senc", |out| {
        out.extend(u32::to_be_bytes(if has_subsamples { 2 } else { 0 }));
        out.extend(count.to_be_bytes());
        for entry in entries {
            write_entry(out, &entry, has_subsamples);
        }
    });
    Ok(())
}

// 8.7.8 of ISO/IEC 14496-12: a default size, or 0 and a size for each sample.
fn write_saiz(out: &mut Vec<u8>, sizes: &[u8], count: u32) {
    let first = sizes.first().copied().unwrap_or(0);
    let uniform = sizes.iter().all(|size| *size == first);
    full_boxed(out, b"saiz", 0, 0, |out| {
        out.push(if uniform { first } else { 0 });
        out.extend(count.to_be_bytes());
        if !uniform {
            out.extend_from_slice(sizes);
        }
    });
}

// 8.7.9: from the base data offset, here the moof's first byte, to the first entry of the `senc`
// that follows.
fn write_saio(out: &mut Vec<u8>, moof_start: usize) -> Result<(), CmafError> {
    const SAIO_BYTES: usize = 20;
    const SENC_HEAD_BYTES: usize = 16;
    let offset = out.len() - moof_start + SAIO_BYTES + SENC_HEAD_BYTES;
    let offset = u32::try_from(offset).map_err(|_| CmafError::TooLarge("moof"))?;
    full_boxed(out, b"saio", 0, 0, |out| {
        out.extend(1_u32.to_be_bytes());
        out.extend(offset.to_be_bytes());
    });
    Ok(())
}

fn write_entry(out: &mut Vec<u8>, entry: &Entry<'_>, has_subsamples: bool) {
    out.extend_from_slice(entry.iv);
    if !has_subsamples {
        return;
    }
    // Entry::size bounds it.
    out.extend(
        u16::try_from(entry.subsamples.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes(),
    );
    for subsample in entry.subsamples {
        out.extend(subsample.clear.to_be_bytes());
        out.extend(subsample.protected.to_be_bytes());
    }
}

/// The entries of a `senc` box, read one by one.
pub(crate) struct Reader<'a> {
    pub(crate) sample_count: u32,
    has_subsamples: bool,
    iv_bytes: usize,
    entries: Cursor<'a>,
}

impl<'a> Reader<'a> {
    /// `iv_bytes` is that of the track's `tenc`: 0, 8 or 16.
    pub(crate) fn new(senc: &BoxRef<'a>, iv_bytes: u8) -> Result<Self, CmafError> {
        let (_, flags, content) = senc.full()?;
        if flags & 1 != 0 {
            return Err(CmafError::Unsupported(
                "senc that overrides the track's encryption",
            ));
        }
        let mut entries = Cursor::new(content, "senc");
        let sample_count = entries.u32()?;
        let iv_bytes = usize::from(iv_bytes);
        Ok(Self {
            sample_count,
            has_subsamples: flags & 2 != 0,
            iv_bytes,
            entries,
        })
    }

    /// Reads the next entry: gives its vector, and appends its subsamples.
    pub(crate) fn next(&mut self, subsamples: &mut Vec<Subsample>) -> Result<&'a [u8], CmafError> {
        let iv = self.entries.take(self.iv_bytes)?;
        if self.has_subsamples {
            let count = self.entries.u16()?;
            for _ in 0..count {
                let clear = self.entries.u16()?;
                subsamples.push(Subsample {
                    clear,
                    protected: self.entries.u32()?,
                });
            }
        }
        Ok(iv)
    }
}

#[cfg(test)]
mod tests {
    use super::super::iter;
    use super::*;

    #[test]
    fn senc_is_read_as_it_was_written_and_saio_points_into_it() {
        let ranges = [
            Subsample {
                clear: 5,
                protected: 160,
            },
            Subsample {
                clear: 65535,
                protected: 0,
            },
            Subsample {
                clear: 1,
                protected: 7,
            },
        ];
        let entries = [
            Entry {
                iv: &[1; 8],
                subsamples: &ranges[..1],
            },
            Entry {
                iv: &[2; 8],
                subsamples: &ranges[1..],
            },
        ];
        let mut out = vec![0; 24];
        write(&mut out, 0, entries.iter().copied()).unwrap();
        let boxes = &out[24..];
        let saiz = iter(boxes).find(b"saiz").unwrap().unwrap();
        assert_eq!(saiz.payload, [0, 0, 0, 0, 0, 0, 0, 0, 2, 16, 22]);
        let saio = iter(boxes).find(b"saio").unwrap().unwrap();
        let offset = saio.payload.last().copied().map(usize::from).unwrap();
        assert_eq!(out[offset..offset + 8], [1; 8]);
        let senc = iter(boxes).find(b"senc").unwrap().unwrap();
        let mut reader = Reader::new(&senc, 8).unwrap();
        let mut subsamples = Vec::new();
        assert_eq!(reader.next(&mut subsamples), Ok(&[1; 8][..]));
        assert_eq!(reader.next(&mut subsamples), Ok(&[2; 8][..]));
        assert_eq!(subsamples, ranges);
        assert_eq!(
            reader.next(&mut subsamples),
            Err(CmafError::Truncated("senc"))
        );
    }

    #[test]
    fn senc_is_empty_where_there_is_nothing_to_say() {
        let mut out = Vec::new();
        let entry = Entry {
            iv: &[],
            subsamples: &[],
        };
        write(&mut out, 0, [entry; 3].into_iter()).unwrap();
        assert_eq!(out, b"\0\0\0\x10senc\0\0\0\0\0\0\0\x03");
    }

    #[test]
    fn more_ranges_than_saiz_can_count_are_an_error() {
        let ranges = [Subsample {
            clear: 5,
            protected: 160,
        }; 43];
        let entries = [Entry {
            iv: &[],
            subsamples: &ranges,
        }];
        assert!(write(&mut Vec::new(), 0, entries.into_iter()).is_err());
    }
}
