//! The contract of the store, against a real S3 endpoint.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod contract;

use reeldrop_store::testing::TestBuckets as Buckets;
