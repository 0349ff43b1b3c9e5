//! Where a text may be broken, and how well.

/// Words that begin a clause.
const CONJUNCTIONS: &[&str] = &[
    "and", "but", "or", "nor", "so", "yet", "because", "although", "though", "while", "when",
    "where", "which", "who", "that", "if", "unless", "until", "since", "after", "before", "as",
    "than", "und", "oder", "aber", "denn", "weil", "dass", "wenn", "als", "ob", "sondern", "et",
    "ou", "mais", "car", "donc", "que", "qui", "quand", "si", "y", "o", "pero", "porque", "cuando",
    "e", "ma", "perché", "quando", "mas", "en", "of", "maar", "omdat",
];

/// Words that begin a phrase of place, time or manner.
const PREPOSITIONS: &[&str] = &[
    "in", "on", "at", "by", "for", "from", "with", "without", "into", "over", "under", "through",
    "across", "between", "about", "to", "auf", "mit", "von", "für", "durch", "über", "unter",
    "bei", "nach", "aus", "dans", "sur", "avec", "pour", "sans", "con", "para", "por", "sin",
    "per", "met",
];

/// Words that belong to the one after them.
const LEADING: &[&str] = &[
    "a", "an", "the", "my", "your", "his", "her", "its", "our", "their", "this", "these", "those",
    "not", "no", "very", "der", "die", "das", "ein", "eine", "den", "dem", "le", "la", "les", "un",
    "une", "des", "el", "los", "las", "una", "il", "lo", "gli", "het", "de",
];

/// How well a text ends a line: the lower, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Break {
    Sentence,
    Clause,
    Conjunction,
    Preposition,
    Anywhere,
    AfterLeading,
}

impl Break {
    /// How well a line may end after `before` and begin with `after`.
    pub(crate) fn between(before: &str, after: &str) -> Self {
        if ends_sentence(before) {
            return Self::Sentence;
        }
        if ends_clause(before) {
            return Self::Clause;
        }
        let (before, after) = (bare(before), bare(after));
        let is = |list: &[&str], word: &str| list.contains(&word);
        match () {
            // "and the" is broken before the conjunction, not after it.
            () if is(LEADING, &before)
                || is(CONJUNCTIONS, &before)
                || is(PREPOSITIONS, &before) =>
            {
                Self::AfterLeading
            }
            () if is(CONJUNCTIONS, &after) => Self::Conjunction,
            () if is(PREPOSITIONS, &after) => Self::Preposition,
            () => Self::Anywhere,
        }
    }

    /// What breaking there costs.
    pub(crate) fn cost(self) -> u64 {
        match self {
            Self::Sentence => 0,
            Self::Clause => 2,
            Self::Conjunction => 5,
            Self::Preposition => 8,
            Self::Anywhere => 14,
            Self::AfterLeading => 24,
        }
    }
}

/// Whether a sentence ends with this word.
pub(crate) fn ends_sentence(word: &str) -> bool {
    let word = word.trim_end_matches(['"', '\'', ')', ']', '»', '”', '’']);
    word.ends_with(['.', '!', '?', '…', '。', '！', '？'])
}

/// Whether a clause ends with this word.
fn ends_clause(word: &str) -> bool {
    word.ends_with([',', ';', ':', '–', '—', '-', '、', '，'])
}

/// The word without its punctuation, in lower case.
pub(crate) fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_is_better_than_a_conjunction_and_that_is_better_than_nothing() {
        let breaks = [
            Break::between("over.", "Then"),
            Break::between("milk,", "bread"),
            Break::between("bread", "and"),
            Break::between("went", "into"),
            Break::between("red", "bus"),
            Break::between("the", "bus"),
        ];
        assert!(breaks.is_sorted() && breaks[0] != breaks[5]);
        assert!(breaks.is_sorted_by_key(|found| found.cost()));
    }
}
