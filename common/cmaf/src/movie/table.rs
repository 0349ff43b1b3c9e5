//! The sample tables of a progressive file (ISO/IEC 14496-12, 8.6 and 8.7).

use crate::CmafError;
use crate::boxes::{BoxRef, Cursor};
use crate::head::SampleInfo;

/// A sample of a progressive file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSample {
    /// What is known of it.
    pub info: SampleInfo,
    /// Where it begins in the file, bytes.
    pub offset: u64,
}

/// The boxes of a track's samples.
#[derive(Clone)]
pub(super) struct Tables<'a> {
    stts: Cursor<'a>,
    ctts: Option<Cursor<'a>>,
    sizes: Sizes<'a>,
    stsc: Cursor<'a>,
    chunks: Chunks<'a>,
    stss: Option<Cursor<'a>>,
}

#[derive(Clone)]
enum Sizes<'a> {
    /// All samples have this size.
    Same(u32),
    /// 32 bits each.
    Words(Cursor<'a>),
    /// 4, 8 or 16 bits each.
    Compact(Compact<'a>),
}

#[derive(Clone)]
struct Compact<'a> {
    sizes: Cursor<'a>,
    bits: u8,
    /// The second half of a byte whose first was given.
    half: Option<u8>,
}

#[derive(Clone)]
struct Chunks<'a> {
    offsets: Cursor<'a>,
    /// Whether offsets have 64 bits.
    wide: bool,
}

/// The content of a full box after its count of entries.
fn entries<'a>(found: &BoxRef<'a>, what: &'static str) -> Result<(u32, Cursor<'a>), CmafError> {
    let (_, _, content) = found.full()?;
    let mut cursor = Cursor::new(content, what);
    Ok((cursor.u32()?, cursor))
}

impl<'a> Tables<'a> {
    pub(super) fn read(stbl: &BoxRef<'a>) -> Result<Self, CmafError> {
        let table = |kind: &[u8; 4], what| {
            let found = super::child(stbl, kind, what)?;
            Ok::<_, CmafError>(entries(&found, what)?.1)
        };
        let optional = |kind: &[u8; 4], what| match stbl.children().find(kind)? {
            Some(found) => entries(&found, what).map(|(_, cursor)| Some(cursor)),
            None => Ok(None),
        };
        let chunks = match optional(b"co64", "co64")? {
            Some(offsets) => Chunks {
                offsets,
                wide: true,
            },
            None => Chunks {
                offsets: table(b"stco", "stco")?,
                wide: false,
            },
        };
        Ok(Self {
            stts: table(b"stts", "stts")?,
            ctts: optional(b"ctts", "ctts")?,
            sizes: Sizes::read(stbl)?,
            stsc: table(b"stsc", "stsc")?,
            chunks,
            stss: optional(b"stss", "stss")?,
        })
    }

    pub(super) fn samples(&self) -> TableSamples<'a> {
        let mut stsc = self.stsc.clone();
        TableSamples {
            tables: self.clone(),
            number: 0,
            duration: Repeated::default(),
            composition_offset: Repeated::default(),
            next_sync: None,
            next_chunks: ChunkRun::read(&mut stsc).ok(),
            stsc,
            chunk: 0,
            per_chunk: 0,
            left_in_chunk: 0,
            offset: 0,
            ended: false,
        }
    }
}

impl<'a> Sizes<'a> {
    fn read(stbl: &BoxRef<'a>) -> Result<Self, CmafError> {
        if let Some(stsz) = stbl.children().find(b"stsz")? {
            let (size, mut cursor) = entries(&stsz, "stsz")?;
            let count = cursor.u32()?;
            // Fragmented files have a table of none, whatever its size.
            return Ok(if size == 0 || count == 0 {
                Self::Words(cursor)
            } else {
                Self::Same(size)
            });
        }
        let stz2 = super::child(stbl, b"stz2", "stsz")?;
        let (bits, mut sizes) = entries(&stz2, "stz2")?;
        sizes.u32()?;
        match bits & 0xff {
            bits @ (4 | 8 | 16) => Ok(Self::Compact(Compact {
                sizes,
                bits: u8::try_from(bits).unwrap_or(16),
                half: None,
            })),
            _ => Err(CmafError::Invalid("stz2 field size")),
        }
    }

    /// None after the last.
    fn next(&mut self) -> Option<u32> {
        match self {
            Self::Same(size) => Some(*size),
            Self::Words(cursor) => cursor.u32().ok(),
            Self::Compact(compact) => compact.next(),
        }
    }
}

impl Compact<'_> {
    fn next(&mut self) -> Option<u32> {
        match self.bits {
            16 => self.sizes.u16().ok().map(u32::from),
            8 => self.sizes.u8().ok().map(u32::from),
            _ => {
                if let Some(half) = self.half.take() {
                    return Some(u32::from(half));
                }
                let byte = self.sizes.u8().ok()?;
                self.half = Some(byte & 0xf);
                Some(u32::from(byte >> 4))
            }
        }
    }
}

/// A run of equal values: `stts`, `ctts`.
#[derive(Clone, Copy, Default)]
struct Repeated {
    left: u32,
    value: u32,
}

impl Repeated {
    fn next(&mut self, table: &mut Cursor<'_>) -> Option<u32> {
        while self.left == 0 {
            self.left = table.u32().ok()?;
            self.value = table.u32().ok()?;
        }
        self.left -= 1;
        Some(self.value)
    }
}

/// An entry of `stsc`.
#[derive(Clone, Copy)]
struct ChunkRun {
    first_chunk: u32,
    samples_per_chunk: u32,
    sample_description: u32,
}

impl ChunkRun {
    fn read(stsc: &mut Cursor<'_>) -> Result<Self, CmafError> {
        Ok(Self {
            first_chunk: stsc.u32()?,
            samples_per_chunk: stsc.u32()?,
            sample_description: stsc.u32()?,
        })
    }
}

/// The samples of a track in decode order; ends after the first error.
#[derive(Clone)]
pub struct TableSamples<'a> {
    tables: Tables<'a>,
    /// Number of the sample that was given last, from 1.
    number: u32,
    duration: Repeated,
    composition_offset: Repeated,
    /// Number of the next sync sample that `stss` names.
    next_sync: Option<u32>,
    stsc: Cursor<'a>,
    next_chunks: Option<ChunkRun>,
    /// Number of the current chunk, from 1.
    chunk: u32,
    per_chunk: u32,
    left_in_chunk: u32,
    offset: u64,
    ended: bool,
}

impl TableSamples<'_> {
    fn read(&mut self) -> Result<Option<TableSample>, CmafError> {
        // A table of one size for all has no end of its own: that of the times is it.
        let Some(duration) = self.duration.next(&mut self.tables.stts) else {
            return Ok(None);
        };
        let Some(size) = self.tables.sizes.next() else {
            return Ok(None);
        };
        while self.left_in_chunk == 0 {
            self.next_chunk()?;
        }
        self.left_in_chunk -= 1;
        self.number = self
            .number
            .checked_add(1)
            .ok_or(CmafError::TooLarge("number of samples"))?;
        let offset = self.offset;
        let end = offset.checked_add(u64::from(size));
        self.offset = end.ok_or(CmafError::TooLarge("chunk offset"))?;
        let composition_offset = match &mut self.tables.ctts {
            Some(ctts) => self.composition_offset.next(ctts).unwrap_or(0),
            None => 0,
        };
        Ok(Some(TableSample {
            info: SampleInfo {
                size,
                duration,
                composition_offset: composition_offset.cast_signed(),
                sync: self.is_sync(),
            },
            offset,
        }))
    }

    fn next_chunk(&mut self) -> Result<(), CmafError> {
        self.chunk += 1;
        if let Some(run) = self.next_chunks
            && run.first_chunk <= self.chunk
        {
            if run.sample_description != 1 {
                return Err(CmafError::Unsupported("track with several sample entries"));
            }
            self.per_chunk = run.samples_per_chunk;
            self.next_chunks = ChunkRun::read(&mut self.stsc).ok();
        }
        let chunks = &mut self.tables.chunks;
        self.offset = if chunks.wide {
            chunks.offsets.u64()?
        } else {
            u64::from(chunks.offsets.u32()?)
        };
        self.left_in_chunk = self.per_chunk;
        Ok(())
    }

    // Without `stss` all are sync samples.
    fn is_sync(&mut self) -> bool {
        let Some(stss) = &mut self.tables.stss else {
            return true;
        };
        while self.next_sync.is_none_or(|next| next < self.number) {
            match stss.u32() {
                Ok(next) => self.next_sync = Some(next),
                Err(_) => return false,
            }
        }
        self.next_sync == Some(self.number)
    }
}

impl Iterator for TableSamples<'_> {
    type Item = Result<TableSample, CmafError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        read
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::boxes::{boxed, full_boxed, iter};
    use super::*;

    fn table(out: &mut Vec<u8>, kind: &[u8; 4], words: &[u32]) {
        full_boxed(out, kind, 0, 0, |out| {
            out.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        });
    }

    fn samples(content: impl FnOnce(&mut Vec<u8>)) -> Vec<Result<TableSample, CmafError>> {
        let mut out = Vec::new();
        boxed(&mut out, b"stbl", content);
        let stbl = iter(&out).next().unwrap().unwrap();
        Tables::read(&stbl).unwrap().samples().collect()
    }

    fn sample(offset: u64, size: u32, duration: u32, shift: i32, sync: bool) -> TableSample {
        TableSample {
            info: SampleInfo {
                size,
                duration,
                composition_offset: shift,
                sync,
            },
            offset,
        }
    }

    #[test]
    fn samples_lie_end_to_end_in_their_chunks() {
        let found = samples(|out| {
            table(out, b"stts", &[2, 3, 10, 2, 3]);
            table(out, b"ctts", &[2, 1, 6, 4, (-2_i32).cast_unsigned()]);
            table(out, b"stsz", &[0, 5, 7, 8, 9, 10, 11]);
            table(out, b"stsc", &[2, 1, 2, 1, 2, 3, 1]);
            table(out, b"stco", &[2, 100, 1000]);
            table(out, b"stss", &[2, 1, 4]);
        });
        let expected = [
            sample(100, 7, 10, 6, true),
            sample(107, 8, 10, -2, false),
            sample(1000, 9, 10, -2, false),
            sample(1009, 10, 3, -2, true),
            sample(1019, 11, 3, -2, false),
        ];
        let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sizes_of_few_bits_and_of_one_value_are_read() {
        for (kind, words, sizes) in [
            (b"stz2", vec![4, 3, 0x1230_0000], [1, 2, 3]),
            (b"stz2", vec![8, 3, 0x0102_0300], [1, 2, 3]),
            (b"stz2", vec![16, 3, 0x0001_0002, 0x0003_0000], [1, 2, 3]),
            (b"stsz", vec![9, 3], [9, 9, 9]),
        ] {
            let found = samples(|out| {
                table(out, b"stts", &[1, 3, 1]);
                table(out, kind, &words);
                table(out, b"stsc", &[1, 1, 3, 1]);
                table(out, b"stco", &[1, 50]);
            });
            let found: Vec<_> = found.iter().map(|found| found.unwrap().info.size).collect();
            assert_eq!(found, sizes);
        }
    }

    #[test]
    fn samples_without_a_chunk_are_an_error() {
        let found = samples(|out| {
            table(out, b"stts", &[1, 3, 1]);
            table(out, b"stsz", &[9, 3]);
            table(out, b"stsc", &[1, 1, 2, 1]);
            table(out, b"stco", &[1, 50]);
        });
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], Err(CmafError::Truncated("stco")));
    }
}
