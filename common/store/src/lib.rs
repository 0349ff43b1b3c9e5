#![doc = include_str!("../README.md")]

mod backend;
mod error;
#[cfg(feature = "google")]
mod google;
mod key;
mod location;
mod reader;
mod s3;
mod settings;
mod signed;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod uploads;
mod window;

pub use error::StoreError;
pub use key::{Bucket, Key};
pub use location::{Location, ObjectInfo};
pub use reader::RangeReader;
pub use settings::{AccessKey, Provider, Settings};
pub use signed::SignedRequest;
pub use store::Store;
