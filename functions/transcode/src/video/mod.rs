//! Chunks of video: decoded once, encoded in every rendition.

mod av1_config;
mod chunk;
mod collected;
mod element;
mod encoding;
mod feed;
mod gate;
mod opened;
mod picture;
mod pipeline;
mod segments;

#[cfg(test)]
mod partition;
#[cfg(test)]
mod repeatable;

pub(crate) use chunk::transcode;
pub(crate) use element::encoder;
