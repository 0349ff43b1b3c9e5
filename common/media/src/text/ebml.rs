//! Elements of EBML (RFC 8794) and blocks of Matroska (RFC 9559), with every bound checked.

/// An element in memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) id: u32,
    pub(super) body: &'a [u8],
}

/// Identifier of an element, length of its header, and of its content; none where that is unknown.
pub(super) fn header(data: &[u8]) -> Option<(u32, usize, Option<u64>)> {
    let (id, length) = identifier(data)?;
    let (size, more) = number(data.get(length..)?)?;
    Some((id, length + more, size))
}

/// The marker stays in an identifier (RFC 8794, section 5).
fn identifier(data: &[u8]) -> Option<(u32, usize)> {
    let length = data.first()?.leading_zeros() as usize + 1;
    let bytes = data.get(..length).filter(|_| length <= 4)?;
    let id = bytes.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    Some((id, length))
}

/// A number of variable size (RFC 8794, section 4), and its length; all ones stand for none.
pub(super) fn number(data: &[u8]) -> Option<(Option<u64>, usize)> {
    let length = data.first()?.leading_zeros() as usize + 1;
    let bytes = data.get(..length).filter(|_| length <= 8)?;
    let raw = bytes
        .iter()
        .fold(0, |raw, byte| raw << 8 | u64::from(*byte));
    let mask = (1_u64 << (7 * length)) - 1;
    let value = raw & mask;
    Some(((value != mask).then_some(value), length))
}

/// The elements laid end to end in `data`; stops at the first that is broken.
pub(super) fn elements(data: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (id, length, size) = header(rest)?;
        let size = usize::try_from(size?).ok()?;
        let body = rest.get(length..length.checked_add(size)?)?;
        rest = &rest[length + size..];
        Some(Element { id, body })
    })
}

/// An unsigned number of up to eight bytes.
pub(super) fn unsigned(body: &[u8]) -> u64 {
    let bytes = body.iter().take(8);
    bytes.fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Text up to the first zero.
pub(super) fn text(body: &[u8]) -> String {
    let end = body.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&body[..end.unwrap_or(body.len())]).into_owned()
}

pub(super) const BLOCK_GROUP: u32 = 0xa0;
pub(super) const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK: u32 = 0xa1;
const BLOCK_DURATION: u32 = 0x9b;

/// What a block carries for one track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    pub(super) track: u64,
    /// After its cluster's time, ticks.
    pub(super) time: i16,
    /// Ticks.
    pub(super) duration: Option<u64>,
    /// Cut where `data` was.
    pub(super) payload: &'a [u8],
}

impl<'a> Block<'a> {
    /// Reads the block or group at the beginning of `data`; of one that is longer, nothing.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let element = elements(data).next()?;
        match element.id {
            SIMPLE_BLOCK => Self::content(element.body),
            BLOCK_GROUP => {
                let block = elements(element.body).find(|child| child.id == BLOCK)?;
                let duration = elements(element.body).find(|child| child.id == BLOCK_DURATION);
                Some(Self {
                    duration: duration.map(|duration| unsigned(duration.body)),
                    ..Self::content(block.body)?
                })
            }
            _ => None,
        }
    }

    /// Reads track and time of the block or group of which `data` is the beginning.
    pub(super) fn peek(data: &'a [u8]) -> Option<Self> {
        let (id, length, _) = header(data)?;
        let body = data.get(length..)?;
        match id {
            SIMPLE_BLOCK => Self::content(body),
            BLOCK_GROUP => {
                let mut rest = body;
                // Some muxers write the duration before the block.
                loop {
                    let (child, length, size) = header(rest)?;
                    if child == BLOCK {
                        return Self::content(rest.get(length..)?);
                    }
                    let end = usize::try_from(size?).ok()?.checked_add(length)?;
                    rest = rest.get(end..)?;
                }
            }
            _ => None,
        }
    }

    /// RFC 9559, section 10.1: text is never laced.
    fn content(body: &'a [u8]) -> Option<Self> {
        let (track, length) = number(body)?;
        let (fields, payload) = body.get(length..)?.split_first_chunk::<3>()?;
        (fields[2] & 0x06 == 0).then_some(Self {
            track: track?,
            time: i16::from_be_bytes([fields[0], fields[1]]),
            duration: None,
            payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_every_length_and_all_ones_are_none() {
        assert_eq!(number(&[0x81]), Some((Some(1), 1)));
        assert_eq!(number(&[0x40, 0x7f]), Some((Some(127), 2)));
        assert_eq!(number(&[0xff]), Some((None, 1)));
        let eight = [1, 0, 0, 0, 0, 0, 1, 0];
        assert_eq!(number(&eight), Some((Some(256), 8)));
        assert_eq!(number(&eight[..7]), None);
        assert_eq!(number(&[0, 1, 2, 3, 4, 5, 6, 7, 8]), None);
        assert_eq!(number(&[]), None);
    }

    #[test]
    fn a_group_is_read_with_its_duration_and_a_cut_one_is_not() {
        let group = [
            0xa0, 0x8b, 0xa1, 0x86, 0x83, 0x00, 0x05, 0x00, b'H', b'i', 0x9b, 0x81, 0x07,
        ];
        let block = Block::read(&group).unwrap();
        assert_eq!((block.track, block.time, block.duration), (3, 5, Some(7)));
        assert_eq!(block.payload, b"Hi");
        assert!(Block::read(&group[..9]).is_none());
        assert_eq!(Block::peek(&group[..9]).unwrap().track, 3);
        assert!(elements(&[0xa1, 0xff, 1]).next().is_none());
    }

    #[test]
    fn a_group_may_begin_with_its_duration() {
        let group = [
            0xa0, 0x8b, 0x9b, 0x81, 0x07, 0xa1, 0x86, 0x83, 0x00, 0x05, 0x00, b'H', b'i',
        ];
        assert_eq!(Block::peek(&group[..12]).unwrap().track, 3);
        assert_eq!(Block::read(&group).unwrap().duration, Some(7));
        assert!(Block::peek(&[0xa0, 0x85, 0x9b, 0x80, 0x9b, 0x80, 0x9b]).is_none());
    }
}
