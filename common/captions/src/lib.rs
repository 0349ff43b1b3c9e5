#![doc = include_str!("../README.md")]

mod compose;
mod cue;
mod error;
mod glue;
pub mod language;
mod lines;
mod marks;
mod parse;
mod rules;
mod schedule;
pub mod subrip;
pub mod webvtt;

pub use compose::compose;
pub use cue::{Cue, Word};
pub use error::CaptionError;
pub use rules::Rules;

/// Makes captions of texts with their times in milliseconds, such as a source's subtitle track has, and
/// keeps what lies within a title of `duration_ms`. Markup of SubRip, WebVTT and SubStation is taken out.
#[must_use]
pub fn gather(texts: impl IntoIterator<Item = (u64, u64, String)>, duration_ms: u64) -> Vec<Cue> {
    parse::gather(texts, duration_ms)
}
