//! Inputs: files read by range, and streams read in order.

mod file;
mod fragments;
mod stream;
mod tables;

pub(crate) use file::{FileSource, Samples};
pub(crate) use fragments::FragmentSamples;
pub(crate) use stream::{Fragment, StreamSource};
pub(crate) use tables::origin_of_tables;

use reeldrop_cmaf::head::SampleInfo;

/// A sample, and where it is in its file.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) info: SampleInfo,
    /// Decode time, ticks.
    pub(crate) decode_time: u64,
    /// Bytes from the file's start.
    pub(crate) offset: u64,
    /// Boxes before its fragment that go with it: `emsg`, `prft`.
    pub(crate) carried: Vec<u8>,
}

/// The largest `moov` that is read, bytes: a day of 60 pictures a second has 60 MiB.
const MAX_MOVIE_BYTES: u64 = 256 << 20;
/// The largest `moof` that is read, bytes.
const MAX_FRAGMENT_BYTES: u64 = 16 << 20;
/// The most bytes of `emsg` and `prft` before one fragment.
const MAX_CARRIED_BYTES: u64 = 1 << 20;
