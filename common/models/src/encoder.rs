//! The tensors of a pair of models that say what pictures and words mean, in one space where both can be
//! compared (CLIP: Radford and others, Learning Transferable Visual Models From Natural Language
//! Supervision, 2021).

use serde::{Deserialize, Serialize};

use crate::Channels;

/// What goes into a model for pictures, and comes out of it.
///
/// The input is `f32[1, 3, height, width]`: the middle of the picture, whose shorter side fills it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageEncoder {
    /// Name of the space: what is in the same one can be compared.
    pub space: String,
    /// How many numbers come out.
    pub dimension: usize,
    /// Width of the input in pixels.
    pub width: u32,
    /// Height of the input in pixels.
    pub height: u32,
    /// Which colour comes first.
    pub channels: Channels,
    /// What is taken from each channel's samples (0 to 255), in the order of the channels.
    pub mean: [f32; 3],
    /// What they are divided by then.
    pub deviation: [f32; 3],
    /// Name of the output, `f32[1, dimension]`.
    pub output: String,
}

/// How words become numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tokenizer {
    /// Byte pairs in lower case, between a start and an end, with the vocabulary of `OpenAI`'s CLIP.
    Clip,
}

/// What goes into a model for words, and comes out of it.
///
/// The input is `i64[1, tokens]`, the only one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEncoder {
    /// Name of the space: what is in the same one can be compared.
    pub space: String,
    /// How many numbers come out.
    pub dimension: usize,
    /// How words become numbers.
    pub tokenizer: Tokenizer,
    /// Most tokens that go in, start and end with them: what is longer is cut off.
    pub context: usize,
    /// Name of the output, `f32[1, dimension]`.
    pub output: String,
    /// Lowest cosine at which a picture counts as like words that a person types.
    pub alike: f64,
    /// What cosines are multiplied by before labels are weighed against each other (softmax).
    pub scale: f64,
    /// How a label is put, where `{}` stands for it.
    pub prompt: String,
    /// Words for what a whole picture may show.
    pub labels: Vec<String>,
    /// Lowest weight of a label that counts, 0 to 1: those of all labels together are 1.
    pub score: f64,
}
