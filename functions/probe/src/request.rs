//! What the uploader asks for in the object's metadata: a key of its own, how to encrypt, and how thoroughly
//! to look.

use std::collections::BTreeMap;

use reeldrop_events::{AnalysisMode, Scheme};

use crate::Rejection;

/// The scheme asked for, after checking that the key that came with it can be used.
///
/// The key is only looked at, never kept, and never part of a message.
pub(crate) fn scheme(metadata: &BTreeMap<String, String>) -> Result<Scheme, Rejection> {
    let value = |name: &str| {
        metadata
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    };
    let scheme = match value("reeldrop-scheme") {
        None => Scheme::default(),
        Some(text) => text
            .parse()
            .map_err(|_| Rejection::Request("reeldrop-scheme is none of cbcs, cenc and none"))?,
    };
    let clear = value("reeldrop-key");
    match (clear, value("reeldrop-wrapped-key"), value("reeldrop-kid")) {
        (None, None, None) => Ok(scheme),
        (Some(_), Some(_), _) => Err(Rejection::Request(
            "reeldrop-key and reeldrop-wrapped-key are both there",
        )),
        (_, _, None) => Err(Rejection::Request("reeldrop-kid is missing beside the key")),
        (None, None, Some(_)) => Err(Rejection::Request(
            "reeldrop-key is missing beside the key id",
        )),
        (_, _, Some(kid)) if !is_16_bytes(kid) => Err(Rejection::Request(
            "reeldrop-kid is not 16 bytes as 32 hexadecimal digits or 22 letters of base64url",
        )),
        (Some(key), _, _) if !is_16_bytes(key) => Err(Rejection::Request(
            "reeldrop-key is not 16 bytes as 32 hexadecimal digits or 22 letters of base64url",
        )),
        // Who sends a key wants encryption: publishing in the clear is no answer to a mistake.
        _ if scheme == Scheme::None => Err(Rejection::Request(
            "reeldrop-scheme is none, but a key is there",
        )),
        _ => Ok(scheme),
    }
}

/// The mode asked for; none to look as the step is set to.
pub(crate) fn analysis_mode(
    metadata: &BTreeMap<String, String>,
) -> Result<Option<AnalysisMode>, Rejection> {
    let text = metadata.get("reeldrop-analysis-mode");
    let mode = text
        .filter(|text| !text.is_empty())
        .map(|text| text.parse());
    mode.transpose()
        .map_err(|_| Rejection::Request("reeldrop-analysis-mode is neither batch nor realtime"))
}

/// Whether the text is 16 bytes in hexadecimal (dashes as in a UUID allowed) or base64url.
fn is_16_bytes(text: &str) -> bool {
    let hex = text.len() == 32 || (text.len() == 36 && text.matches('-').count() == 4);
    let digits = text
        .chars()
        .filter(|c| *c != '-')
        .all(|c| c.is_ascii_hexdigit());
    if hex && digits {
        return true;
    }
    let letters = text.trim_end_matches('=');
    // 128 bits are 21 letters and the upper two bits of a last one.
    letters.len() == 22
        && letters
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        && letters.ends_with(['A', 'Q', 'g', 'w'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "hyN9IKGfWKdAwFaE5pm0qg";
    const KID: &str = "oW5AK5BW43HzbTSKpiu3SQ";

    fn asked(pairs: &[(&str, &str)]) -> Result<Scheme, Rejection> {
        scheme(
            &pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn nothing_asked_is_cbcs_with_a_key_to_be_made() {
        assert_eq!(asked(&[]), Ok(Scheme::Cbcs));
        assert_eq!(asked(&[("reeldrop-name", "x")]), Ok(Scheme::Cbcs));
    }

    #[test]
    fn keys_come_as_base64url_hex_or_uuid() {
        let hex = "a16e402b9056e371f36d348aa62bb749";
        let uuid = "a16e402b-9056-e371-f36d-348aa62bb749";
        for kid in [KID, hex, uuid] {
            assert_eq!(
                asked(&[("reeldrop-key", KEY), ("reeldrop-kid", kid)]),
                Ok(Scheme::Cbcs)
            );
        }
        let wrapped = [
            ("reeldrop-wrapped-key", "opaque"),
            ("reeldrop-kid", KID),
            ("reeldrop-scheme", "cenc"),
        ];
        assert_eq!(asked(&wrapped), Ok(Scheme::Cenc));
    }

    #[test]
    fn a_mode_is_one_of_the_two_or_left_out() {
        let asked = |mode: &str| {
            let name = "reeldrop-analysis-mode".to_owned();
            analysis_mode(&BTreeMap::from([(name, mode.to_owned())]))
        };
        assert_eq!(analysis_mode(&BTreeMap::new()), Ok(None));
        assert_eq!(asked(""), Ok(None));
        assert_eq!(asked("batch"), Ok(Some(AnalysisMode::Batch)));
        assert_eq!(asked("realtime"), Ok(Some(AnalysisMode::Realtime)));
        let refused = asked("fast").unwrap_err().to_string();
        assert!(refused.contains("reeldrop-analysis-mode"), "{refused}");
    }

    #[test]
    fn a_mistake_is_told_without_telling_the_key() {
        for pairs in [
            &[("reeldrop-scheme", "aes")][..],
            &[("reeldrop-key", KEY)],
            &[("reeldrop-kid", KID)],
            &[
                ("reeldrop-key", "hyN9IKGfWKdAwFaE5pm0q"),
                ("reeldrop-kid", KID),
            ],
            &[("reeldrop-key", KEY), ("reeldrop-kid", "17")],
            &[
                ("reeldrop-key", KEY),
                ("reeldrop-wrapped-key", "x"),
                ("reeldrop-kid", KID),
            ],
        ] {
            let message = asked(pairs).unwrap_err().to_string();
            assert!(!message.contains("hyN9"), "{message}");
        }
    }
}
