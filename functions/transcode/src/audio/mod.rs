//! Parts of sound: decoded with a lead-in, put on one grid of samples, encoded without seams.

mod blocks;
mod encoding;
mod grid;
mod level;
mod part;

pub(crate) use part::transcode;
