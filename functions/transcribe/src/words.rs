//! Words, put together from what the model writes, and placed where somebody speaks.

use std::ops::Range;

use reeldrop_captions::Word;

/// A token of the model's text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// Its text, perhaps not whole characters.
    pub(crate) text: Vec<u8>,
    /// From when to when it is said, milliseconds in the block.
    pub(crate) said: Range<u64>,
    /// How sure the model is, 0 to 1.
    pub(crate) probability: f32,
}

/// Puts tokens together to words: one begins where a token begins with a space, or, in scripts that
/// have none, after a mark that ends a sentence or a clause.
pub(crate) fn join(tokens: &[Token]) -> Vec<Word> {
    let begins = |token: &Token| token.text.first() == Some(&b' ');
    let ends = |token: &Token| {
        let text = str::from_utf8(&token.text).unwrap_or_default();
        text.ends_with(['。', '！', '？', '、', '，', '；'])
    };
    let runs = tokens.chunk_by(|token, next| !begins(next) && !ends(token));
    runs.filter_map(|run| {
        let bytes: Vec<u8> = run.iter().flat_map(|token| token.text.clone()).collect();
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        let sum: f32 = run.iter().map(|token| token.probability).sum();
        (!text.is_empty()).then(|| Word {
            start_ms: run.iter().map(|token| token.said.start).min().unwrap_or(0),
            end_ms: run.iter().map(|token| token.said.end).max().unwrap_or(0),
            text,
            confidence: (sum / run.len() as f32).clamp(0.0, 1.0),
        })
    })
    .collect()
}

/// So little is left of a stretch of speech that no sentence begins there, milliseconds.
const TAIL_MS: u64 = 300;

/// The model lets a sentence begin where the one before has ended: it begins where it is spoken.
fn begin(sentence: &mut [Word], speech_ms: &[Range<u64>]) {
    let (Some(first), Some(last)) = (sentence.first(), sentence.last()) else {
        return;
    };
    let (start_ms, end_ms) = (first.start_ms, last.end_ms);
    let spoken = speech_ms.iter().find(|span| span.end > start_ms + TAIL_MS);
    let begins_ms = spoken.map_or(start_ms, |span| span.start);
    if (start_ms..end_ms).contains(&begins_ms) {
        for word in sentence {
            word.start_ms = word.start_ms.max(begins_ms);
            word.end_ms = word.end_ms.max(word.start_ms);
        }
    }
}

/// Moves words into the speech that they lie in, or next to, and keeps them in order.
pub(crate) fn snap(words: &mut [Word], speech_ms: &[Range<u64>]) {
    let goes_on = |word: &Word, _: &Word| !word.text.ends_with(['.', '?', '!', '…']);
    for sentence in words.chunk_by_mut(goes_on) {
        begin(sentence, speech_ms);
    }
    let mut from_ms = 0;
    for word in words {
        let said = word.start_ms..word.end_ms.max(word.start_ms);
        let near = |span: &&Range<u64>| {
            let common = said
                .end
                .min(span.end)
                .saturating_sub(said.start.max(span.start));
            let away = span.start.saturating_sub(said.end) + said.start.saturating_sub(span.end);
            (common, u64::MAX - away)
        };
        if let Some(span) = speech_ms.iter().max_by_key(near) {
            word.start_ms = said.start.clamp(span.start, span.end);
            word.end_ms = said.end.clamp(word.start_ms, span.end);
        }
        word.start_ms = word.start_ms.max(from_ms);
        word.end_ms = word.end_ms.max(word.start_ms);
        from_ms = word.start_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &[u8], said: Range<u64>) -> Token {
        Token {
            text: text.to_vec(),
            said,
            probability: 0.5,
        }
    }

    #[test]
    fn tokens_become_words_also_where_a_character_is_divided() {
        let tokens = [
            token(b" Gr", 0..100),
            token(b"\xc3", 100..120),
            token(b"\xbc\xc3\x9fe", 120..300),
            token(b",", 300..310),
            token(b" ", 310..311),
            token(b" du", 400..500),
        ];
        let words = join(&tokens);
        let texts: Vec<_> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["Grüße,", "du"]);
        assert_eq!((words[0].start_ms, words[0].end_ms), (0, 310));
    }

    #[test]
    fn a_sentence_begins_where_it_is_spoken() {
        let word = |text: &str, start_ms, end_ms| Word {
            start_ms,
            end_ms,
            text: text.to_owned(),
            confidence: 1.0,
        };
        let mut words = [
            word("Stop.", 200, 1_900),
            word("The", 1_900, 2_300),
            word("clip", 2_300, 3_900),
            word("ends.", 3_900, 4_600),
        ];
        snap(&mut words, &[100..2_000, 3_500..4_800]);
        let starts: Vec<_> = words.iter().map(|word| word.start_ms).collect();
        assert_eq!(starts, [200, 3_500, 3_500, 3_900]);
    }

    #[test]
    fn a_word_in_silence_goes_to_where_somebody_speaks() {
        let word = |start_ms, end_ms| Word {
            start_ms,
            end_ms,
            text: "word".to_owned(),
            confidence: 1.0,
        };
        let mut words = [
            word(0, 700),
            word(900, 2_500),
            word(2_400, 2_300),
            word(9_000, 9_100),
        ];
        snap(&mut words, &[500..1_000, 2_000..3_000]);
        let times: Vec<_> = words
            .iter()
            .map(|word| (word.start_ms, word.end_ms))
            .collect();
        assert_eq!(
            times,
            [(500, 700), (2_000, 2_500), (2_400, 2_400), (3_000, 3_000)]
        );
    }
}
