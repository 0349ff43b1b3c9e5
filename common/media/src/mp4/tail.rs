//! The end of a long fragmented file, found from its last bytes: walking there box by box costs a
//! request for each fragment.

use std::collections::BTreeSet;

use super::{
    Mp4Error,
    boxes::size_of,
    fragment::{self, Fragment},
    movie::Movie,
    sample_table::MOST_SAMPLES,
};
use crate::ReadAt;

/// How far before the end of the file fragments are looked for, bytes, one after the other.
const REACHES: [u64; 4] = [1 << 20, 4 << 20, 16 << 20, 64 << 20];

/// The last fragments of the file, behind `from`, of every track that `head` has fragments of; none
/// where they are not found.
pub(super) fn last_fragments(
    reader: &dyn ReadAt,
    from: u64,
    movie: &Movie,
    head: &[Fragment],
) -> Result<Option<Vec<Fragment>>, Mp4Error> {
    let tracks: BTreeSet<u32> = head.iter().map(|fragment| fragment.track).collect();
    let size_bytes = reader.size_bytes();
    for reach in REACHES {
        let start = size_bytes.saturating_sub(reach).max(from);
        let length = usize::try_from(size_bytes - start).map_err(|_| Mp4Error::Damaged)?;
        let data = reader.read_at(start, length)?;
        let found = fragments(&data, start, movie);
        let usable = |track: &u32| {
            found.iter().any(|fragment| {
                let within = |sample: &super::Sample| sample.within(size_bytes);
                fragment.track == *track
                    && fragment.decode_time.is_some()
                    && fragment.samples.first().is_some_and(within)
            })
        };
        if tracks.iter().all(usable) {
            return Ok(Some(found));
        }
        if start == from {
            break;
        }
    }
    Ok(None)
}

/// The fragments in `data`, which ends where the file ends and begins anywhere.
fn fragments(data: &[u8], start: u64, movie: &Movie) -> Vec<Fragment> {
    let mut found = Vec::new();
    let mut room = MOST_SAMPLES;
    let mut at = first_moof(data).unwrap_or(data.len());
    while let Some(head) = data.get(at..).filter(|head| head.len() >= 8) {
        let Some((size, header)) = size_of(head) else {
            break;
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if let Some(moof) = head.get(header..size).filter(|_| head[4..8] == *b"moof") {
            found.extend(fragment::parse(moof, start + at as u64, movie, &mut room));
        }
        if size == 0 {
            break;
        }
        at = at.saturating_add(size);
    }
    found
}

/// A box is known by its first child: `mfhd` of 16 bytes (ISO/IEC 14496-12, 8.8.5).
fn first_moof(data: &[u8]) -> Option<usize> {
    data.windows(16)
        .position(|head| head[4..] == *b"moof\0\0\0\x10mfhd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_is_found_in_the_middle_of_other_bytes() {
        let mut data = b"....moof....moof".to_vec();
        assert_eq!(first_moof(&data), None);
        data.extend(b"\0\0\0\x18moof\0\0\0\x10mfhd\0\0\0\0\0\0\0\x01");
        assert_eq!(first_moof(&data), Some(16));
        assert_eq!(first_moof(&data[..31]), None);
    }
}
