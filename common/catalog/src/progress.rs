//! How far a title is, step by step.

use serde::Serialize;
use time::OffsetDateTime;

/// What each step is worth in the whole, in percent: about its share of the time.
const PROBE: f64 = 5.0;
const TRANSCODE: f64 = 75.0;
const PACKAGE: f64 = 12.0;
const THUMBNAIL: f64 = 5.0;
const PUBLISH: f64 = 3.0;

/// How far a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StepProgress {
    /// Pieces of work done.
    pub done: u32,
    /// Pieces of work in all; 0 while that is not known.
    pub total: u32,
    /// Pieces that failed.
    pub failed: u32,
}

impl StepProgress {
    /// A step of one piece.
    #[must_use]
    pub fn single(done: bool, failed: bool) -> Self {
        Self {
            done: u32::from(done),
            total: 1,
            failed: u32::from(failed),
        }
    }

    /// From 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        if self.total == 0 {
            return 0.0;
        }
        f64::from(self.done) / f64::from(self.total)
    }
}

/// How far a title is, step by step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Progress {
    /// Of the whole, from 0 to 100.
    pub percent: f64,
    /// Milliseconds that are left at the pace so far, once the pace is known.
    pub eta_ms: Option<u64>,
    /// Understanding and planning the source.
    pub probe: StepProgress,
    /// Encoding: parts.
    pub transcode: StepProgress,
    /// Encrypting: parts.
    pub package: StepProgress,
    /// Pictures.
    pub thumbnail: StepProgress,
    /// Manifests: segments that they name.
    pub publish: StepProgress,
}

impl Progress {
    /// Adds up the steps.
    pub(crate) fn sum(mut self) -> Self {
        // A picture that cannot be made is no longer waited for.
        let pictures = u32::min(1, self.thumbnail.done + self.thumbnail.failed);
        let percent = PROBE * self.probe.fraction()
            + TRANSCODE * self.transcode.fraction()
            + PACKAGE * self.package.fraction()
            + THUMBNAIL * f64::from(pictures)
            + PUBLISH * self.publish.fraction();
        self.percent = (percent * 10.0).round() / 10.0;
        self
    }

    /// Foretells the rest from the pace since `started`.
    pub(crate) fn paced(mut self, started: Option<OffsetDateTime>, now: OffsetDateTime) -> Self {
        let Some(started) = started else { return self };
        let left = 100.0 - self.percent;
        if self.package.done == 0 || left <= 0.0 {
            return self;
        }
        let made = self.percent - PROBE;
        let elapsed_ms = (now - started).as_seconds_f64() * 1000.0;
        if made > 0.0 && elapsed_ms > 0.0 {
            self.eta_ms = Some((elapsed_ms * left / made) as u64);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half() -> Progress {
        Progress {
            probe: StepProgress::single(true, false),
            transcode: StepProgress {
                done: 5,
                total: 10,
                failed: 0,
            },
            package: StepProgress {
                done: 5,
                total: 10,
                failed: 0,
            },
            thumbnail: StepProgress::single(false, true),
            publish: StepProgress {
                done: 10,
                total: 20,
                failed: 0,
            },
            ..Progress::default()
        }
        .sum()
    }

    #[test]
    fn everything_done_is_a_hundred_percent() {
        let all = Progress {
            probe: StepProgress::single(true, false),
            transcode: StepProgress {
                done: 3,
                total: 3,
                failed: 0,
            },
            package: StepProgress {
                done: 3,
                total: 3,
                failed: 0,
            },
            thumbnail: StepProgress::single(true, false),
            publish: StepProgress {
                done: 7,
                total: 7,
                failed: 0,
            },
            ..Progress::default()
        };
        assert_eq!(all.sum().percent, 100.0);
    }

    #[test]
    fn the_rest_is_foretold_from_the_pace() {
        let now = OffsetDateTime::now_utc();
        let progress = half().paced(Some(now - time::Duration::seconds(50)), now);
        assert_eq!(half().percent, 55.0);
        assert_eq!(progress.eta_ms, Some(45_000));
    }
}
