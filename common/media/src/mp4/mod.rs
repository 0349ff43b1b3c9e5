//! The index of an ISO base media file (MP4, MOV), read by range and never believed blindly.
//!
//! GStreamer plays these files; this reader tells what no demuxer tells: which samples lie within
//! the file, exact frame times and key frames, edit lists, encryption, and how the picture is turned.

mod boxes;
mod file;
mod fragment;
mod movie;
mod sample_table;
mod samples;
mod tail;
mod track;

pub use file::{Mp4, Mp4Error, read, read_movie};
pub use fragment::Fragment;
pub use movie::Movie;
pub use samples::{Presentation, Sample};
pub use track::{Edit, Handler, Track, TrackColor};
