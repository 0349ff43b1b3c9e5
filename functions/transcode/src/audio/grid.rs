//! The grid of samples that all parts of a track share.

/// Samples per AAC-LC frame (ISO/IEC 14496-3).
pub(crate) const AAC_FRAME: u64 = 1024;

/// AAC frames encoded before a part and dropped: the encoder's rate control and psychoacoustics
/// have settled by then, so that two parts meet as one whole would have continued.
const LEAD_IN_FRAMES: i64 = 48;

/// AAC frames encoded after a part and dropped: the encoder looks ahead.
const LEAD_OUT_FRAMES: i64 = 4;

/// The most frames that a lead-in grows by, to begin where source and output samples coincide.
const MOST_ALIGNING_FRAMES: i64 = 400;

/// Longest difference between where samples are said to lie and where they follow on the ones
/// before, in thousandths of a second: less is rounding, more is a gap or an overlap.
const TOLERANCE_MS: i64 = 40;

/// What is fed to the encoder for one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The AAC frame that the first sample begins; negative before the origin.
    pub(crate) first_frame: i64,
    /// First sample at the source's rate, counted from the origin.
    pub(crate) begin: i64,
    /// The sample after the last, at the source's rate.
    pub(crate) end: i64,
}

impl Span {
    /// The span around the AAC frames `start..end` at `output_hz`, of a source at `source_hz`.
    ///
    /// It begins on a frame whose first sample coincides with one of the source, so that the
    /// resampler gives the same samples for every part.
    pub(crate) fn around(start: u64, end: u64, output_hz: u32, source_hz: u32) -> Self {
        let frame = AAC_FRAME as i64;
        let (output, source) = (i64::from(output_hz), i64::from(source_hz));
        let whole = output / gcd(output, source);
        let aligned = whole / gcd(whole, frame);
        let aligned = if aligned > MOST_ALIGNING_FRAMES {
            1
        } else {
            aligned
        };
        let first_frame = (start as i64 - LEAD_IN_FRAMES).div_euclid(aligned) * aligned;
        let at_source = |sample: i64| (sample * source).div_euclid(output);
        Self {
            first_frame,
            begin: at_source(first_frame * frame),
            end: at_source((end as i64 + LEAD_OUT_FRAMES) * frame) + 1,
        }
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// What to do with a block of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Samples of silence before it.
    pub(crate) silence: u64,
    /// Its first samples that are left out.
    pub(crate) skip: usize,
    /// How many of the others are taken.
    pub(crate) take: usize,
}

/// Puts blocks one after another onto the grid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placer {
    span: Span,
    tolerance: i64,
    /// Where the next block follows on, in the source's own count.
    follows: Option<i64>,
    /// The next sample to be fed.
    next: i64,
}

impl Placer {
    pub(crate) fn new(span: Span, source_hz: u32) -> Self {
        let tolerance = i64::from(source_hz) * TOLERANCE_MS / 1000;
        Self {
            span,
            tolerance,
            follows: None,
            next: span.begin,
        }
    }

    /// Sets where the first block lies: see [`anchor`].
    pub(crate) fn begin_at(&mut self, sample: i64) {
        self.follows = Some(sample);
    }

    /// Places a block of `len` samples that says it lies at `said`.
    pub(crate) fn place(&mut self, said: i64, len: usize) -> Placed {
        let at = match self.follows {
            Some(follows) if (said - follows).abs() <= self.tolerance => follows,
            _ => said,
        };
        self.follows = Some(at + len as i64);
        let from = at.max(self.next).min(self.span.end);
        let to = (at + len as i64).clamp(from, self.span.end);
        let silence = from - self.next;
        // A block that lies before the span, or was already covered, gives nothing.
        if to == from {
            return Placed {
                silence: 0,
                skip: 0,
                take: 0,
            };
        }
        self.next = to;
        Placed {
            silence: silence as u64,
            skip: (from - at) as usize,
            take: (to - from) as usize,
        }
    }

    /// Whether the span is fed to its end.
    pub(crate) fn is_full(&self) -> bool {
        self.next >= self.span.end
    }

    /// Samples of silence that complete the span.
    pub(crate) fn rest(&self) -> u64 {
        (self.span.end - self.next).max(0) as u64
    }
}

/// Where the first of some blocks truly begins: said and counted positions averaged.
///
/// Containers that count in milliseconds round each block's time; all parts of a track must
/// nevertheless agree on where a sample lies.
pub(crate) fn anchor(blocks: impl IntoIterator<Item = (i64, usize)>) -> Option<i64> {
    let (mut counted, mut sum, mut blocks_seen) = (0_i64, 0_i64, 0_i64);
    for (said, len) in blocks {
        sum += said - counted;
        counted += len as i64;
        blocks_seen += 1;
    }
    (blocks_seen > 0).then(|| (2 * sum + blocks_seen).div_euclid(2 * blocks_seen))
}

/// The sample, counted from the origin, that is presented at `time_ns`.
pub(crate) fn sample_at(time_ns: i64, origin_ns: u64, rate_hz: u32) -> i64 {
    let delta = i128::from(time_ns) - i128::from(origin_ns);
    let scaled = delta * i128::from(rate_hz) + 500_000_000;
    i64::try_from(scaled.div_euclid(1_000_000_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_begins_where_source_and_output_samples_coincide() {
        for source_hz in [
            8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000,
        ] {
            for start in [0, 1, 47, 1_000, 14_062] {
                let span = Span::around(start, start + 100, 48_000, source_hz);
                let output = span.first_frame * 1024;
                assert_eq!(
                    output * i64::from(source_hz) % 48_000,
                    0,
                    "{source_hz} Hz, frame {start}"
                );
                assert_eq!(span.begin * 48_000, output * i64::from(source_hz));
                assert!(span.first_frame + LEAD_IN_FRAMES <= start as i64);
            }
        }
    }

    fn placer(begin: i64, end: i64) -> Placer {
        Placer::new(
            Span {
                first_frame: 0,
                begin,
                end,
            },
            48_000,
        )
    }

    #[test]
    fn rounding_is_not_a_gap() {
        let mut placer = placer(0, 10_000);
        assert_eq!(
            placer.place(3, 1_024),
            Placed {
                silence: 3,
                skip: 0,
                take: 1_024
            }
        );
        assert_eq!(
            placer.place(1_003, 1_024),
            Placed {
                silence: 0,
                skip: 0,
                take: 1_024
            }
        );
    }

    #[test]
    fn gaps_become_silence_and_overlaps_are_cut() {
        let mut placer = placer(0, 100_000);
        placer.place(0, 10_000);
        assert_eq!(
            placer.place(20_000, 1_000),
            Placed {
                silence: 10_000,
                skip: 0,
                take: 1_000
            }
        );
        assert_eq!(
            placer.place(11_000, 20_000),
            Placed {
                silence: 0,
                skip: 10_000,
                take: 10_000
            }
        );
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        let mut placer = placer(5_000, 7_000);
        assert_eq!(placer.place(0, 4_000).take, 0);
        assert_eq!(
            placer.place(4_000, 2_000),
            Placed {
                silence: 0,
                skip: 1_000,
                take: 1_000
            }
        );
        assert_eq!(placer.rest(), 1_000);
        assert_eq!(
            placer.place(6_000, 4_000),
            Placed {
                silence: 0,
                skip: 0,
                take: 1_000
            }
        );
        assert!(placer.is_full());
    }

    #[test]
    fn millisecond_times_are_averaged_to_the_sample() {
        // AAC at 44.1 kHz in Matroska, which rounds 23.2 ms blocks to milliseconds.
        for first in 0..2_000_i64 {
            let blocks = (0..43).map(|n| {
                let sample = first * 7 + n * 1_024;
                let ms = (sample * 1000 + 22_050).div_euclid(44_100);
                (sample_at(ms * 1_000_000, 0, 44_100), 1_024)
            });
            let error = anchor(blocks).unwrap() - first * 7;
            assert!(error.abs() <= 4, "{error}");
        }
    }
}
