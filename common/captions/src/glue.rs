//! Words that stay together: numbers, names.

use crate::{
    Word,
    marks::{bare, ends_sentence},
};

/// A pause that always ends a caption, and a number or a name with it, milliseconds.
pub(crate) const PAUSE_MS: u64 = 1_500;

const NUMBERS: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "billion",
    "hundert",
    "tausend",
    "millionen",
    "cent",
    "mille",
    "cien",
    "mil",
];

/// What a number counts, where it is written after it.
const UNITS: &[&str] = &[
    "%", "percent", "km", "m", "cm", "mm", "kg", "g", "mph", "km/h", "°c", "°f", "€", "euro",
    "euros", "dollars", "pounds",
];

/// Titles before a name.
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "sir", "lord", "lady", "herr", "frau", "m", "mme",
];

/// Words that have a capital only because a sentence begins with them, or always.
const NO_NAMES: &[&str] = &[
    "i", "i'm", "i'll", "i've", "i'd", "a", "an", "the", "in", "on", "at", "and", "but", "or",
    "so", "he", "she", "it", "we", "they", "you", "this", "that", "there", "if", "when", "then",
    "yes", "no", "what", "who", "how", "why", "where", "my", "your", "his", "her", "our", "their",
];

/// Words that stand together on a line.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) text: String,
    pub(crate) characters: usize,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
}

impl Group {
    fn of(word: &Word) -> Self {
        Self {
            characters: word.text.chars().count(),
            text: word.text.clone(),
            start_ms: word.start_ms,
            end_ms: word.end_ms,
        }
    }

    /// The group's first word.
    pub(crate) fn first(&self) -> &str {
        self.text.split(' ').next().unwrap_or_default()
    }

    /// The group's last word.
    pub(crate) fn last(&self) -> &str {
        self.text.rsplit(' ').next().unwrap_or_default()
    }
}

/// Puts words that belong together into groups of at most `columns` characters. No word is longer.
pub(crate) fn groups(words: &[Word], columns: usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let joined = at > 0 && {
            let before = &words[at - 1];
            word.start_ms <= before.end_ms + PAUSE_MS && stay_together(&before.text, &word.text)
        };
        let next = Group::of(word);
        match groups.last_mut() {
            Some(group) if joined && group.characters + 1 + next.characters <= columns => {
                group.text.push(' ');
                group.text.push_str(&next.text);
                group.characters += 1 + next.characters;
                group.end_ms = next.end_ms;
            }
            Some(_) | None => groups.push(next),
        }
    }
    groups
}

/// Whether two neighbours are parts of one number or name.
fn stay_together(before: &str, after: &str) -> bool {
    let (first, second) = (bare(before), bare(after));
    if TITLES.contains(&first.as_str()) && is_capital(before) && is_capital(after) {
        return true;
    }
    if ends_sentence(before) || before.ends_with([',', ';', ':', '–', '—']) {
        return false;
    }
    let counted = UNITS.contains(&second.as_str()) || UNITS.contains(&after);
    if is_number(before, &first) && (is_number(after, &second) || counted) {
        return true;
    }
    let name = |word: &str, bare: &String| is_capital(word) && !NO_NAMES.contains(&bare.as_str());
    name(before, &first) && name(after, &second)
}

fn is_number(word: &str, bare: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit()) || NUMBERS.contains(&bare)
}

fn is_capital(word: &str) -> bool {
    let first = word.chars().find(|c| c.is_alphanumeric());
    first.is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_stay_together() {
        for (before, after) in [
            ("1", "000"),
            ("twenty", "one"),
            ("Two", "hundred"),
            ("5", "km"),
            ("New", "York"),
            ("Dr.", "Who"),
        ] {
            assert!(stay_together(before, after), "{before} {after}");
        }
        for (before, after) in [
            ("one,", "two"),
            ("The", "Beatles"),
            ("Monday.", "Peter"),
            ("red", "bus"),
            ("and", "I"),
        ] {
            assert!(!stay_together(before, after), "{before} {after}");
        }
    }
}
