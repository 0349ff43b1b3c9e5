#![doc = include_str!("../README.md")]

pub mod boxes;
mod codec_string;
pub mod dash;
mod error;
pub mod fragment;
pub mod head;
pub mod hls;
pub mod init;
pub mod moof;
pub mod movie;
pub mod presentation;
pub mod protect;

pub use codec_string::{Codec, codec_string};
pub use error::CmafError;
