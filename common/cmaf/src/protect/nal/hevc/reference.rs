//! Short-term reference picture sets (7.3.7, 7.4.8).

use super::super::rbsp::Rbsp;
use crate::CmafError;

/// The most pictures of a set (A.4.2: MaxDpbSize).
const MAX_PICTURES: usize = 16;

/// One candidate reference: its distance in output order, and whether this picture uses it.
#[derive(Clone, Copy)]
struct Picture {
    delta: i64,
    used: bool,
}

/// A short-term reference picture set: nearest pictures first, on either side.
#[derive(Clone, Default)]
pub(super) struct ReferenceSet {
    before: Vec<Picture>,
    after: Vec<Picture>,
}

impl ReferenceSet {
    /// Reads set number `index`; `earlier` are those of the sequence parameter set before it.
    ///
    /// In a slice header `index` is the number of the sequence parameter set's own sets.
    pub(super) fn read(
        bits: &mut Rbsp<'_>,
        index: usize,
        earlier: &[Self],
        in_slice: bool,
    ) -> Result<Self, CmafError> {
        let set = if index != 0 && bits.bit()? {
            Self::read_predicted(bits, index, earlier, in_slice)?
        } else {
            Self::read_listed(bits)?
        };
        if set.before.len() + set.after.len() > MAX_PICTURES {
            return Err(CmafError::Invalid("HEVC reference picture set"));
        }
        Ok(set)
    }

    /// Pictures that the current one refers to: its part of NumPicTotalCurr (7-55).
    pub(super) fn used(&self) -> u32 {
        let used = self
            .before
            .iter()
            .chain(&self.after)
            .filter(|picture| picture.used)
            .count();
        u32::try_from(used).unwrap_or(u32::MAX)
    }

    fn read_listed(bits: &mut Rbsp<'_>) -> Result<Self, CmafError> {
        let most = u32::try_from(MAX_PICTURES).unwrap_or(0);
        let before_count = bits.ue_up_to(most)?;
        let after_count = bits.ue_up_to(most)?;
        let before = read_side(bits, before_count, -1)?;
        let after = read_side(bits, after_count, 1)?;
        Ok(Self { before, after })
    }

    // (7-59) to (7-62).
    fn read_predicted(
        bits: &mut Rbsp<'_>,
        index: usize,
        earlier: &[Self],
        in_slice: bool,
    ) -> Result<Self, CmafError> {
        let back = if in_slice { bits.ue_up_to(63)? + 1 } else { 1 };
        let reference = usize::try_from(back)
            .ok()
            .and_then(|back| index.checked_sub(back))
            .and_then(|reference| earlier.get(reference))
            .ok_or(CmafError::Invalid("HEVC reference picture set"))?;
        let negative = bits.bit()?;
        let size = i64::from(bits.ue_up_to(0x7fff)?) + 1;
        let shift = if negative { -size } else { size };
        let count = reference.before.len() + reference.after.len();
        let mut kept = Vec::with_capacity(count + 1);
        for _ in 0..=count {
            let used = bits.bit()?;
            let keep = used || bits.bit()?;
            kept.push((used, keep));
        }
        Ok(reference.shifted(shift, &kept))
    }

    /// `kept` has an entry for each picture before, each after, and for the reference itself.
    fn shifted(&self, shift: i64, kept: &[(bool, bool)]) -> Self {
        let (of_before, rest) = kept
            .split_at_checked(self.before.len())
            .unwrap_or((kept, &[]));
        let (of_after, of_itself) = rest
            .split_at_checked(self.after.len())
            .unwrap_or((rest, &[]));
        let itself = [Picture {
            delta: 0,
            used: false,
        }];
        let candidates = |pictures: &[Picture], kept: &[(bool, bool)]| -> Vec<Picture> {
            let pairs = pictures.iter().zip(kept).filter(|(_, (_, keep))| *keep);
            pairs
                .map(|(p, (used, _))| Picture {
                    delta: p.delta + shift,
                    used: *used,
                })
                .collect()
        };
        let before = candidates(&self.before, of_before);
        let itself = candidates(&itself, of_itself);
        let after = candidates(&self.after, of_after);
        // Nearest first: the farther side turns round as it crosses the current picture.
        let earlier = after.iter().rev().chain(&itself).chain(&before);
        let later = before.iter().rev().chain(&itself).chain(&after);
        Self {
            before: earlier
                .filter(|picture| picture.delta < 0)
                .copied()
                .collect(),
            after: later.filter(|picture| picture.delta > 0).copied().collect(),
        }
    }
}

fn read_side(bits: &mut Rbsp<'_>, count: u32, sign: i64) -> Result<Vec<Picture>, CmafError> {
    let mut delta = 0;
    let mut pictures = Vec::new();
    for _ in 0..count {
        delta += sign * (i64::from(bits.ue_up_to(0x7fff)?) + 1);
        pictures.push(Picture {
            delta,
            used: bits.bit()?,
        });
    }
    Ok(pictures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(before: &[i64], after: &[i64]) -> ReferenceSet {
        let side = |deltas: &[i64]| {
            deltas
                .iter()
                .map(|delta| Picture {
                    delta: *delta,
                    used: true,
                })
                .collect()
        };
        ReferenceSet {
            before: side(before),
            after: side(after),
        }
    }

    fn deltas(pictures: &[Picture]) -> Vec<i64> {
        pictures.iter().map(|picture| picture.delta).collect()
    }

    #[test]
    fn a_predicted_set_is_the_reference_seen_from_another_picture() {
        // Pictures -8, -4 and +4 seen from one 2 later: -10, -6, +2, and the reference itself at -2.
        let shifted = set(&[-4, -8], &[4]).shifted(-2, &[(true, true); 4]);
        assert_eq!(deltas(&shifted.before), [-2, -6, -10]);
        assert_eq!(deltas(&shifted.after), [2]);
        assert_eq!(shifted.used(), 4);
    }

    #[test]
    fn pictures_can_be_dropped_or_kept_unused() {
        let kept = [(true, true), (false, false), (false, true), (true, true)];
        let shifted = set(&[-4, -8], &[4]).shifted(4, &kept);
        assert!(deltas(&shifted.before).is_empty());
        assert_eq!(deltas(&shifted.after), [4, 8]);
        assert_eq!(shifted.used(), 1);
    }
}
