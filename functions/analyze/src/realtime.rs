//! The strategy that keeps up with the clock: a part is looked at as fast as it plays, or faster.

use std::{collections::VecDeque, time::Duration};

use crate::pace::Pace;

/// How far looking may be behind the picture that the clock shows.
pub(crate) const MOST_BEHIND: Duration = Duration::from_secs(2);

/// Decoded pictures that wait, at most: their frames are large.
const MOST_WAITING: usize = 8;

/// Looks that tell how long one takes.
const RECENT: usize = 4;

/// After so long without a look one is tried that seems to take too long: machines become faster again.
const TRY_AFTER: Duration = Duration::from_secs(10);

/// How long the last looks took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent(VecDeque<Duration>);

impl Recent {
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.push_back(took);
        if self.0.len() > RECENT {
            self.0.pop_front();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The slowest of them: who counts on less is late.
    pub(crate) fn slowest(&self) -> Duration {
        self.0.iter().max().copied().unwrap_or_default()
    }
}

/// A picture that is being looked at.
#[derive(Clone, Copy)]
struct Under {
    at: Duration,
    since: Duration,
}

/// The newest picture that the clock shows first, then older ones while there is time for them, then what is
/// decoded ahead of the clock, in order. What could not be looked at within [`MOST_BEHIND`] is left out before
/// anybody looks; what was looked at, but took longer than any before it and came too late, is left out, too.
pub(crate) struct Realtime<S> {
    /// In the order in which they are shown.
    waiting: VecDeque<(Duration, S)>,
    under: Option<Under>,
    recent: Recent,
    /// When somebody last looked.
    last: Duration,
    /// When the part ends, and how far its pictures are from each other.
    end: Duration,
    step: Duration,
    /// The newest picture that was decoded.
    newest: Duration,
    dropped: u32,
}

impl<S> Realtime<S> {
    /// `recent` of before: without it the first look is a guess.
    pub(crate) fn new(recent: Recent, end: Duration, step: Duration) -> Self {
        Self {
            waiting: VecDeque::new(),
            under: None,
            recent,
            last: Duration::ZERO,
            end,
            step: step.max(Duration::from_millis(1)),
            newest: Duration::ZERO,
            dropped: 0,
        }
    }

    /// Leaves out what could not be looked at in time by a look that begins now and takes so long.
    fn leave_out(&mut self, now: Duration, took: Duration) {
        let in_time = |at: Duration| now + took <= at + MOST_BEHIND;
        let late = self.waiting.partition_point(|(at, _)| !in_time(*at));
        self.waiting.drain(..late);
        self.dropped += late as u32;
    }

    fn take(&mut self, index: usize, now: Duration) -> Vec<S> {
        let Some((at, picture)) = self.waiting.remove(index) else {
            return Vec::new();
        };
        self.under = Some(Under { at, since: now });
        vec![picture]
    }
}

impl<S: Send> Pace<S> for Realtime<S> {
    fn has_room(&mut self, now: Duration) -> bool {
        self.leave_out(now, Duration::ZERO);
        self.waiting.len() < MOST_WAITING
    }

    fn wants(&mut self, at: Duration, now: Duration) -> bool {
        self.newest = self.newest.max(at);
        let wants = now <= at + MOST_BEHIND;
        self.dropped += u32::from(!wants);
        wants
    }

    fn add(&mut self, at: Duration, picture: S, _: Duration) {
        let after = self.waiting.partition_point(|(before, _)| *before <= at);
        self.waiting.insert(after, (at, picture));
    }

    fn next(&mut self, _: bool, now: Duration) -> Vec<S> {
        self.leave_out(now, Duration::ZERO);
        let usual = self.recent.slowest();
        let is_try = now.saturating_sub(self.last) >= TRY_AFTER;
        let newest = self.waiting.back().map(|(at, _)| *at);
        if is_try && newest.is_some_and(|at| now + usual > at + MOST_BEHIND) {
            return self.take(self.waiting.len() - 1, now);
        }
        self.leave_out(now, usual);
        let shown = self.waiting.partition_point(|(at, _)| *at <= now);
        self.take(shown.saturating_sub(1), now)
    }

    fn looked(&mut self, now: Duration) -> bool {
        let Some(under) = self.under.take() else {
            return false;
        };
        self.recent.add(now.saturating_sub(under.since));
        self.last = now;
        let counts = now <= under.at + MOST_BEHIND;
        self.dropped += u32::from(!counts);
        counts
    }

    fn is_over(&mut self, now: Duration) -> bool {
        if now <= self.end + MOST_BEHIND {
            return false;
        }
        self.leave_out(now, Duration::ZERO);
        // What was not even decoded: as many as there would be at the rate.
        let left = self.end.saturating_sub(self.newest).as_nanos();
        let left = left.saturating_sub(1) / self.step.as_nanos();
        self.newest = self.end;
        self.dropped = self
            .dropped
            .saturating_add(u32::try_from(left).unwrap_or(u32::MAX));
        true
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn dropped(&self) -> u32 {
        self.dropped + self.waiting.len() as u32
    }
}

#[cfg(test)]
mod tests;
