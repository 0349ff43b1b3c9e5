//! The function against a real S3 endpoint: events in, fragments in the work bucket, events out.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod decoded;
mod endpoint;
mod failures;
mod made;
mod pictures;
mod planned;
mod sound;
mod video;
