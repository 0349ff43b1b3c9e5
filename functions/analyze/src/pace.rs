//! Which decoded pictures are looked at next, and which are left out: one interface, two strategies.

use std::{collections::VecDeque, time::Duration};

use crate::eye::BATCH;

/// Decides what is looked at, and when. It has no clock of its own: `now` is told, and `at` is when a picture
/// is shown; both count from the moment at which the part's first picture was decoded.
pub(crate) trait Pace<S>: Send {
    /// Whether one more decoded picture may wait: where not, decoding does.
    fn has_room(&mut self, now: Duration) -> bool;

    /// Whether a picture that was just decoded is wanted; where not, it is left out.
    fn wants(&mut self, at: Duration, now: Duration) -> bool;

    /// Takes a picture that is wanted.
    fn add(&mut self, at: Duration, picture: S, now: Duration);

    /// What is to be looked at together; nothing as long as more must be decoded before. `decoded`: nothing
    /// more comes.
    fn next(&mut self, decoded: bool, now: Duration) -> Vec<S>;

    /// What was last given is looked at. Whether that counts: where not, it is left out.
    fn looked(&mut self, now: Duration) -> bool;

    /// Whether the part is at its end, though more is to be decoded; all of that is left out then.
    fn is_over(&mut self, now: Duration) -> bool;

    /// Whether nothing waits.
    fn is_empty(&self) -> bool;

    /// Pictures that are left out when it ends now.
    fn dropped(&self) -> u32;
}

/// Every picture, in order, however long it takes; several together, as models like it.
pub(crate) struct Batch<S> {
    waiting: VecDeque<S>,
}

impl<S> Batch<S> {
    pub(crate) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
        }
    }
}

impl<S: Send> Pace<S> for Batch<S> {
    fn has_room(&mut self, _: Duration) -> bool {
        self.waiting.len() < BATCH
    }

    fn wants(&mut self, _: Duration, _: Duration) -> bool {
        true
    }

    fn add(&mut self, _: Duration, picture: S, _: Duration) {
        self.waiting.push_back(picture);
    }

    /// Always cut in the same way, wherever a part was broken off: what is seen must not depend on that.
    fn next(&mut self, decoded: bool, _: Duration) -> Vec<S> {
        if self.waiting.len() < BATCH && !decoded {
            return Vec::new();
        }
        self.waiting
            .drain(..self.waiting.len().min(BATCH))
            .collect()
    }

    fn looked(&mut self, _: Duration) -> bool {
        true
    }

    fn is_over(&mut self, _: Duration) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn dropped(&self) -> u32 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoroughly_everything_is_looked_at_in_order_and_always_in_the_same_batches() {
        for count in [1, 7, 8, 9, 16, 21] {
            let (mut pace, mut given) = (Batch::new(), 0);
            let mut batches: Vec<Vec<usize>> = Vec::new();
            let late = Duration::from_secs(3_600);
            while given < count {
                assert!(pace.has_room(late) && pace.wants(Duration::ZERO, late));
                pace.add(Duration::ZERO, given, late);
                given += 1;
                let batch = pace.next(false, late);
                assert!(batch.is_empty() || pace.looked(late));
                batches.push(batch);
            }
            batches.push(pace.next(true, late));
            assert!(pace.is_empty() && !pace.is_over(late) && pace.dropped() == 0);
            batches.retain(|batch| !batch.is_empty());
            let expected: Vec<usize> = (0..count).collect();
            let expected: Vec<&[usize]> = expected.chunks(BATCH).collect();
            assert_eq!(batches, expected);
        }
    }

    #[test]
    fn decoding_waits_where_a_batch_waits() {
        let mut pace = Batch::new();
        for picture in 0..BATCH {
            assert!(pace.has_room(Duration::ZERO));
            pace.add(Duration::ZERO, picture, Duration::ZERO);
        }
        assert!(!pace.has_room(Duration::ZERO));
    }
}
