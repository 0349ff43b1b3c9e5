//! Cuts what is uploaded into parts.

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;

use crate::{StoreError, backend::Body};

pub(super) const PART_BYTES: usize = 8 << 20;
/// S3 takes 10,000 parts: they double in size every so many, which makes 496 GiB with at most 128 MiB in memory.
const PARTS_PER_SIZE: u32 = 2_000;

/// Cuts a stream into parts.
pub(super) struct Parts<'a> {
    body: Body<'a>,
    /// What came beyond the last part.
    rest: Bytes,
    cut: u32,
}

impl<'a> Parts<'a> {
    pub(super) fn new(body: Body<'a>) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            cut: 0,
        }
    }

    /// The next part: shorter than planned only at the end, empty after it.
    pub(super) async fn next(&mut self) -> Result<Bytes, StoreError> {
        let planned = part_bytes(self.cut);
        self.cut += 1;
        let mut part = BytesMut::new();
        loop {
            let room = planned - part.len();
            if self.rest.len() >= room {
                part.extend_from_slice(&self.rest.split_to(room));
                return Ok(part.freeze());
            }
            part.extend_from_slice(&self.rest);
            match self.body.try_next().await? {
                Some(piece) => self.rest = piece,
                None => {
                    self.rest = Bytes::new();
                    return Ok(part.freeze());
                }
            }
        }
    }
}

/// Size of the part that follows `cut` others.
fn part_bytes(cut: u32) -> usize {
    PART_BYTES << (cut / PARTS_PER_SIZE).min(4)
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;

    #[tokio::test]
    async fn parts_are_the_stream_whatever_its_pieces() {
        let pieces = [3 << 20, 0, 14 << 20, 1, 5].map(|length| Bytes::from(vec![7_u8; length]));
        let total: usize = pieces.iter().map(Bytes::len).sum();
        let body = futures::stream::iter(pieces.map(Ok::<_, StoreError>));
        let mut parts = Parts::new(body.boxed());
        let lengths = [
            parts.next().await.unwrap().len(),
            parts.next().await.unwrap().len(),
            parts.next().await.unwrap().len(),
            parts.next().await.unwrap().len(),
        ];
        assert_eq!(lengths, [PART_BYTES, PART_BYTES, total - 2 * PART_BYTES, 0]);
    }

    #[test]
    fn ten_thousand_parts_hold_the_largest_upload() {
        let total: u64 = (0..10_000).map(|cut| part_bytes(cut) as u64).sum();
        assert!(total > 480 << 30, "{total} bytes");
    }
}
