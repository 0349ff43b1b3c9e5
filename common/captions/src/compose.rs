//! Words into captions: where each begins and ends, chosen for the whole run of speech at once.

use crate::{
    Cue, Rules, Word,
    glue::{Group, PAUSE_MS, groups},
    lines::{Layout, layout, lines},
    marks::{Break, ends_sentence},
    rules::LINES,
    schedule::{Draft, schedule},
};

/// A pause inside a caption that is no hesitation, milliseconds.
const BREATH_MS: u64 = 500;

/// What a further caption costs: two good breaks are not worth a caption more.
const CUE_COST: u64 = 12;

/// Makes captions of words in time order. Nothing lies beyond `duration_ms`.
#[must_use]
pub fn compose(words: &[Word], rules: &Rules, duration_ms: u64) -> Vec<Cue> {
    let words = clean(words, rules.columns, duration_ms);
    let groups = groups(&words, rules.columns);
    let mut drafts = Vec::new();
    let pause = |before: &Group, after: &Group| after.start_ms <= before.end_ms + PAUSE_MS;
    for run in groups.chunk_by(pause) {
        drafts.extend(cut(run, rules));
    }
    schedule(drafts, rules, duration_ms)
}

/// Words in order and within the title, the empty ones left out, the endless ones divided.
fn clean(words: &[Word], columns: usize, duration_ms: u64) -> Vec<Word> {
    let mut cleaned: Vec<Word> = Vec::new();
    let mut from_ms = 0;
    for word in words {
        let start_ms = word.start_ms.clamp(from_ms, duration_ms.max(from_ms));
        let end_ms = word.end_ms.clamp(start_ms, duration_ms.max(start_ms));
        // Scripts without spaces: each piece has its share of the time.
        let pieces: Vec<Vec<char>> = word
            .text
            .split_whitespace()
            .flat_map(|text| {
                let letters: Vec<char> = text.chars().filter(|c| !c.is_control()).collect();
                letters
                    .chunks(columns)
                    .map(<[char]>::to_vec)
                    .collect::<Vec<_>>()
            })
            .collect();
        let letters = pieces.iter().map(Vec::len).sum::<usize>().max(1);
        let at_ms = |letter: usize| start_ms + (end_ms - start_ms) * letter as u64 / letters as u64;
        let mut said = 0;
        for piece in pieces {
            from_ms = at_ms(said);
            said += piece.len();
            cleaned.push(Word {
                text: piece.into_iter().collect(),
                start_ms: from_ms,
                end_ms: at_ms(said),
                confidence: word.confidence,
            });
        }
    }
    cleaned
}

/// The best captions that end after so many groups.
#[derive(Clone, Copy)]
struct Best {
    cost: u64,
    /// Where the last of them begins.
    from: usize,
    layout: Layout,
}

/// Cuts a run of speech into captions: the cheapest way of all.
fn cut(run: &[Group], rules: &Rules) -> Vec<Draft> {
    let mut best: Vec<Option<Best>> = vec![None; run.len() + 1];
    for end in 1..=run.len() {
        for from in (0..end).rev() {
            let Some(cost) = cost_before(&best, from) else {
                continue;
            };
            let Some(layout) = fit(run, from, end, rules) else {
                break;
            };
            let cost = cost + cost_of(run, from, end, rules) + layout.cost;
            if best[end].is_none_or(|known| cost < known.cost) {
                best[end] = Some(Best { cost, from, layout });
            }
        }
    }
    let mut drafts = Vec::new();
    let mut end = run.len();
    while let Some(Best { from, layout, .. }) = best[end] {
        drafts.push(draft(&run[from..end], layout));
        end = from;
    }
    drafts.reverse();
    drafts
}

fn cost_before(best: &[Option<Best>], from: usize) -> Option<u64> {
    match from {
        0 => Some(0),
        _ => best[from].map(|known| known.cost),
    }
}

/// How the groups are laid out, where they fit one caption. One group always does.
fn fit(run: &[Group], from: usize, end: usize, rules: &Rules) -> Option<Layout> {
    let groups = &run[from..end];
    let characters: usize = groups.iter().map(|group| group.characters + 1).sum();
    let spoken_ms = groups[groups.len() - 1].end_ms - groups[0].start_ms;
    let too_much = characters > LINES * (rules.columns + 1) || spoken_ms > rules.max_ms;
    if groups.len() > 1 && too_much {
        return None;
    }
    layout(groups, rules.columns)
}

/// What is wrong with a caption of these groups, but for its lines.
fn cost_of(run: &[Group], from: usize, end: usize, rules: &Rules) -> u64 {
    let groups = &run[from..end];
    let (first, last) = (&groups[0], &groups[groups.len() - 1]);
    let mut cost = CUE_COST;
    if let Some(next) = run.get(end) {
        cost += 2 * Break::between(last.last(), next.first()).cost();
        // Less time than reading takes, in tenths of a second.
        let characters: usize = groups.iter().map(|group| group.characters + 1).sum();
        let there_ms = (next.start_ms - first.start_ms).saturating_sub(rules.gap_ms);
        cost += rules.reading_ms(characters).saturating_sub(there_ms) / 100;
    }
    for pair in groups.windows(2) {
        let pause_ms = pair[1].start_ms.saturating_sub(pair[0].end_ms);
        cost += pause_ms.saturating_sub(BREATH_MS) / 50;
        cost += 6 * u64::from(ends_sentence(pair[0].last()));
    }
    cost
}

fn draft(groups: &[Group], layout: Layout) -> Draft {
    Draft {
        start_ms: groups[0].start_ms,
        end_ms: groups[groups.len() - 1].end_ms,
        lines: lines(groups, layout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(text: &str, word_ms: u64) -> Vec<Word> {
        let words = text.split(' ').enumerate();
        words
            .map(|(at, text)| Word {
                start_ms: 1_000 + at as u64 * word_ms,
                end_ms: 1_000 + (at as u64 + 1) * word_ms - 50,
                text: text.to_owned(),
                confidence: 1.0,
            })
            .collect()
    }

    fn texts(text: &str, word_ms: u64) -> Vec<String> {
        let words = spoken(text, word_ms);
        let cues = compose(&words, &Rules::new(42, (25, 1)), 600_000);
        cues.iter().map(Cue::text).collect()
    }

    #[test]
    fn a_short_sentence_is_one_line() {
        assert_eq!(texts("Welcome to the show.", 300), ["Welcome to the show."]);
    }

    #[test]
    fn a_long_sentence_breaks_at_its_comma() {
        let text = "When the rain stopped in the evening, everyone walked down to the river.";
        assert_eq!(
            texts(text, 350),
            ["When the rain stopped in the evening,\neveryone walked down to the river."]
        );
    }

    #[test]
    fn a_name_and_a_number_are_not_torn() {
        let text = "She moved with all her things to New York City and counted two hundred and \
                    twenty one boxes in the hall of the house that day.";
        let lines: Vec<String> = texts(text, 350)
            .iter()
            .flat_map(|cue| cue.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        for whole in ["New York City", "two hundred", "twenty one"] {
            assert!(lines.iter().any(|line| line.contains(whole)), "{lines:?}");
        }
    }

    #[test]
    fn a_pause_ends_a_caption() {
        let mut words = spoken("Hello there. Goodbye now.", 400);
        for word in &mut words[2..] {
            word.start_ms += 4_000;
            word.end_ms += 4_000;
        }
        let cues = compose(&words, &Rules::new(42, (25, 1)), 60_000);
        assert_eq!(cues.len(), 2);
        assert_eq!((cues[0].start_ms, cues[1].start_ms), (1_000, 5_800));
        assert!(cues[0].end_ms <= 2_300, "{cues:?}");
    }

    #[test]
    fn a_number_does_not_go_on_after_a_pause() {
        let mut words = spoken("ninety nine", 400);
        words[1].start_ms += 3_000;
        words[1].end_ms += 3_000;
        let cues = compose(&words, &Rules::new(42, (25, 1)), 60_000);
        let starts: Vec<u64> = cues.iter().map(|cue| cue.start_ms).collect();
        assert_eq!(starts, [1_000, 4_400]);
    }

    #[test]
    fn what_is_written_without_spaces_is_shown_while_it_is_said() {
        let words = [Word {
            start_ms: 0,
            end_ms: 24_000,
            text: "あ".repeat(160),
            confidence: 1.0,
        }];
        let cues = compose(&words, &Rules::new(42, (25, 1)), 60_000);
        let shown: usize = cues
            .iter()
            .map(|cue| cue.lines.concat().chars().count())
            .sum();
        assert_eq!(shown, 160, "{cues:?}");
        assert!(cues.last().unwrap().start_ms >= 10_000, "{cues:?}");
    }

    #[test]
    fn a_word_that_is_longer_than_a_line_is_divided() {
        let cues = compose(
            &spoken(&"x".repeat(100), 900),
            &Rules::new(37, (25, 1)),
            60_000,
        );
        let shown: usize = cues
            .iter()
            .flat_map(|cue| &cue.lines)
            .map(String::len)
            .sum();
        assert_eq!(shown, 100);
    }
}
