//! What the targets share: a bound on memory, keys, and ways to take a file apart.

use std::alloc::System;

use cap::Cap;
use reeldrop_cmaf::boxes::iter;
use reeldrop_cmaf::protect::{ContentKey, Protection};
use reeldrop_events::Scheme;
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What a fragment that claims the most samples may take, whatever its size.
const BASE_BYTES: usize = 16 << 20;
/// What each byte of the input may take.
const PER_BYTE: usize = 16;

/// Runs a target, which ends the program where it takes more memory than its input warrants.
pub fn bounded(input: &[u8], target: impl FnOnce()) {
    let most = ALLOCATOR.allocated() + BASE_BYTES + PER_BYTE * input.len();
    ALLOCATOR.set_limit(most).expect("the limit is above what is taken");
    target();
    ALLOCATOR.set_limit(usize::MAX).expect("no limit");
}

/// Both schemes.
pub const SCHEMES: [Scheme; 2] = [Scheme::Cbcs, Scheme::Cenc];

/// How the targets protect.
pub fn protection(scheme: Scheme) -> Protection {
    Protection {
        scheme,
        kid: Uuid::from_u128(7),
        iv: [9; 16],
    }
}

/// The key of all targets.
pub fn key() -> ContentKey {
    ContentKey([5; 16])
}

/// A file up to the end of its movie, and what follows; all of it and nothing without a movie.
pub fn split(file: &[u8]) -> (&[u8], &[u8]) {
    let mut boxes = iter(file).flatten();
    let movie = boxes.find(|found| found.kind == b"moov");
    file.split_at(movie.map_or(file.len(), |movie| movie.end()))
}
