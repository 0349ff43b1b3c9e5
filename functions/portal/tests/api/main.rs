//! The portal's API on a real PostgreSQL and a real S3 endpoint.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod alike;
mod assets;
mod captions;
mod detections;
mod key_documents;
mod keys;
mod media;
mod openapi;
mod packaging;
mod page;
mod uploads;
