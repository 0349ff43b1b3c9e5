//! `sidx`: where the segments of a file lie (ISO/IEC 14496-12, 8.16.3).

use super::full_boxed;
use crate::CmafError;

/// A segment that an index names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexedSegment {
    /// Bytes.
    pub bytes: u64,
    /// Ticks.
    pub duration: u64,
}

/// Bytes of an index of `segments` segments.
#[must_use]
pub fn index_bytes(segments: usize) -> usize {
    12 + 28 + 12 * segments
}

/// Appends an index of segments that lie end to end after it, each beginning with a key frame.
///
/// `start` is when the first is presented, ticks.
///
/// # Errors
/// [`CmafError::TooLarge`] over 65,535 segments, or where one exceeds 2 GiB or 2^32 ticks.
pub fn write_index(
    track_id: u32,
    timescale: u32,
    start: u64,
    segments: &[IndexedSegment],
    out: &mut Vec<u8>,
) -> Result<(), CmafError> {
    const WHAT: CmafError = CmafError::TooLarge("segment index");
    let count = u16::try_from(segments.len()).map_err(|_| WHAT)?;
    let mut references = Vec::with_capacity(segments.len() * 12);
    for segment in segments {
        let bytes = u32::try_from(segment.bytes)
            .ok()
            .filter(|bytes| bytes >> 31 == 0);
        references.extend(bytes.ok_or(WHAT)?.to_be_bytes());
        let duration = u32::try_from(segment.duration).map_err(|_| WHAT)?;
        references.extend(duration.to_be_bytes());
        // starts_with_SAP, SAP_type 1, SAP_delta_time 0.
        references.extend(0x9000_0000_u32.to_be_bytes());
    }
    full_boxed(out, b"sidx", 1, 0, |out| {
        out.extend(track_id.to_be_bytes());
        out.extend(timescale.to_be_bytes());
        out.extend(start.to_be_bytes());
        // first_offset: the first segment follows at once.
        out.extend(0_u64.to_be_bytes());
        out.extend([0, 0]);
        out.extend(count.to_be_bytes());
        out.extend(references);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_names_its_segments() {
        let segments = [(1000, 180_000), (900, 90_000)]
            .map(|(bytes, duration)| IndexedSegment { bytes, duration });
        let mut out = Vec::new();
        write_index(1, 90_000, 0, &segments, &mut out).unwrap();
        assert_eq!(out.len(), index_bytes(2));
        assert_eq!(out[..8], *b"\0\0\0\x40sidx");
        assert_eq!(
            out[40..52],
            [0, 0, 3, 0xe8, 0, 2, 0xbf, 0x20, 0x90, 0, 0, 0]
        );
    }

    #[test]
    fn a_segment_of_two_gibibytes_is_too_large() {
        let segment = IndexedSegment {
            bytes: 1 << 31,
            duration: 1,
        };
        assert!(write_index(1, 1, 0, &[segment], &mut Vec::new()).is_err());
    }
}
