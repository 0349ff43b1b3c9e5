//! RFC 8216bis, 4.4.4.4 and 4.4.6.4: how playlists name keys.

use std::collections::BTreeSet;

use super::{
    Findings, Title, must,
    playlist::Attributes,
    rendition::{Rendition, resolve},
};

const METHODS: [&str; 4] = ["NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR"];

pub(super) fn judge(title: &Title<'_>, findings: &mut Findings) {
    let i_frames = title.i_frames.iter().map(|(_, found)| found);
    let renditions: Vec<_> = title.renditions().chain(i_frames).collect();
    for rendition in &renditions {
        of_media(rendition, findings);
    }
    let session = &title.multivariant.session_keys;
    let mut known = BTreeSet::new();
    for key in session {
        let path = &title.path;
        let named = address(path, key);
        if value(key, "METHOD") == "NONE" {
            findings.push(must(
                "RFC 4.4.6.4",
                format!("{path}: a session key of no method"),
            ));
        }
        let identity =
            ["METHOD", "IV", "KEYFORMAT", "KEYFORMATVERSIONS"].map(|name| value(key, name));
        if !known.insert((named.clone(), identity)) {
            findings.push(must(
                "RFC 4.4.6.4",
                format!("{path}: session key {named} twice"),
            ));
        }
        for rendition in &renditions {
            let keys = rendition.playlist.keys.iter();
            let mut same = keys.filter(|of| address(&rendition.path, of) == named);
            let other = same.find(|of| {
                let differs = |name| value(of, name) != value(key, name);
                ["METHOD", "KEYFORMAT", "KEYFORMATVERSIONS"]
                    .into_iter()
                    .any(differs)
            });
            if other.is_some() {
                let what = format!(
                    "{}: key {named} otherwise than as session key",
                    rendition.path
                );
                findings.push(must("RFC 4.4.6.4", what));
            }
        }
    }
}

fn of_media(rendition: &Rendition, findings: &mut Findings) {
    let (path, keys) = (&rendition.path, &rendition.playlist.keys);
    let mut wrong = |what: &str| findings.push(must("RFC 4.4.4.4", format!("{path}: {what}")));
    for key in keys {
        let (method, iv) = (value(key, "METHOD"), value(key, "IV"));
        if !METHODS.contains(&method) {
            wrong("a key of an unknown method");
        }
        if method == "NONE" && key.len() > 1 {
            wrong("a key of no method with other attributes");
        }
        if method != "NONE" && value(key, "URI").is_empty() {
            wrong("a key without URI");
        }
        let digits = iv.strip_prefix("0x").or(iv.strip_prefix("0X"));
        let is_number = |digits: &str| {
            (1..=32).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit())
        };
        if !iv.is_empty() && !digits.is_some_and(is_number) {
            wrong("an IV that is no number of 128 bits");
        }
    }
    let names_key = keys.iter().any(|key| value(key, "METHOD") != "NONE");
    match (rendition.init.pattern.is_some(), names_key) {
        (true, false) => wrong("samples are encrypted, and no key is named"),
        (false, true) => wrong("a key is named, and samples are not encrypted"),
        _ => {}
    }
}

fn value<'a>(key: &'a Attributes, name: &str) -> &'a str {
    key.get(name).map_or("", String::as_str)
}

/// The address of a key; one that is no path under this one stays as it is.
fn address(path: &str, key: &Attributes) -> String {
    match value(key, "URI") {
        uri if uri.contains(':') || uri.starts_with('/') => uri.to_owned(),
        uri => resolve(path, uri),
    }
}
