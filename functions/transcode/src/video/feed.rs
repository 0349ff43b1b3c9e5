//! Decoded frames on their way through the gate.

use reeldrop_events::Timeline;
use reeldrop_media::{Frame, MediaError};

use super::{
    gate::{Gate, Offered, Pacing, Picture, Shown},
    opened::{Opened, tick_of},
};
use crate::{Error, patience::FRAME_PATIENCE};

/// Takes an output frame: the decoded frame that it shows, and when.
pub(crate) type Emit<'a> = dyn FnMut(&Frame, Shown) -> Result<(), Error> + 'a;

/// Decodes until the gate is full or the source ends, and gives every output frame to `emit`.
pub(crate) fn through(
    gate: Gate,
    timeline: &Timeline,
    opened: Opened,
    emit: &mut Emit<'_>,
) -> Result<Gate, Error> {
    let Opened { mut frames, first } = opened;
    let mut feed = Feed {
        timeline,
        gate,
        previous: None,
        emit,
    };
    let mut next = first;
    while let Some(frame) = next {
        feed.offer(frame)?;
        if feed.gate.is_full() {
            return Ok(feed.gate);
        }
        next = match frames.next(FRAME_PATIENCE) {
            Ok(next) => next,
            // What is damaged half-way ends there, as it does in a player.
            Err(MediaError::Damaged(reason)) => {
                tracing::warn!(%reason, "the video ends in damage");
                None
            }
            Err(error) => return Err(error.into()),
        };
    }
    let last = feed.gate.finish(feed.last_duration());
    feed.show(&last, None)?;
    Ok(feed.gate)
}

struct Feed<'a, 'e> {
    timeline: &'a Timeline,
    gate: Gate,
    previous: Option<Frame>,
    emit: &'a mut Emit<'e>,
}

impl Feed<'_, '_> {
    fn offer(&mut self, frame: Frame) -> Result<(), Error> {
        // Without a time a frame cannot be placed: the frames around it hold the picture.
        let Some(time_ns) = frame.time_ns else {
            return Ok(());
        };
        if let Offered::Shown(shown) = self.gate.offer(tick_of(self.timeline, time_ns)) {
            self.show(&shown, Some(&frame))?;
            self.previous = Some(frame);
        }
        Ok(())
    }

    fn show(&mut self, shown: &[Shown], current: Option<&Frame>) -> Result<(), Error> {
        for shown in shown {
            let frame = match shown.picture {
                Picture::Current => current,
                Picture::Previous => self.previous.as_ref(),
            };
            if let Some(frame) = frame {
                (self.emit)(frame, *shown)?;
            }
        }
        Ok(())
    }

    /// How long the source's last frame lasts, in ticks.
    fn last_duration(&self) -> u64 {
        let rate = self.timeline.frame_rate.ratio();
        let average =
            u64::from(self.timeline.timescale) * u64::from(rate.den) / u64::from(rate.num.max(1));
        let said = self
            .previous
            .as_ref()
            .and_then(|frame| frame.duration_ns)
            .map(|ns| {
                let ticks = u128::from(ns) * u128::from(self.timeline.timescale) / 1_000_000_000;
                u64::try_from(ticks).unwrap_or(average)
            });
        let said = said.filter(|ticks| *ticks > 0);
        match self.gate.pacing() {
            Pacing::Source => self.timeline.frame_ticks().or(said).unwrap_or(average),
            Pacing::Grid(step) => said.unwrap_or(step),
        }
    }
}
