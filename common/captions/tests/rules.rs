//! Every rule of the README, checked by a linter that knows nothing of how captions are made.

use proptest::prelude::*;
use reeldrop_captions::{Cue, Rules, Word, compose, subrip, webvtt};

/// What is wrong with captions of what was said; nothing for good ones.
fn lint(
    cues: &[Cue],
    said: &[Word],
    columns: usize,
    frame_ms: f64,
    duration_ms: u64,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |at: usize, what: String| wrong.push(format!("caption {at}: {what}"));
    for (at, cue) in cues.iter().enumerate() {
        let shown_ms = cue.end_ms as f64 - cue.start_ms as f64;
        let characters = cue.text().chars().count() as f64;
        if cue.lines.is_empty() || cue.lines.len() > 2 {
            say(at, format!("{} lines", cue.lines.len()));
        }
        for line in &cue.lines {
            let width = line.chars().count();
            if width == 0 || width > columns || line.trim() != line {
                say(at, format!("line of {width} characters: {line:?}"));
            }
        }
        if !(833.3..=7_000.0).contains(&shown_ms) {
            say(at, format!("shown for {shown_ms} ms"));
        }
        if characters * 1_000.0 / shown_ms > 20.0 {
            say(
                at,
                format!("{} characters a second", characters * 1_000.0 / shown_ms),
            );
        }
        if cue.end_ms > duration_ms {
            say(at, format!("ends at {} of {duration_ms} ms", cue.end_ms));
        }
        if let Some(next) = cues.get(at + 1)
            && (next.start_ms as f64) < cue.end_ms as f64 + 2.0 * frame_ms
        {
            say(
                at,
                format!("next one begins at {} after {}", next.start_ms, cue.end_ms),
            );
        }
    }
    let lines: Vec<&String> = cues.iter().flat_map(|cue| &cue.lines).collect();
    for (at, pair) in lines.windows(2).enumerate() {
        if let Some(torn) = torn(pair[0], pair[1], columns)
            && said_at_once(said, &torn)
        {
            wrong.push(format!("line {at}: {torn:?} is torn apart"));
        }
    }
    wrong
}

/// The number or name that goes over a line's end, where it would have fitted a line.
fn torn(line: &str, next: &str, columns: usize) -> Option<String> {
    let belongs = |word: &str, other: &str| {
        let digits = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        let name = |word: &str| word.starts_with(|c: char| c.is_uppercase()) && word.len() > 3;
        let open = word.ends_with(char::is_alphanumeric);
        open && (digits(word) && digits(other) || name(word) && name(other))
    };
    let (before, after): (Vec<&str>, Vec<&str>) =
        (line.split(' ').collect(), next.split(' ').collect());
    if !belongs(before.last()?, after.first()?) {
        return None;
    }
    let mut whole = vec![*before.last()?, *after.first()?];
    for word in before.iter().rev().skip(1) {
        match belongs(word, whole[0]) {
            true => whole.insert(0, word),
            false => break,
        }
    }
    for word in after.iter().skip(1) {
        match belongs(whole[whole.len() - 1], word) {
            true => whole.push(word),
            false => break,
        }
    }
    let whole = whole.join(" ");
    (whole.chars().count() <= columns).then_some(whole)
}

/// Whether the words were said one right after the other. Captions leave out what is said too
/// fast to be read, and then show words next to each other that nobody said so.
fn said_at_once(said: &[Word], whole: &str) -> bool {
    let words: Vec<(&str, &Word)> = said
        .iter()
        .flat_map(|word| word.text.split_whitespace().map(move |text| (text, word)))
        .collect();
    let whole: Vec<&str> = whole.split(' ').collect();
    words.windows(whole.len()).any(|run| {
        let pause = |pair: &[(&str, &Word)]| pair[1].1.start_ms > pair[0].1.end_ms + 1_500;
        run.iter().zip(&whole).all(|((text, _), part)| text == part) && !run.windows(2).any(pause)
    })
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{1,9}",
        1 => "[a-z]{2,6}[,.?!]",
        1 => prop_oneof![Just("and"), Just("but"), Just("because"), Just("the")].prop_map(str::to_owned),
        1 => "[A-Z][a-z]{3,7}",
        1 => "[0-9]{1,3}",
        1 => "[a-zäöü€🎬\u{0}-\u{1f} ]{0,60}",
    ]
}

/// Speech of any speed: words of 20 ms to 2 s, and pauses.
fn speech() -> impl Strategy<Value = Vec<Word>> {
    let timed = (
        word(),
        0_u64..2_000,
        prop_oneof![8 => 0_u64..120, 2 => 0_u64..6_000],
    );
    proptest::collection::vec(timed, 0..160).prop_map(|words| {
        let mut at = 0;
        let place = |(text, length, pause): (String, u64, u64)| {
            let start_ms = at + pause;
            at = start_ms + length / 4 + 20;
            Word {
                start_ms,
                end_ms: at,
                text,
                confidence: 0.5,
            }
        };
        words.into_iter().map(place).collect()
    })
}

proptest! {
    #[test]
    fn any_speech_becomes_captions_by_the_rules(
        words in speech(),
        columns in prop_oneof![Just(42_usize), Just(37)],
        rate in prop_oneof![Just((24_000_u32, 1_001_u32)), Just((25, 1)), Just((60, 1))],
        rest_ms in 0_u64..3_000,
    ) {
        let duration_ms = words.last().map_or(0, |word| word.end_ms) + rest_ms;
        let cues = compose(&words, &Rules::new(columns, rate), duration_ms);
        let frame_ms = 1_000.0 * f64::from(rate.1) / f64::from(rate.0);
        prop_assert_eq!(lint(&cues, &words, columns, frame_ms, duration_ms), Vec::<String>::new());
    }

    #[test]
    fn times_of_any_kind_do_no_harm(
        times in proptest::collection::vec((any::<u64>(), any::<u64>()), 0..40),
        duration_ms in 0_u64..100_000,
    ) {
        let words: Vec<Word> = times
            .into_iter()
            .map(|(start_ms, end_ms)| Word { start_ms, end_ms, text: "word".to_owned(), confidence: 0.0 })
            .collect();
        let cues = compose(&words, &Rules::new(42, (25, 1)), duration_ms);
        prop_assert_eq!(lint(&cues, &words, 42, 40.0, duration_ms), Vec::<String>::new());
    }

    #[test]
    fn slow_speech_keeps_every_word(texts in proptest::collection::vec("[a-z]{1,8}[.,]?", 1..80)) {
        let words: Vec<Word> = (0..)
            .zip(&texts)
            .map(|(at, text)| Word {
                start_ms: at * 600,
                end_ms: at * 600 + 500,
                text: text.clone(),
                confidence: 1.0,
            })
            .collect();
        let duration_ms = texts.len() as u64 * 600 + 2_000;
        let cues = compose(&words, &Rules::new(42, (25, 1)), duration_ms);
        let shown: Vec<String> = cues
            .iter()
            .flat_map(|cue| cue.lines.join(" ").split(' ').map(str::to_owned).collect::<Vec<_>>())
            .collect();
        prop_assert_eq!(shown, texts);
        // And both formats give back what was written.
        prop_assert_eq!(&webvtt::read(webvtt::write(&cues).as_bytes(), duration_ms).unwrap(), &cues);
        prop_assert_eq!(&subrip::read(subrip::write(&cues).as_bytes(), duration_ms).unwrap(), &cues);
    }

    #[test]
    fn any_bytes_are_read_without_panic(file in proptest::collection::vec(any::<u8>(), 0..2_000), text in ".{0,40} --> .{0,40}") {
        let _ = webvtt::read(&file, 60_000);
        let _ = subrip::read(text.as_bytes(), 60_000);
    }
}

#[test]
fn the_linter_finds_what_is_wrong() {
    let cue = |start_ms, end_ms, lines: &[&str]| Cue {
        start_ms,
        end_ms,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    };
    let long = "a".repeat(43);
    let said: Vec<Word> = "in James Stewart page 100 200 and"
        .split(' ')
        .map(|text| Word {
            start_ms: 0,
            end_ms: 100,
            text: text.to_owned(),
            confidence: 1.0,
        })
        .collect();
    for (cues, fault) in [
        (vec![cue(0, 1_000, &["a", "b", "c"])], "3 lines"),
        (vec![cue(0, 3_000, &[&long])], "43 characters"),
        (vec![cue(0, 800, &["a"])], "shown for"),
        (vec![cue(0, 7_001, &["a"])], "shown for"),
        (
            vec![cue(0, 1_000, &["twenty one characters"])],
            "characters a second",
        ),
        (
            vec![cue(0, 1_000, &["a"]), cue(1_079, 3_000, &["b"])],
            "next one begins",
        ),
        (vec![cue(9_000, 10_001, &["a"])], "ends at"),
        (vec![cue(0, 2_000, &["in James", "Stewart"])], "torn"),
        (
            vec![
                cue(0, 2_000, &["page 100"]),
                cue(3_000, 5_000, &["200 and"]),
            ],
            "torn",
        ),
    ] {
        let wrong = lint(&cues, &said, 42, 40.0, 10_000).join("; ");
        assert!(wrong.contains(fault), "{fault}: {wrong:?}");
    }
}
