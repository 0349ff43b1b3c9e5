//! The name that a title is shown under, where the uploader gave one in the object's metadata.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// Longest name, characters.
const LONGEST: usize = 200;

/// The name in `reeldrop-name`; none where there is none, or none that can be shown: the title is
/// worth more than its name, and the object has one too.
pub(crate) fn of(metadata: &BTreeMap<String, String>) -> Option<String> {
    let encoded = metadata.get("reeldrop-name")?;
    let name = percent_decode_str(encoded).decode_utf8().ok()?;
    let name = name.trim();
    let shown = !name.is_empty() && name.chars().count() <= LONGEST;
    (shown && !name.chars().any(is_control)).then(|| name.to_owned())
}

/// Whether a character does something to the text around it instead of being shown: Unicode's
/// controls and line separators, and the marks that change the direction of writing.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(value: &str) -> Option<String> {
        of(&BTreeMap::from([(
            "reeldrop-name".to_owned(),
            value.to_owned(),
        )]))
    }

    #[test]
    fn any_language_is_shown() {
        let shown = name("Gr%C3%BC%C3%9Fe%20%22%E6%BC%A2%22%20100%25").unwrap();
        assert_eq!(shown, "Grüße \"漢\" 100%");
        assert_eq!(name("plain.mp4").unwrap(), "plain.mp4");
        assert_eq!(name(&"x".repeat(200)).unwrap().len(), 200);
        assert_eq!(of(&BTreeMap::new()), None);
    }

    #[test]
    fn what_cannot_be_shown_is_no_name() {
        let long = "x".repeat(201);
        for value in [
            "",
            "%20",
            &long,
            "a%00b",
            "a%0Ab",
            "%E2%80%AEgpj.exe",
            "%FF",
        ] {
            assert_eq!(name(value), None, "{value}");
        }
    }
}
