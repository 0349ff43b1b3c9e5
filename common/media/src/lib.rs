#![doc = include_str!("../README.md")]

mod closed;
mod decoding;
mod demuxed;
mod error;
mod finding;
mod frames;
mod gate;
pub mod mp4;
mod packet;
mod plugins;
mod profile;
mod quirks;
mod range_src;
mod read_at;
mod still;
mod stream;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
mod watch;

pub use closed::{carries_captions, closed_captions, packet_time_ns};
pub use decoding::{Decoding, Ended};
pub use demuxed::Demuxed;
pub use error::MediaError;
pub use frames::{Frame, Frames, pad_stream_time_ns, stream_time_ns};
pub use packet::{is_disposable, is_random_access};
pub use plugins::init;
pub use profile::{
    AudioProfile, Limits, Profile, ProfileError, RungProfile, SegmentProfile, VideoProfile,
};
pub use range_src::RangeSrc;
pub use read_at::{LocalFile, ReadAt};
pub use still::still;
pub use stream::{Stream, StreamKind, Track};
