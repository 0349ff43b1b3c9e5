//! When captions are shown: long enough to be read, apart from each other, within the title.

use crate::{Cue, Rules};

/// How long after it is said a caption may appear, milliseconds.
const MOST_LATE_MS: u64 = 3_000;

/// How long before it is said a caption may appear, where the title ends soon, milliseconds.
const MOST_EARLY_MS: u64 = 2_000;

/// A caption before it has its time: from when to when its words are said.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) lines: Vec<String>,
}

impl Draft {
    fn reading_ms(&self, rules: &Rules) -> u64 {
        let characters: usize = self.lines.iter().map(|line| line.chars().count() + 1).sum();
        rules.reading_ms(characters.saturating_sub(1))
    }
}

/// Gives each caption its time; leaves out what can be shown in none.
pub(crate) fn schedule(drafts: Vec<Draft>, rules: &Rules, duration_ms: u64) -> Vec<Cue> {
    within(forward(drafts, rules), rules, duration_ms)
}

/// From the first to the last: a caption that needs longer than it is said pushes the next ones back.
fn forward(drafts: Vec<Draft>, rules: &Rules) -> Vec<(Draft, Cue)> {
    let mut placed = Vec::with_capacity(drafts.len());
    let mut free_ms = 0;
    let mut drafts = drafts.into_iter().peekable();
    while let Some(draft) = drafts.next() {
        let start_ms = draft.start_ms.max(free_ms);
        if start_ms - draft.start_ms > MOST_LATE_MS {
            continue;
        }
        let least_ms = start_ms + draft.reading_ms(rules);
        let mut end_ms = draft.end_ms.max(least_ms);
        if let Some(next) = drafts.peek() {
            // Rather on time for the next one than longer than needed.
            end_ms = end_ms.min(next.start_ms.saturating_sub(rules.gap_ms));
        }
        end_ms = end_ms.clamp(least_ms, start_ms + rules.max_ms);
        free_ms = end_ms + rules.gap_ms;
        let cue = Cue {
            start_ms,
            end_ms,
            lines: draft.lines.clone(),
        };
        placed.push((draft, cue));
    }
    placed
}

/// From the last to the first: what would reach beyond the end moves forward.
fn within(placed: Vec<(Draft, Cue)>, rules: &Rules, duration_ms: u64) -> Vec<Cue> {
    let mut cues = Vec::with_capacity(placed.len());
    let mut limit_ms = Some(duration_ms);
    for (draft, cue) in placed.into_iter().rev() {
        let end_ms = limit_ms.map(|limit| cue.end_ms.min(limit));
        let latest = end_ms.and_then(|end| end.checked_sub(draft.reading_ms(rules)));
        let (Some(end_ms), Some(latest)) = (end_ms, latest) else {
            continue;
        };
        let start_ms = cue.start_ms.min(latest);
        if start_ms + MOST_EARLY_MS < draft.start_ms {
            continue;
        }
        limit_ms = start_ms.checked_sub(rules.gap_ms);
        cues.push(Cue {
            start_ms,
            end_ms,
            ..cue
        });
    }
    cues.reverse();
    cues
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(start_ms: u64, end_ms: u64) -> Draft {
        Draft {
            start_ms,
            end_ms,
            lines: vec!["twenty characters ok".to_owned()],
        }
    }

    fn times(drafts: Vec<Draft>, duration_ms: u64) -> Vec<(u64, u64)> {
        let cues = schedule(drafts, &Rules::new(42, (25, 1)), duration_ms);
        cues.iter().map(|cue| (cue.start_ms, cue.end_ms)).collect()
    }

    #[test]
    fn a_caption_is_shown_while_it_is_said_but_long_enough_to_read() {
        assert_eq!(times(vec![draft(500, 3_000)], 9_000), [(500, 3_000)]);
        assert_eq!(times(vec![draft(500, 700)], 9_000), [(500, 1_500)]);
        assert_eq!(times(vec![draft(500, 9_700)], 9_999), [(500, 7_500)]);
    }

    #[test]
    fn who_speaks_too_fast_is_read_later() {
        let drafts = vec![draft(0, 400), draft(400, 800)];
        assert_eq!(times(drafts, 9_000), [(0, 1_000), (1_080, 2_080)]);
    }

    #[test]
    fn the_last_caption_ends_with_the_title() {
        assert_eq!(times(vec![draft(2_800, 3_000)], 3_000), [(2_000, 3_000)]);
        let drafts = vec![draft(1_500, 2_600), draft(2_800, 3_000)];
        assert_eq!(times(drafts, 3_000), [(920, 1_920), (2_000, 3_000)]);
        assert_eq!(times(vec![draft(100, 400)], 500), []);
    }
}
