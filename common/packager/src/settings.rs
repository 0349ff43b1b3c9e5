//! What is asked for.

use std::fmt;
use std::path::PathBuf;

use reeldrop_events::Scheme;

use crate::Keys;

/// Where media comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input: a fragmented MP4, or a progressive one whose index (`moov`) comes first.
    Stream,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stream => f.write_str("standard input"),
        }
    }
}

/// How a track's segments lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A file each.
    Segments,
    /// In one file, with an index.
    SingleFile,
}

/// What to make.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How samples are encrypted.
    pub scheme: Scheme,
    /// The keys; not needed for [`Scheme::None`].
    pub keys: Keys,
    /// Target duration of segments, milliseconds; more than 0.
    pub segment_ms: u64,
    /// How long the start of each track stays clear, milliseconds: all segments that begin before.
    pub clear_lead_ms: u64,
    /// How segments lie.
    pub layout: Layout,
    /// The constant vector of `cbcs` and the salt of `cenc`'s; where it is not given, what comes with a key
    /// for `cbcs`, and else drawn anew for each track.
    pub iv: Option<[u8; 16]>,
    /// What the HLS playlists say of where the key is: an answer of 16 bytes. `{kid}` in it stands for
    /// the key id, 32 hexadecimal digits: it has to be there where there are several keys. A relative
    /// address counts from the folder of the manifests, for every playlist.
    pub key_uri: String,
    /// What the DASH manifest, and HLS playlists for hls.js, say of where licences are: a W3C ClearKey
    /// service; relative as `key_uri`, but that players of DASH take it from their page's address.
    pub license_uri: String,
}
