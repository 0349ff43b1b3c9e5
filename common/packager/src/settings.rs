//! What is asked for.

use std::fmt;
use std::path::PathBuf;

use reeldrop_cmaf::protect::ContentKey;
use reeldrop_events::Scheme;
use uuid::Uuid;

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
    /// The constant vector of `cbcs` and the salt of `cenc`'s; drawn anew for each track where it is
    /// not given.
    pub iv: Option<[u8; 16]>,
    /// What the HLS playlists say of where the key is: an answer of 16 bytes. `{kid}` in it stands for
    /// the key id, 32 hexadecimal digits: it has to be there where there are several keys.
    pub key_uri: String,
    /// What the DASH manifest says of where licences are: a W3C ClearKey service.
    pub license_uri: String,
}

/// A content key and its id.
#[derive(Clone, Debug)]
pub struct Key {
    /// Key.
    pub key: ContentKey,
    /// Key id.
    pub kid: Uuid,
}

impl Key {
    /// A key of these bytes, with this id.
    #[must_use]
    pub fn new(key: [u8; 16], kid: [u8; 16]) -> Self {
        Self {
            key: ContentKey(key),
            kid: Uuid::from_bytes(kid),
        }
    }
}

/// Content keys by label.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<(Option<String>, Key)>);

impl Keys {
    /// Adds a key for the tracks that `label` names: a track's own name, a class (`sd`, `hd`, `uhd`),
    /// `video` or `audio`; for all others where there is none.
    pub fn add(&mut self, label: Option<String>, key: Key) {
        self.0.push((label, key));
    }

    /// Whether there are different keys.
    pub(crate) fn are_several(&self) -> bool {
        self.0.windows(2).any(|pair| pair[0].1.kid != pair[1].1.kid)
    }

    /// The key of the first of `labels` that has one, or that without a label.
    pub(crate) fn find(&self, labels: &[&str]) -> Option<&Key> {
        let labels = labels.iter().map(|label| Some(*label)).chain([None]);
        labels
            .filter_map(|label| {
                let mut keys = self.0.iter();
                keys.find(|(of, _)| of.as_deref() == label)
            })
            .map(|(_, key)| key)
            .next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_label_decides() {
        let mut keys = Keys::default();
        let key = |byte| Key {
            key: ContentKey([byte; 16]),
            kid: Uuid::nil(),
        };
        keys.add(None, key(1));
        keys.add(Some("video".to_owned()), key(2));
        keys.add(Some("hd".to_owned()), key(3));
        let found = |labels: &[&str]| keys.find(labels).unwrap().key.0[0];
        assert_eq!(found(&["video-720p", "hd", "video"]), 3);
        assert_eq!(found(&["video-360p", "sd", "video"]), 2);
        assert_eq!(found(&["audio-0", "audio"]), 1);
        assert!(Keys::default().find(&["video"]).is_none());
    }
}
