//! What frame headers take from the frames before them (7.20, 7.21).

use super::quantizer::Segmentation;
use super::sequence::Sequence;
use crate::CmafError;

/// Reference slots.
pub(super) const NUM_REF_FRAMES: usize = 8;
/// References of one frame: LAST to ALTREF.
pub(super) const REFS_PER_FRAME: usize = 7;

/// What is kept of a decoded frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reference {
    pub(super) upscaled_width: u32,
    pub(super) frame_height: u32,
    pub(super) order_hint: u32,
    pub(super) is_key_frame: bool,
    pub(super) segmentation: Segmentation,
}

/// The slots.
#[derive(Clone, Debug, Default)]
pub(super) struct References([Reference; NUM_REF_FRAMES]);

impl References {
    pub(super) fn get(&self, index: u32) -> Reference {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.0.get(index).copied().unwrap_or_default()
    }

    /// Overrides an order hint, as error-resilient frames may.
    pub(super) fn set_order_hint(&mut self, index: usize, hint: u32) {
        if let Some(slot) = self.0.get_mut(index) {
            slot.order_hint = hint;
        }
    }

    /// Puts `frame` into the slots that bits of `refresh` name.
    pub(super) fn update(&mut self, refresh: u32, frame: &Reference) {
        for (index, slot) in self.0.iter_mut().enumerate() {
            if refresh >> index & 1 == 1 {
                *slot = *frame;
            }
        }
    }

    /// A frame is shown that was decoded before.
    pub(super) fn show_existing(&mut self, index: u32) {
        let frame = self.get(index);
        if frame.is_key_frame {
            self.update(0xff, &frame);
        }
    }

    /// set_frame_refs() of 7.8: the references of a frame that names but two of them.
    pub(super) fn infer(
        &self,
        sequence: &Sequence,
        order_hint: u32,
        last: u32,
        gold: u32,
    ) -> Result<[u32; REFS_PER_FRAME], CmafError> {
        let mut inference = Inference::new(self, sequence, order_hint);
        inference.take(0, Some(usize::try_from(last).unwrap_or_default()));
        inference.take(3, Some(usize::try_from(gold).unwrap_or_default()));
        inference.take(
            6,
            inference.best(|hint| hint >= 0, |hint, best| hint >= best),
        );
        inference.take(
            4,
            inference.best(|hint| hint >= 0, |hint, best| hint < best),
        );
        inference.take(
            5,
            inference.best(|hint| hint >= 0, |hint, best| hint < best),
        );
        // LAST2, LAST3, BWDREF, ALTREF2, ALTREF.
        for reference in [1, 2, 4, 5, 6] {
            if inference.chosen[reference].is_none() {
                let latest = inference.best(|hint| hint < 0, |hint, best| hint >= best);
                inference.take(reference, latest);
            }
        }
        let earliest = inference.earliest();
        let index = |slot: Option<usize>| u32::try_from(slot.unwrap_or(earliest)).unwrap_or(0);
        Ok(inference.chosen.map(index))
    }
}

/// The state of set_frame_refs().
struct Inference {
    /// How far each slot is after the frame.
    distances: [i64; NUM_REF_FRAMES],
    used: [bool; NUM_REF_FRAMES],
    chosen: [Option<usize>; REFS_PER_FRAME],
}

impl Inference {
    fn new(references: &References, sequence: &Sequence, order_hint: u32) -> Self {
        let distance = |slot: Reference| sequence.distance(slot.order_hint, order_hint);
        Self {
            distances: references.0.map(distance),
            used: [false; NUM_REF_FRAMES],
            chosen: [None; REFS_PER_FRAME],
        }
    }

    fn take(&mut self, reference: usize, slot: Option<usize>) {
        let Some(slot) = slot else { return };
        if let (Some(chosen), Some(used)) =
            (self.chosen.get_mut(reference), self.used.get_mut(slot))
        {
            *chosen = Some(slot);
            *used = true;
        }
    }

    fn best(&self, fits: fn(i64) -> bool, better: fn(i64, i64) -> bool) -> Option<usize> {
        let mut found: Option<(usize, i64)> = None;
        for (slot, (distance, used)) in self.distances.iter().zip(self.used).enumerate() {
            let beats = found.is_none_or(|(_, best)| better(*distance, best));
            if !used && fits(*distance) && beats {
                found = Some((slot, *distance));
            }
        }
        found.map(|(slot, _)| slot)
    }

    fn earliest(&self) -> usize {
        let slots = self.distances.iter().enumerate();
        slots
            .min_by_key(|(_, distance)| **distance)
            .map_or(0, |(slot, _)| slot)
    }
}
