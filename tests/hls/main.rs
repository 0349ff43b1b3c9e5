//! HLS against Apple's authoring specification: the linter against wrong playlists, and then what
//! Reeldrop and Shaka Packager publish of the same renditions against the linter.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod breaking;
mod packagers;
mod right;
mod wrong;
