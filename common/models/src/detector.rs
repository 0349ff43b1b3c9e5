//! The tensors of a model that finds things on pictures: what is put in, and how to read what comes out.

use serde::{Deserialize, Serialize};

/// Which colour comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How a picture of another shape fills the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// In proportion, in the upper left corner.
    Corner,
    /// In proportion, in the middle.
    Centre,
    /// Pulled to the input's shape.
    Stretch,
}

/// What the outputs mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// One output, `[n, anchors, 5 + labels]`: centre and logarithm of the size on grids of 8, 16 and
    /// 32 pixels, then the scores of there being something, and of each label.
    Yolox,
    /// For each grid an output `[n, anchors, labels]` of scores and one `[n, anchors, 4 * bins]` of
    /// how likely each distance from the cell's centre to an edge is.
    NanoDet,
    /// `[n, anchors, 1 + labels]` scores, the first that of nothing, and `[n, anchors, 4]` corners, the
    /// input's width and height being 1.
    UltraFace,
}

/// What goes into a detector and comes out of it.
///
/// The input is `f32[n, 3, height, width]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Width of the input in pixels.
    pub width: u32,
    /// Height of the input in pixels.
    pub height: u32,
    /// Which colour comes first.
    pub channels: Channels,
    /// How pictures of another shape fill the input.
    pub fit: Fit,
    /// What is beside the picture, 0 to 255 in every channel.
    pub fill: u8,
    /// What is taken from each channel's samples (0 to 255), in the order of the channels.
    pub mean: [f32; 3],
    /// What they are divided by then.
    pub deviation: [f32; 3],
    /// What the outputs mean.
    pub head: Head,
    /// Words for what it finds, in the order of its scores.
    pub labels: Vec<String>,
    /// Lowest score that counts, 0 to 1.
    pub score: f32,
    /// Of two boxes of one label the worse is dropped where they share more than this of their union.
    pub overlap: f32,
}
