//! Captions beside a title.

use reeldrop_events::CaptionKind;

/// Ticks per second of captions: WebVTT's clock in MPEG-2 time (RFC 8216bis, section 3.5).
const TIMESCALE: u32 = 90_000;

/// Captions in one language, as WebVTT.
///
/// They do not depend on the package. Addresses are relative to the manifests' folder:
/// `../text/{name}/{n}.vtt` are the segments from 0, and `../text/{name}.vtt` is the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextTrack {
    /// BCP 47 language, `und` where it is not known.
    pub language: String,
    /// Name to show in a menu.
    pub label: String,
    /// Name of the track, which is its folder.
    pub name: String,
    /// Duration of each segment but the last in ticks of 1/90,000 s, never 0.
    pub segment_ticks: u64,
    /// Duration of all in ticks of 1/90,000 s.
    pub duration_ticks: u64,
    /// Number of segments.
    pub segments: u32,
    /// What it is for.
    pub kind: CaptionKind,
    /// Whether players show it by themselves: true for one at most.
    pub default: bool,
}

impl TextTrack {
    /// Durations of the segments.
    pub(crate) fn spans(&self) -> impl Iterator<Item = super::Span> + '_ {
        (0..self.segments).map(|number| {
            let start = u64::from(number) * self.segment_ticks;
            let left = self.duration_ticks.saturating_sub(start);
            super::Span {
                ticks: if number + 1 == self.segments {
                    left
                } else {
                    left.min(self.segment_ticks)
                },
                timescale: TIMESCALE,
            }
        })
    }

    /// The longest segment in seconds, rounded to the nearest: its playlist's target duration.
    pub(crate) fn target_s(&self) -> u64 {
        let spans = self.spans().map(super::Span::seconds_rounded);
        spans.max().unwrap_or(0).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_segment_reaches_to_the_end() {
        let track = TextTrack {
            segment_ticks: 540_000,
            duration_ticks: 1_531_530,
            segments: 3,
            ..TextTrack::default()
        };
        let ticks: Vec<_> = track.spans().map(|span| span.ticks).collect();
        assert_eq!(ticks, [540_000, 540_000, 451_530]);
        assert_eq!(track.target_s(), 6);
    }
}
