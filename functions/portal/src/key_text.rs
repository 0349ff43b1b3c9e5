//! Keys and key ids as callers write them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reeldrop_catalog::ContentKey;
use reeldrop_events::Scheme;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Error, key_document};

const BOTH: &str = "Send both, or neither to have them made.";
const FORMS: &str = "Write 16 bytes as 32 hex digits or as 22 characters of base64url.";
const KID_FORMS: &str =
    "Write 16 bytes as 32 hex digits, as 22 characters of base64url or as a UUID.";

/// What a caller says of the key to encrypt with.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct Wanted {
    /// Content key: 16 bytes as hex or base64url. Comes with the key id.
    #[schema(example = "hyN9IKGfWKdAwFaE5pm0qg")]
    key: Option<String>,
    /// Key id: 16 bytes as hex, base64url or UUID. Comes with the key.
    #[schema(example = "oW5AK5BW43HzbTSKpiu3SQ")]
    kid: Option<String>,
    /// Instead of both: a key server's CPIX document with one key in plain text. What it says of commercial
    /// key systems (Widevine, PlayReady, FairPlay) comes into the manifests.
    cpix: Option<String>,
    /// `cbcs`, `cenc` or `none`.
    #[schema(value_type = Option<String>, example = "cbcs")]
    scheme: Option<Scheme>,
}

impl Wanted {
    /// The key, if there is one, and the scheme, if one is asked for.
    ///
    /// The texts never appear in the error: they are secrets.
    pub(crate) fn read(&self) -> Result<(Option<ContentKey>, Option<Scheme>), Error> {
        let (key, scheme) = match filled(self.cpix.as_deref()) {
            None => (
                content_key(self.key.as_deref(), self.kid.as_deref())?,
                self.scheme,
            ),
            Some(_) if self.key.is_some() || self.kid.is_some() => {
                return Err(Error::invalid(
                    "A key comes beside a CPIX document.",
                    "Send one of them.",
                ));
            }
            Some(document) => {
                let (key, wanted) = key_document::read(document)?;
                if let (Some(wanted), Some(asked)) = (wanted, self.scheme)
                    && wanted != asked
                {
                    return Err(Error::invalid(
                        format!(
                            "The CPIX document wants {} and not {}.",
                            wanted.as_str(),
                            asked.as_str()
                        ),
                        "Leave the scheme out, or have a document made for it.",
                    ));
                }
                (Some(key), wanted.or(self.scheme))
            }
        };
        match (scheme, &key) {
            (Some(Scheme::None), Some(_)) => Err(Error::invalid(
                "A key comes with scheme none, which encrypts nothing.",
                "Choose cbcs or cenc, or leave the key out.",
            )),
            _ => Ok((key, scheme)),
        }
    }
}

/// The caller's key and key id; none where both are left out.
pub(crate) fn content_key(
    key: Option<&str>,
    kid: Option<&str>,
) -> Result<Option<ContentKey>, Error> {
    match (filled(key), filled(kid)) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Error::invalid("The KID comes without its key.", BOTH)),
        (Some(_), None) => Err(Error::invalid("The key comes without its KID.", BOTH)),
        (Some(key), Some(kid)) => {
            let key =
                bytes(key).ok_or_else(|| Error::invalid("The key is not 16 bytes.", FORMS))?;
            Ok(Some(ContentKey::with_random_iv(key_id(kid)?, key)))
        }
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn key_id(text: &str) -> Result<Uuid, Error> {
    let uuid = || (text.len() == 36).then(|| text.parse().ok()).flatten();
    bytes(text)
        .map(Uuid::from_bytes)
        .or_else(uuid)
        .ok_or_else(|| Error::invalid("The KID is not 16 bytes.", KID_FORMS))
}

fn bytes(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    match text.len() {
        32 => hex::decode_to_slice(text, &mut bytes).ok()?,
        22 => bytes = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?,
        _ => return None,
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "hyN9IKGfWKdAwFaE5pm0qg";
    const KID: &str = "oW5AK5BW43HzbTSKpiu3SQ";

    #[test]
    fn hex_base64url_and_uuid_name_the_same_bytes() {
        let forms = [
            (KEY, KID),
            (
                "87237d20a19f58a740c05684e699b4aa",
                "A16E402B9056E371F36D348AA62BB749",
            ),
            (KEY, "a16e402b-9056-e371-f36d-348aa62bb749"),
        ];
        for (key, kid) in forms {
            let key = content_key(Some(key), Some(kid)).unwrap().unwrap();
            assert_eq!(hex::encode(key.key), "87237d20a19f58a740c05684e699b4aa");
            assert_eq!(
                key.kid.simple().to_string(),
                "a16e402b9056e371f36d348aa62bb749"
            );
        }
    }

    #[test]
    fn neither_is_fine_and_one_alone_is_not() {
        assert!(content_key(None, Some("  ")).unwrap().is_none());
        assert!(content_key(Some(KEY), None).is_err());
        assert!(content_key(None, Some(KID)).is_err());
    }

    #[test]
    fn what_is_not_16_bytes_is_refused_without_being_repeated() {
        let wrong = [
            "short",
            "hyN9IKGfWKdAwFaE5pm0qg==",
            "hyN9IKGfWKdAwFaE5pm0qh",
            "g7237d20a19f58a740c05684e699b4aa",
        ];
        for key in wrong {
            let error = content_key(Some(key), Some(KID)).unwrap_err().to_string();
            assert_eq!(error, "The key is not 16 bytes.");
        }
        assert!(content_key(Some(KEY), Some("a16e402b-9056-e371-f36d-348aa62bb74")).is_err());
    }
}
