//! What the model writes although nobody said it.
//!
//! Models fill silence and music with what stood in their training data, and repeat themselves where
//! they are lost. Only speech reaches the model; what it makes of that is looked at once more here.

use crate::words::Token;

/// A line of the model's text.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) tokens: Vec<Token>,
    /// How likely the model thinks that nobody speaks, 0 to 1.
    pub(crate) no_speech: f32,
}

/// Below this mean logarithm of the tokens' probabilities a line is a guess, and below the other one
/// where the model believes that nobody speaks.
const GUESS: f32 = -1.3;
const GUESS_IN_SILENCE: f32 = -0.7;
const NO_SPEECH: f32 = 0.6;

/// Nobody speaks faster, characters a second.
const FASTEST: f32 = 45.0;

/// A line, or a phrase of up to so many words, that comes this often in a row is a loop.
const LOOPS: usize = 4;
const PHRASE: usize = 8;

impl Line {
    fn text(&self) -> String {
        let bytes: Vec<u8> = self
            .tokens
            .iter()
            .flat_map(|token| token.text.clone())
            .collect();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }

    fn mean_log(&self) -> f32 {
        let logs = self
            .tokens
            .iter()
            .map(|token| token.probability.max(1e-6).ln());
        logs.sum::<f32>() / self.tokens.len().max(1) as f32
    }

    fn seconds(&self) -> f32 {
        let start = self.tokens.iter().map(|token| token.said.start).min();
        let end = self.tokens.iter().map(|token| token.said.end).max();
        end.unwrap_or(0).saturating_sub(start.unwrap_or(0)) as f32 / 1_000.0
    }

    fn is_said(&self) -> bool {
        let text = self.text();
        let described =
            text.starts_with(['[', '(', '*', '♪']) && text.ends_with([']', ')', '*', '♪']);
        let guessed = self.mean_log() < GUESS
            || self.no_speech > NO_SPEECH && self.mean_log() < GUESS_IN_SILENCE;
        let characters = text.chars().count() as f32;
        let hurried = characters > 12.0 && characters > FASTEST * self.seconds().max(0.2);
        text.chars().any(char::is_alphanumeric) && !described && !guessed && !hurried
    }
}

/// Leaves out of a block's lines what nobody said.
pub(crate) fn said(lines: Vec<Line>) -> Vec<Token> {
    let lines: Vec<Line> = lines.into_iter().filter(Line::is_said).collect();
    let alike = |a: &Line, b: &Line| plain(&a.text()) == plain(&b.text());
    let mut tokens = Vec::new();
    for run in lines.chunk_by(alike) {
        let kept = if run.len() >= LOOPS { 1 } else { run.len() };
        tokens.extend(run[..kept].iter().flat_map(|line| line.tokens.clone()));
    }
    unloop(&tokens)
}

/// Keeps one of a phrase that is repeated again and again.
fn unloop(tokens: &[Token]) -> Vec<Token> {
    let words: Vec<&[Token]> = tokens
        .chunk_by(|_, next| next.text.first() != Some(&b' '))
        .collect();
    let texts: Vec<String> = words.iter().map(|word| word_text(word)).collect();
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < words.len() {
        let (length, repeats) = longest_loop(&texts[at..]);
        kept.extend(words[at..at + length].iter().flat_map(|word| word.to_vec()));
        at += length * repeats;
    }
    kept
}

/// How long the phrase that begins here is, and how often it comes in a row; one word and once where
/// that is no loop.
fn longest_loop(texts: &[String]) -> (usize, usize) {
    for length in 1..=PHRASE.min(texts.len() / LOOPS) {
        let phrases = texts.chunks_exact(length);
        let repeats = phrases
            .take_while(|phrase| *phrase == &texts[..length])
            .count();
        if repeats >= LOOPS {
            return (length, repeats);
        }
    }
    (1, 1)
}

fn word_text(word: &[Token]) -> String {
    let bytes: Vec<u8> = word.iter().flat_map(|token| token.text.clone()).collect();
    plain(&String::from_utf8_lossy(&bytes))
}

fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric() || *c == ' ');
    letters.collect::<String>().trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, probability: f32, no_speech: f32) -> Line {
        let words = text.split(' ').enumerate();
        Line {
            tokens: words
                .map(|(at, word)| Token {
                    text: format!(" {word}").into_bytes(),
                    said: at as u64 * 300..at as u64 * 300 + 250,
                    probability,
                })
                .collect(),
            no_speech,
        }
    }

    fn kept(lines: Vec<Line>) -> String {
        let bytes: Vec<u8> = said(lines)
            .into_iter()
            .flat_map(|token| token.text)
            .collect();
        String::from_utf8(bytes).unwrap().trim().to_owned()
    }

    #[test]
    fn what_is_said_is_kept() {
        let lines = vec![line("No. No. No.", 0.8, 0.1), line("I said no.", 0.6, 0.7)];
        assert_eq!(kept(lines), "No. No. No. I said no.");
    }

    #[test]
    fn guesses_descriptions_and_music_are_not() {
        for (text, probability, no_speech) in [
            ("Thank you.", 0.2, 0.1),
            ("Thank you.", 0.4, 0.9),
            ("[Music]", 0.9, 0.0),
            ("(applause and laughter)", 0.9, 0.0),
            ("♪ la la ♪", 0.9, 0.0),
            ("...", 0.9, 0.0),
        ] {
            assert_eq!(kept(vec![line(text, probability, no_speech)]), "", "{text}");
        }
        let mut hurried = line("Subtitles by a hundred people of the community", 0.9, 0.0);
        for token in &mut hurried.tokens {
            token.said = 0..300;
        }
        assert_eq!(kept(vec![hurried]), "");
    }

    #[test]
    fn loops_of_lines_and_of_phrases_are_said_once() {
        let again = line("See you later.", 0.9, 0.0);
        assert_eq!(kept(vec![again; 6]), "See you later.");
        let phrase = line("so we go and we go and we go and we go and stop", 0.9, 0.0);
        assert_eq!(kept(vec![phrase]), "so we go and stop");
    }
}
