#![doc = include_str!("../README.md")]

pub mod cea;
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
pub use parse::gather;
pub use rules::Rules;
