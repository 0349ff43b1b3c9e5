//! Buckets for tests, in the test's own process: [`TestBuckets`] behind a real S3 endpoint over a
//! folder, and with the feature `testing-google` one behind a fake of Google Cloud Storage in memory.
//!
//! Each has three empty buckets and an address on a free loopback port of its own, so that tests run
//! side by side. The endpoint ends with the tokio runtime that started it.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[cfg(feature = "testing-google")]
mod google;
mod s3;

#[cfg(feature = "testing-google")]
pub use google::{Fault, GoogleBuckets};
pub use s3::TestBuckets;

use crate::{Bucket, Provider, Settings};

fn name(bucket: Bucket) -> &'static str {
    match bucket {
        Bucket::Uploads => "uploads",
        Bucket::Work => "work",
        Bucket::Media => "media",
    }
}

fn settings(provider: Provider) -> Settings {
    Settings {
        provider,
        endpoint: None,
        public_endpoint: None,
        region: None,
        has_credentials_file: false,
        credentials: None,
        uploads_bucket: name(Bucket::Uploads).to_owned(),
        work_bucket: name(Bucket::Work).to_owned(),
        media_bucket: name(Bucket::Media).to_owned(),
    }
}
