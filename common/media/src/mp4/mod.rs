//! The index of an ISO base media file (MP4, MOV), read by range and never believed blindly.
//!
//! GStreamer plays these files; this reader tells what no demuxer tells: which samples lie within
//! the file, exact frame times and key frames, edit lists, encryption, and how the picture is turned.

mod boxes;
mod file;
mod fragment;
mod hints;
mod movie;
mod sample_table;
mod samples;
mod tail;
mod track;

pub use file::{Mp4, Mp4Error, read, read_movie};
pub use fragment::Fragment;
pub use hints::Hints;
pub use movie::Movie;
pub use samples::{Presentation, Sample};
pub use track::{Edit, Handler, Track, TrackColor};

/// The content of every box of this kind among those laid end to end in `data`.
pub(crate) fn payloads<'a>(data: &'a [u8], kind: &[u8; 4]) -> impl Iterator<Item = &'a [u8]> {
    let kind = *kind;
    boxes::boxes(data)
        .filter(move |found| found.kind == kind)
        .map(|found| found.body)
}
