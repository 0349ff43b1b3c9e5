//! Boxes in memory (ISO/IEC 14496-12, 4.2) and big-endian numbers, with every bound checked.

/// A box: its four-character code and what is in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Box<'a> {
    pub(super) kind: [u8; 4],
    pub(super) body: &'a [u8],
}

/// The boxes laid end to end in `data`; stops at the first that is broken.
pub(super) fn boxes(data: &[u8]) -> impl Iterator<Item = Box<'_>> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let (size, header) = size_of(rest)?;
        let size = match size {
            0 => rest.len(),
            size => usize::try_from(size)
                .ok()
                .filter(|size| *size <= rest.len())?,
        };
        let kind = rest.get(4..8)?.try_into().ok()?;
        let body = rest.get(header..size)?;
        rest = &rest[size..];
        Some(Box { kind, body })
    })
}

/// Size of the box that begins here (0: up to the end) and of its header.
pub(super) fn size_of(head: &[u8]) -> Option<(u64, usize)> {
    match u64::from(u32_at(head, 0)?) {
        1 => {
            let size = u64_at(head, 8)?;
            (size >= 16).then_some((size, 16))
        }
        0 => Some((0, 8)),
        size => (size >= 8).then_some((size, 8)),
    }
}

/// The first box of this kind.
pub(super) fn find<'a>(data: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(data).find(|b| b.kind == *kind).map(|b| b.body)
}

/// The box at the end of a path of kinds.
pub(super) fn find_path<'a>(data: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(data, |data, kind| find(data, kind))
}

pub(super) fn u8_at(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

pub(super) fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(
        data.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

pub(super) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(
        data.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

pub(super) fn i32_at(data: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_be_bytes(
        data.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

pub(super) fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(
        data.get(at..at.checked_add(8)?)?.try_into().ok()?,
    ))
}

/// A number of 32 bits in version 0 of a box and of 64 in version 1.
pub(super) fn versioned(data: &[u8], at_v0: usize, at_v1: usize) -> Option<u64> {
    match u8_at(data, 0)? {
        0 => u32_at(data, at_v0).map(u64::from),
        _ => u64_at(data, at_v1),
    }
}
