//! When samples are decoded and presented in the output.

use reeldrop_cmaf::CmafError;
use reeldrop_cmaf::head::SampleInfo;
use reeldrop_cmaf::movie::{Kind, MovieTrack};

use crate::PackageError;
use crate::source::Fragment;

/// When an input's first sample is presented: what becomes 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin(Option<(u64, u32)>);

impl Origin {
    /// Takes a track's first sample into account.
    pub(crate) fn begin_with(
        &mut self,
        track: &MovieTrack<'_>,
        decode_time: u64,
        composition_offset: i32,
    ) {
        let start = i128::from(decode_time)
            + i128::from(composition_offset)
            + i128::from(track.presentation_offset);
        // A lead-in that is not presented begins before the presentation does.
        let start = u64::try_from(start.max(0)).unwrap_or(u64::MAX);
        let earlier = |(ticks, timescale): (u64, u32)| {
            u128::from(ticks) * u128::from(track.timescale)
                <= u128::from(start) * u128::from(timescale)
        };
        if !self.0.is_some_and(earlier) {
            self.0 = Some((start, track.timescale));
        }
    }

    /// By the first fragment of a stream; where that has not all tracks, what begins within the first
    /// second is taken to begin at 0, since others may begin before it.
    pub(crate) fn of_fragment(fragment: &Fragment, tracks: &[&MovieTrack<'_>]) -> Self {
        let mut origin = Self::default();
        let mut has_all = true;
        for track in tracks {
            let mut samples = fragment.samples.iter();
            match samples.find(|sample| sample.track_id == track.id) {
                Some(first) => {
                    origin.begin_with(track, first.decode_time, first.info.composition_offset);
                }
                None => has_all = false,
            }
        }
        match origin.0 {
            Some((ticks, timescale)) if !has_all && ticks < u64::from(timescale) => {
                Self(Some((0, timescale)))
            }
            _ => origin,
        }
    }

    /// In ticks of `timescale`.
    fn ticks(self, timescale: u32) -> i64 {
        let Some((ticks, of)) = self.0 else { return 0 };
        let ticks = u128::from(ticks) * u128::from(timescale) / u128::from(of);
        i64::try_from(ticks).unwrap_or(i64::MAX)
    }
}

/// When a sample is presented, ticks; 0 for what would come before.
pub(super) fn presented(info: &SampleInfo, decode_time: u64) -> u64 {
    decode_time.saturating_add_signed(i64::from(info.composition_offset))
}

/// Moves a track's times.
pub(super) struct Timing {
    /// From composition times to presentation times, ticks.
    shift: i64,
    is_audio: bool,
    /// Set by the first sample: what decode times and composition offsets change by.
    moves: Option<(i64, i64)>,
    /// Decode time at which the last sample ends.
    end: u64,
}

impl Timing {
    pub(super) fn new(track: &MovieTrack<'_>, origin: Origin) -> Self {
        let origin = origin.ticks(track.timescale);
        Self {
            shift: track.presentation_offset.saturating_sub(origin),
            is_audio: matches!(track.kind, Kind::Audio(_)),
            moves: None,
            end: 0,
        }
    }

    /// The sample with its times in the output; none where it is sound that is not presented.
    pub(super) fn place(
        &mut self,
        mut info: SampleInfo,
        decode_time: u64,
    ) -> Result<Option<(SampleInfo, u64)>, PackageError> {
        const WHAT: PackageError = PackageError::Media(CmafError::TooLarge("decode time"));
        let time = i64::try_from(decode_time).map_err(|_| WHAT)?;
        let (time_move, composition_move) = match self.moves {
            Some(moves) => moves,
            None => {
                let end = time.saturating_add(i64::from(info.duration));
                // What is left of a frame's lead-in after whole frames is presented.
                if self.is_audio && end.saturating_add(self.shift) <= 0 {
                    return Ok(None);
                }
                let time_move = self.shift.max(-time);
                let composition_move = if self.is_audio {
                    0
                } else {
                    self.shift.saturating_sub(time_move)
                };
                *self.moves.insert((time_move, composition_move))
            }
        };
        let moved = i64::from(info.composition_offset).saturating_add(composition_move);
        info.composition_offset = i32::try_from(moved).map_err(|_| WHAT)?;
        // One without a duration would share its decode time with the next, and a vector under `cenc`.
        info.duration = info.duration.max(1);
        let time = u64::try_from(time.saturating_add(time_move))
            .unwrap_or(0)
            .max(self.end);
        self.end = time.checked_add(u64::from(info.duration)).ok_or(WHAT)?;
        Ok(Some((info, time)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(shift: i64, is_audio: bool) -> Timing {
        Timing {
            shift,
            is_audio,
            moves: None,
            end: 0,
        }
    }

    fn placed(timing: &mut Timing, times: &[(u64, i32)]) -> Vec<(u64, i32)> {
        let samples = times.iter().filter_map(|(time, composition_offset)| {
            let info = SampleInfo {
                size: 1,
                duration: 10,
                composition_offset: *composition_offset,
                sync: true,
            };
            timing.place(info, *time).unwrap()
        });
        samples
            .map(|(info, time)| (time, info.composition_offset))
            .collect()
    }

    #[test]
    fn a_reordering_delay_moves_composition_and_not_decoding() {
        let found = placed(&mut timing(-20, false), &[(0, 20), (10, 50), (20, 0)]);
        assert_eq!(found, [(0, 0), (10, 30), (20, -20)]);
    }

    #[test]
    fn times_that_begin_late_begin_at_zero() {
        let found = placed(&mut timing(-1020, false), &[(1000, 20), (1010, 50)]);
        assert_eq!(found, [(0, 0), (10, 30)]);
    }

    #[test]
    fn a_lead_in_of_sound_is_left_out_to_the_whole_frame() {
        let found = placed(&mut timing(-24, true), &[(0, 0), (10, 0), (20, 0), (30, 0)]);
        assert_eq!(found, [(0, 0), (10, 0)]);
    }

    #[test]
    fn a_late_track_is_late() {
        assert_eq!(
            placed(&mut timing(7, true), &[(0, 0), (10, 0)]),
            [(7, 0), (17, 0)]
        );
    }

    #[test]
    fn times_never_go_back() {
        let found = placed(&mut timing(0, true), &[(0, 0), (0, 0), (40, 0), (30, 0)]);
        assert_eq!(found, [(0, 0), (10, 0), (40, 0), (50, 0)]);
    }
}
