//! Keys from a key server's CPIX document, and into one.

use std::collections::BTreeSet;

use reeldrop_cmaf::boxes::COMMON_SYSTEM_ID;
use reeldrop_cmaf::cpix::{self, AudioFilter, Document, UsageRule, VideoFilter};
use reeldrop_cmaf::presentation::KeySystem;
use reeldrop_events::Scheme;
use uuid::Uuid;

use crate::{Key, Keys, Packaged};

/// ClearKey, whose signalling is this packager's own.
const CLEAR_KEY: Uuid = Uuid::from_u128(0xe271_9d58_a985_b3c9_781a_b030_af78_d30e);

/// Why nothing can be encrypted by a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It lists no key.
    #[error("it has no content key")]
    NoKeys,
    /// It is what a key server is asked with.
    #[error(
        "it has no value for key {0}: it asks for keys; send it to a key server, and give its answer"
    )]
    NoValue(Uuid),
    /// A key id does not name one key.
    #[error("it has key {0} twice")]
    Twice(Uuid),
    /// A key system is described twice for a key.
    #[error("it describes key system {system} twice for key {kid}")]
    SystemTwice {
        /// Key id.
        kid: Uuid,
        /// System id.
        system: Uuid,
    },
    /// Which key a track gets is not said.
    #[error(
        "it has several keys and no usage rules, so that nothing says which track gets which: \
         have it made with a ContentKeyUsageRuleList, or leave one key in it"
    )]
    NoRules,
    /// There are several keys where one is for everything.
    #[error(
        "it has several keys, and a title of the service has one for all its tracks: leave one in it, or \
         package the file with `reeldrop package`, which takes a key for each track"
    )]
    Several,
    /// A rule names no key.
    #[error("it has a usage rule for key {0}, which is not in it")]
    RuleWithoutKey(Uuid),
    /// What goes into headers and manifests is no box of the key system.
    #[error("its PSSH of key system {0} is not one whole pssh box of that system")]
    Pssh(Uuid),
    /// Keys are for both schemes.
    #[error(
        "it wants some of its keys used with cenc and some with cbcs: one package has one scheme"
    )]
    Schemes,
}

/// The keys of `document`, and the scheme that it wants, where it says so.
///
/// # Errors
/// [`DocumentError`] where it does not say exactly one key for each track, or not the key itself.
pub fn keys_of(document: &Document) -> Result<(Keys, Option<Scheme>), DocumentError> {
    let mut keys = Keys::default();
    let mut kids = BTreeSet::new();
    for found in &document.keys {
        if !kids.insert(found.kid) {
            return Err(DocumentError::Twice(found.kid));
        }
        let value = found.key.clone();
        let key = Key {
            key: value.ok_or(DocumentError::NoValue(found.kid))?,
            kid: found.kid,
            iv: found.iv,
            systems: systems(document, found.kid)?,
        };
        if document.rules.is_empty() {
            keys.add(None, key);
        } else {
            let rules = document.rules.iter().filter(|rule| rule.kid == found.kid);
            keys.add_by_rules(rules.cloned().collect(), key);
        }
    }
    let keyless = document.rules.iter().find(|rule| !kids.contains(&rule.kid));
    match (kids.len(), keyless) {
        (0, _) => return Err(DocumentError::NoKeys),
        (_, Some(rule)) => return Err(DocumentError::RuleWithoutKey(rule.kid)),
        (2.., None) if document.rules.is_empty() => return Err(DocumentError::NoRules),
        _ => {}
    }
    Ok((keys, scheme(document)?))
}

/// The one key of `document`, for all tracks, and the scheme that it wants, where it says so.
///
/// # Errors
/// As [`keys_of`], and [`DocumentError::Several`].
pub fn only_key_of(document: &Document) -> Result<(Key, Option<Scheme>), DocumentError> {
    let (keys, scheme) = keys_of(document)?;
    match keys.only() {
        Some(key) => Ok((key.clone(), scheme)),
        None => Err(DocumentError::Several),
    }
}

/// The commercial key systems that have a key.
fn systems(document: &Document, kid: Uuid) -> Result<Vec<KeySystem>, DocumentError> {
    let mut systems = document.systems_of(kid);
    systems.retain(|system| ![COMMON_SYSTEM_ID, CLEAR_KEY].contains(&system.id));
    let mut ids = BTreeSet::new();
    for system in &systems {
        if !system.is_whole() {
            return Err(DocumentError::Pssh(system.id));
        }
        if !ids.insert(system.id) {
            let system = system.id;
            return Err(DocumentError::SystemTwice { kid, system });
        }
    }
    Ok(systems)
}

fn scheme(document: &Document) -> Result<Option<Scheme>, DocumentError> {
    let mut wanted = document.keys.iter().filter_map(|key| key.scheme);
    let first = wanted.next();
    if wanted.any(|scheme| Some(scheme) != first) {
        return Err(DocumentError::Schemes);
    }
    Ok(first)
}

/// A document of the keys that `tracks` were encrypted with, with rules by the tracks' names where there
/// are several. `iv` is what settings say of all keys.
#[must_use]
pub fn document_of(
    keys: &Keys,
    tracks: &[Packaged],
    scheme: Scheme,
    iv: Option<[u8; 16]>,
) -> Document {
    let mut document = Document::default();
    for kid in tracks.iter().filter_map(|track| track.kid) {
        let known = document.keys.iter().any(|key| key.kid == kid);
        let Some(key) = keys.of(kid).filter(|_| !known) else {
            continue;
        };
        let iv = iv.or(key.iv);
        document.keys.push(cpix::Key {
            kid,
            key: Some(key.key.clone()),
            // What settings give to `cenc` is no vector.
            iv: iv.filter(|_| scheme == Scheme::Cbcs),
            scheme: Some(scheme),
        });
        let systems = key.systems.iter();
        let systems = systems.map(|system| (kid, system.clone()));
        document.systems.extend(systems);
    }
    if document.keys.len() > 1 {
        let keys = document.keys.iter();
        document.rules = keys.map(|key| rule(key.kid, tracks)).collect();
    }
    document
}

/// The rule of a key: the kind of its tracks, and their names.
fn rule(kid: Uuid, tracks: &[Packaged]) -> UsageRule {
    let own = tracks.iter().filter(|track| track.kid == Some(kid));
    let labels: Vec<String> = own.map(|track| track.name.clone()).collect();
    let has = |kind: &str| labels.iter().any(|label| label.starts_with(kind));
    let video = has("video").then(VideoFilter::default);
    let audio = has("audio").then(AudioFilter::default);
    UsageRule {
        kid,
        track_type: None,
        video: video.into_iter().collect(),
        audio: audio.into_iter().collect(),
        labels,
    }
}

#[cfg(test)]
mod tests {
    use reeldrop_cmaf::boxes::common_pssh;
    use reeldrop_cmaf::protect::ContentKey;

    use super::*;

    const KID: Uuid = Uuid::from_u128(1);

    fn key(kid: u128, scheme: Scheme) -> cpix::Key {
        cpix::Key {
            kid: Uuid::from_u128(kid),
            key: Some(ContentKey([7; 16])),
            iv: None,
            scheme: Some(scheme),
        }
    }

    fn rule_of(kid: u128) -> UsageRule {
        UsageRule {
            kid: Uuid::from_u128(kid),
            ..UsageRule::default()
        }
    }

    fn document(keys: Vec<cpix::Key>) -> Document {
        Document {
            keys,
            ..Document::default()
        }
    }

    fn refused(document: &Document) -> DocumentError {
        keys_of(document).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_document_that_says_not_enough_or_too_much_is_refused() {
        let one = key(1, Scheme::Cbcs);
        assert_eq!(refused(&document(Vec::new())), DocumentError::NoKeys);
        let twice = document(vec![one.clone(), one.clone()]);
        assert_eq!(refused(&twice), DocumentError::Twice(KID));
        let two = document(vec![one.clone(), key(2, Scheme::Cbcs)]);
        assert_eq!(refused(&two), DocumentError::NoRules);
        let mixed = Document {
            rules: vec![rule_of(1), rule_of(2)],
            ..document(vec![one.clone(), key(2, Scheme::Cenc)])
        };
        assert_eq!(refused(&mixed), DocumentError::Schemes);
        let other = Document {
            rules: vec![rule_of(1), rule_of(3)],
            ..two
        };
        let unknown = DocumentError::RuleWithoutKey(Uuid::from_u128(3));
        assert_eq!(refused(&other), unknown);
        let asking = document(vec![cpix::Key { key: None, ..one }]);
        assert_eq!(refused(&asking), DocumentError::NoValue(KID));
    }

    #[test]
    fn key_systems_come_with_their_key_but_for_what_the_packager_writes_itself() {
        let system = |id: Uuid, pssh: &[u8]| KeySystem {
            id,
            pssh: pssh.to_vec(),
            ..KeySystem::default()
        };
        let mut pssh = common_pssh(&[KID]);
        let common = system(COMMON_SYSTEM_ID, &pssh);
        pssh[12..28].copy_from_slice(KeySystem::WIDEVINE.as_bytes());
        let widevine = system(KeySystem::WIDEVINE, &pssh);
        let clear_key = system(CLEAR_KEY, b"any");
        let mut document = document(vec![key(1, Scheme::Cenc)]);
        let of_key = |systems: Vec<KeySystem>| systems.into_iter().map(|system| (KID, system));
        document.systems = of_key(vec![common, widevine.clone(), clear_key]).collect();
        let (keys, scheme) = keys_of(&document).unwrap();
        assert_eq!(scheme, Some(Scheme::Cenc));
        let found = &keys.of(KID).unwrap().systems;
        assert_eq!(found.as_slice(), std::slice::from_ref(&widevine));

        document.systems.push((KID, widevine));
        let twice = refused(&document);
        assert!(matches!(twice, DocumentError::SystemTwice { .. }));
        document.systems = of_key(vec![system(KeySystem::PLAYREADY, &pssh)]).collect();
        assert_eq!(
            refused(&document),
            DocumentError::Pssh(KeySystem::PLAYREADY)
        );
    }
}
