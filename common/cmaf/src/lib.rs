#![doc = include_str!("../README.md")]

pub mod boxes;
mod codec_string;
pub mod cpix;
pub mod dash;
mod error;
pub mod fragment;
pub mod head;
pub mod hls;
pub mod init;
mod key_frames;
pub mod moof;
pub mod movie;
pub mod presentation;
pub mod protect;

pub use codec_string::{Codec, codec_string};
pub use error::CmafError;
pub use key_frames::key_frames;
