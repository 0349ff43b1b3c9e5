#![doc = include_str!("../README.md")]

mod config;
mod error;
mod key;
mod location;
mod multipart;
mod object;
mod reader;
mod sign;
#[cfg(feature = "testing")]
pub mod testing;
mod window;

pub use config::{AccessKey, Settings};
pub use error::StoreError;
pub use key::{Bucket, Key};
pub use location::{Location, ObjectInfo};
pub use object::Store;
pub use reader::RangeReader;
pub use sign::SignedRequest;
