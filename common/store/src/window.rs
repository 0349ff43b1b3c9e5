//! What a reader remembers of an object, and how much it asks for next: no I/O.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// Requests begin and end on multiples of this where nothing better is known.
pub(crate) const BLOCK_BYTES: u64 = 256 << 10;
/// The most that one request reads: what a demuxer that reads on and on gets.
pub(crate) const LONGEST_REQUEST_BYTES: u64 = 4 << 20;
/// The most that is remembered.
const CAPACITY_BYTES: u64 = 16 << 20;

/// A remembered run of bytes: what one request brought.
#[derive(Debug)]
struct Extent {
    start: u64,
    data: Bytes,
    /// When it was last read, on the cache's own clock.
    used: u64,
}

impl Extent {
    fn end(&self) -> u64 {
        self.start + self.data.len() as u64
    }

    fn holds(&self, offset: u64) -> bool {
        (self.start..self.end()).contains(&offset)
    }
}

/// Extents of one object, the least recently read given up first.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    extents: Vec<Extent>,
    clock: u64,
}

impl Cache {
    /// The bytes of `range`, or the first offset of it that is missing.
    pub(crate) fn read(&mut self, range: Range<u64>) -> Result<Bytes, u64> {
        let mut joined = BytesMut::new();
        let mut at = range.start;
        while at < range.end {
            let piece = self.piece(at..range.end).ok_or(at)?;
            if piece.len() as u64 == range.end - range.start {
                return Ok(piece);
            }
            at += piece.len() as u64;
            joined.extend_from_slice(&piece);
        }
        Ok(joined.freeze())
    }

    /// As much of `range` from its start on as one extent holds.
    fn piece(&mut self, range: Range<u64>) -> Option<Bytes> {
        self.clock += 1;
        let extent = self
            .extents
            .iter_mut()
            .find(|extent| extent.holds(range.start))?;
        extent.used = self.clock;
        let from = index(range.start - extent.start);
        let to = index(range.end.min(extent.end()) - extent.start);
        Some(extent.data.slice(from..to))
    }

    /// What to ask the store for when `missing` is wanted up to `wanted_end`.
    ///
    /// A reader that goes on where an extent ends gets twice as much each time; one that jumps gets
    /// the blocks that it wants.
    pub(crate) fn request(&self, missing: u64, wanted_end: u64, size_bytes: u64) -> Range<u64> {
        let before = self.extents.iter().find(|extent| extent.end() == missing);
        let (start, length) = match before {
            Some(extent) => (
                missing,
                (extent.data.len() as u64 * 2).min(LONGEST_REQUEST_BYTES),
            ),
            None => (missing - missing % BLOCK_BYTES, BLOCK_BYTES),
        };
        let end = (start + length)
            .max(wanted_end.next_multiple_of(BLOCK_BYTES))
            .min(size_bytes);
        let after = self
            .extents
            .iter()
            .map(|extent| extent.start)
            .filter(|next| *next > missing)
            .min();
        start..end.min(after.unwrap_or(end))
    }

    /// Remembers what a request for the bytes from `start` brought.
    pub(crate) fn insert(&mut self, start: u64, data: Bytes) {
        self.clock += 1;
        let used = self.clock;
        self.extents.push(Extent { start, data, used });
        while self
            .extents
            .iter()
            .map(|extent| extent.data.len() as u64)
            .sum::<u64>()
            > CAPACITY_BYTES
        {
            let oldest = (0..self.extents.len()).min_by_key(|&i| self.extents[i].used);
            let Some(oldest) = oldest else { return };
            self.extents.swap_remove(oldest);
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "an extent is a few megabytes long"
)]
fn index(offset: u64) -> usize {
    offset as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 100 << 20;

    fn fetch(cache: &mut Cache, request: &Range<u64>) {
        let data: Vec<u8> = request.clone().map(|at| (at % 251) as u8).collect();
        cache.insert(request.start, data.into());
    }

    #[test]
    fn reading_on_asks_for_twice_as_much_each_time_up_to_a_limit() {
        let mut cache = Cache::default();
        let (mut at, mut lengths) = (0, Vec::new());
        for _ in 0..7 {
            let request = cache.request(at, at + 1, SIZE);
            fetch(&mut cache, &request);
            lengths.push((request.end - request.start) >> 10);
            at = request.end;
        }
        assert_eq!(lengths, [256, 512, 1024, 2048, 4096, 4096, 4096]);
    }

    #[test]
    fn a_jump_asks_for_one_block_and_not_for_what_is_there() {
        let mut cache = Cache::default();
        fetch(&mut cache, &(BLOCK_BYTES * 11..BLOCK_BYTES * 12));
        let request = cache.request(BLOCK_BYTES * 10 + 5, BLOCK_BYTES * 10 + 6, SIZE);
        assert_eq!(request, BLOCK_BYTES * 10..BLOCK_BYTES * 11);
        let last = cache.request(SIZE - 1, SIZE, SIZE);
        assert_eq!(last.end, SIZE);
    }

    #[test]
    fn a_read_across_extents_is_joined_and_one_within_is_not_copied() {
        let mut cache = Cache::default();
        fetch(&mut cache, &(0..1000));
        fetch(&mut cache, &(1000..3000));
        let joined = cache.read(990..1010).unwrap();
        assert_eq!(
            joined,
            (990..1010).map(|at| (at % 251) as u8).collect::<Vec<_>>()
        );
        assert_eq!(cache.read(2990..3010), Err(3000));
        assert_eq!(cache.read(5..5).unwrap().len(), 0);
    }

    #[test]
    fn memory_is_bounded_and_the_least_recently_read_goes_first() {
        let mut cache = Cache::default();
        for number in 0..40 {
            let start = number << 20;
            fetch(&mut cache, &(start..start + (1 << 20)));
            assert!(
                cache.read(0..1).is_ok(),
                "the first extent is read all the time"
            );
        }
        let held: usize = cache.extents.iter().map(|extent| extent.data.len()).sum();
        assert_eq!(held as u64, CAPACITY_BYTES);
    }
}
