//! What a track says of itself for a person: its name and what it is meant for.

use super::boxes::{boxes, find, find_path, u32_at};

/// The roles of DASH, which `kind` speaks, too.
const ROLES: &str = "urn:mpeg:dash:role:2011";

/// `displayFlags` of timed text: every sample is forced (ETSI TS 126 245; Apple's QTFF).
const ALL_FORCED: u32 = 0x8000_0000;

/// What a track says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Its name.
    pub name: Option<String>,
    /// Whether it holds only what everybody has to read.
    pub forced: bool,
    /// Whether it says what is heard besides speech.
    pub hearing_impaired: bool,
    /// Whether it is of somebody who talks about the title.
    pub commentary: bool,
}

impl Hints {
    pub(super) fn parse(trak: &[u8], format: [u8; 4], entry: &[u8]) -> Self {
        let user = find(trak, b"udta").unwrap_or_default();
        let kinds = boxes(user).filter(|b| b.kind == *b"kind");
        let roles: Vec<String> = kinds.filter_map(|b| role(b.body)).collect();
        let is = |names: &[&str]| roles.iter().any(|role| names.contains(&role.as_str()));
        let all_forced =
            format == *b"tx3g" && u32_at(entry, 8).is_some_and(|flags| flags & ALL_FORCED != 0);
        let name = find(user, b"name").and_then(words);
        Self {
            forced: all_forced || is(&["forced-subtitle", "forced_subtitle"]),
            hearing_impaired: is(&["caption", "hearing-impaired"]),
            commentary: is(&["commentary"]),
            name,
        }
    }
}

/// Tracks that hold the names of this one's chapters (Apple's QTFF, track references).
pub(super) fn chapters(trak: &[u8]) -> Vec<u32> {
    let ids = find_path(trak, &[b"tref", b"chap"]).unwrap_or_default();
    let ids = ids.chunks_exact(4).filter_map(|id| u32_at(id, 0));
    ids.take(100).collect()
}

/// `kind` (ISO/IEC 14496-12, 8.10.4): a scheme and a value in it.
fn role(kind: &[u8]) -> Option<String> {
    let mut fields = kind.get(4..)?.split(|byte| *byte == 0);
    (fields.next()? == ROLES.as_bytes()).then_some(())?;
    words(fields.next()?)
}

fn words(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forced_track_is_known_by_its_flags_and_by_its_role() {
        let forced = [&[0; 8][..], &[0xc0, 0, 0, 0]].concat();
        assert!(Hints::parse(&[], *b"tx3g", &forced).forced);
        assert!(!Hints::parse(&[], *b"mp4a", &forced).forced);
        let kind = [
            &[0, 0, 0, 0][..],
            b"urn:mpeg:dash:role:2011\0forced-subtitle\0",
        ]
        .concat();
        assert_eq!(role(&kind).as_deref(), Some("forced-subtitle"));
        assert_eq!(role(b"\0\0\0\0about:other\0caption\0"), None);
    }
}
