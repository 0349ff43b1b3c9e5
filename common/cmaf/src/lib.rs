#![doc = include_str!("../README.md")]

pub mod boxes;
mod codec_string;
mod error;
pub mod fragment;
pub mod init;

pub use codec_string::{Codec, codec_string};
pub use error::CmafError;
