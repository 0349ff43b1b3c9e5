//! Content keys, and which tracks each is for.

use reeldrop_cmaf::cpix::UsageRule;
use reeldrop_cmaf::movie::Kind;
use reeldrop_cmaf::presentation::KeySystem;
use reeldrop_cmaf::protect::ContentKey;
use uuid::Uuid;

use crate::PackageError;

/// A content key and what goes with it.
#[derive(Clone, Debug)]
pub struct Key {
    /// Key.
    pub key: ContentKey,
    /// Key id.
    pub kid: Uuid,
    /// The constant vector of `cbcs`, where whoever made the key chose it.
    pub iv: Option<[u8; 16]>,
    /// Commercial key systems that have the key; none by default.
    pub systems: Vec<KeySystem>,
}

impl Key {
    /// A key of these bytes, with this id.
    #[must_use]
    pub fn new(key: [u8; 16], kid: [u8; 16]) -> Self {
        Self {
            key: ContentKey(key),
            kid: Uuid::from_bytes(kid),
            iv: None,
            systems: Vec::new(),
        }
    }

    /// A new key with a new id, from a generator of cryptographic quality.
    #[must_use]
    pub fn generate() -> Self {
        Self::new(rand::random(), rand::random())
    }
}

/// Content keys by the tracks that they are for.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<(Tracks, Key)>);

/// Which tracks a key is for.
#[derive(Clone, Debug)]
enum Tracks {
    /// Those with this label; all that no other key is for where there is none.
    Label(Option<String>),
    /// Those that a key server's rules say.
    Rules(Vec<UsageRule>),
}

impl Keys {
    /// Adds a key for the tracks that `label` names: a track's own name, a class (`sd`, `hd`, `uhd`),
    /// `video` or `audio`; for all others where there is none.
    pub fn add(&mut self, label: Option<String>, key: Key) {
        self.0.push((Tracks::Label(label), key));
    }

    /// Adds a key for the tracks that one of `rules` is for.
    pub(crate) fn add_by_rules(&mut self, rules: Vec<UsageRule>, key: Key) {
        self.0.push((Tracks::Rules(rules), key));
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are different keys.
    #[must_use]
    pub fn are_several(&self) -> bool {
        self.0.windows(2).any(|pair| pair[0].1.kid != pair[1].1.kid)
    }

    /// The key for everything, where there is just one.
    pub(crate) fn only(&self) -> Option<&Key> {
        match self.0.as_slice() {
            [(_, key)] => Some(key),
            _ => None,
        }
    }

    /// The key of that id.
    pub(crate) fn of(&self, kid: Uuid) -> Option<&Key> {
        let mut keys = self.0.iter().map(|(_, key)| key);
        keys.find(|key| key.kid == kid)
    }

    /// The key for a track, whose labels are its name, and then wider and wider ones: that whose rules
    /// are for it, or else that of the first label that has one, or else that without a label.
    pub(crate) fn find(&self, kind: Kind, labels: &[&str]) -> Result<&Key, PackageError> {
        let name = labels.first().copied().unwrap_or_default();
        let has_rules = |(tracks, _): &(Tracks, Key)| matches!(tracks, Tracks::Rules(_));
        if self.0.iter().any(has_rules) {
            return self.by_rules(kind, labels, name);
        }
        let labels = labels.iter().map(|label| Some(*label)).chain([None]);
        let mut found = labels.filter_map(|wanted| {
            let mut keys = self.0.iter();
            keys.find(|(tracks, _)| match tracks {
                Tracks::Label(label) => label.as_deref() == wanted,
                Tracks::Rules(_) => false,
            })
        });
        let found = found.next().map(|(_, key)| key);
        found.ok_or_else(|| PackageError::NoKey(name.to_owned()))
    }

    fn by_rules(&self, kind: Kind, labels: &[&str], name: &str) -> Result<&Key, PackageError> {
        let mut found = self.with_rule(|rule| rule.is_for(kind, labels));
        if found.len() > 1 {
            // Some servers write the same filter into each rule, and mean the type.
            let of_type =
                self.with_rule(|rule| rule.is_for(kind, labels) && rule.is_of_type(labels));
            if of_type.len() == 1 {
                found = of_type;
            }
        }
        match found.as_slice() {
            [key] => Ok(key),
            [] => Err(PackageError::NoRule(name.to_owned())),
            [first, second, ..] => Err(PackageError::SeveralRules {
                track: name.to_owned(),
                kids: [first.kid, second.kid],
            }),
        }
    }

    fn with_rule(&self, fits: impl Fn(&UsageRule) -> bool) -> Vec<&Key> {
        let keys = self.0.iter().filter(|(tracks, _)| match tracks {
            Tracks::Rules(rules) => rules.iter().any(&fits),
            Tracks::Label(_) => false,
        });
        keys.map(|(_, key)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use reeldrop_cmaf::cpix::VideoFilter;
    use reeldrop_cmaf::movie::VideoInfo;
    use reeldrop_events::Transfer;

    use super::*;

    const PICTURE: Kind = Kind::Video(VideoInfo {
        width: 1280,
        height: 720,
        range: Transfer::Sdr,
    });

    fn key(byte: u8) -> Key {
        Key::new([byte; 16], [byte; 16])
    }

    #[test]
    fn the_most_exact_label_decides() {
        let mut keys = Keys::default();
        keys.add(None, key(1));
        keys.add(Some("video".to_owned()), key(2));
        keys.add(Some("hd".to_owned()), key(3));
        let found = |labels: &[&str]| keys.find(PICTURE, labels).unwrap().key.0[0];
        assert_eq!(found(&["video-720p", "hd", "video"]), 3);
        assert_eq!(found(&["video-360p", "sd", "video"]), 2);
        assert_eq!(found(&["audio-0", "audio"]), 1);
        assert!(Keys::default().find(PICTURE, &["video"]).is_err());
    }

    #[test]
    fn rules_name_one_key_or_say_which_they_name() {
        let rule = |name: &str| UsageRule {
            track_type: Some(name.to_owned()),
            video: vec![VideoFilter::default()],
            ..UsageRule::default()
        };
        let labels = ["video-720p", "hd", "video"];
        let mut keys = Keys::default();
        keys.add_by_rules(Vec::new(), key(1));
        let none = keys.find(PICTURE, &labels).unwrap_err();
        assert!(matches!(none, PackageError::NoRule(name) if name == "video-720p"));
        // Both filters fit, and one type.
        keys.add_by_rules(vec![rule("SD")], key(2));
        keys.add_by_rules(vec![rule("HD")], key(3));
        assert_eq!(keys.find(PICTURE, &labels).unwrap().key.0[0], 3);
        keys.add_by_rules(vec![rule("VIDEO")], key(4));
        let two = keys.find(PICTURE, &labels).unwrap_err().to_string();
        assert!(
            two.contains("02020202") && two.contains("03030303"),
            "{two}"
        );
    }
}
