//! The key that a caller may send with an upload, in the object's metadata.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reeldrop_catalog::{ContentKey, MasterKey};
use uuid::Uuid;

use crate::Error;

/// The key itself, as a caller with its own S3 client writes it.
const KEY: &str = "reeldrop-key";

/// The key wrapped under the master key, as the portal writes it.
const WRAPPED_KEY: &str = "reeldrop-wrapped-key";

/// The key id that goes with either.
const KID: &str = "reeldrop-kid";

/// Reads the key from an upload's metadata; none where the caller leaves it to Reeldrop.
///
/// # Errors
/// [`Error::CallerKey`] where there is half a key, or one that cannot be read.
pub(crate) fn caller_key(
    metadata: &BTreeMap<String, String>,
    master: &MasterKey,
) -> Result<Option<ContentKey>, Error> {
    let value = |name| metadata.get(name).map(|value| value.trim());
    let (key, wrapped, kid) = (value(KEY), value(WRAPPED_KEY), value(KID));
    let Some(kid) = kid else {
        return match (key, wrapped) {
            (None, None) => Ok(None),
            _ => Err(Error::CallerKey("reeldrop-kid is missing")),
        };
    };
    let kid = sixteen_bytes(kid).ok_or(Error::CallerKey("reeldrop-kid is not 16 bytes"))?;
    let kid = Uuid::from_bytes(kid);
    let key = match (key, wrapped) {
        (_, Some(wrapped)) => master.unwrap(wrapped, &wrapping_context(kid))?,
        (Some(key), None) => {
            sixteen_bytes(key).ok_or(Error::CallerKey("reeldrop-key is not 16 bytes"))?
        }
        (None, None) => return Err(Error::CallerKey("reeldrop-key is missing")),
    };
    Ok(Some(ContentKey::with_random_iv(kid, key)))
}

/// What a wrapped key is bound to, so that it does not pass for the key of another key id.
fn wrapping_context(kid: Uuid) -> String {
    format!("upload {kid}")
}

/// 16 bytes as 32 hex digits, with the dashes of a UUID or without, or as 22 characters of base64url.
fn sixteen_bytes(text: &str) -> Option<[u8; 16]> {
    let bytes = match text.len() {
        32 => hex::decode(text).ok()?,
        36 => Uuid::try_parse(text).ok()?.into_bytes().to_vec(),
        _ => URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?,
    };
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_BYTES: [u8; 16] = [
        0x87, 0x23, 0x7d, 0x20, 0xa1, 0x9f, 0x58, 0xa7, 0x40, 0xc0, 0x51, 0x84, 0xe6, 0x99, 0xbd,
        0xaa,
    ];

    fn master() -> MasterKey {
        MasterKey::new(&[7; 32])
    }

    fn read(pairs: &[(&str, &str)]) -> Result<Option<ContentKey>, Error> {
        let metadata = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        caller_key(&metadata.collect(), &master())
    }

    #[test]
    fn hex_and_base64url_are_the_same_key() {
        let hex = read(&[
            (KEY, "87237d20a19f58a740c05184e699bdaa"),
            (KID, "A16E402B9056E371F36D348AA62BB749"),
        ]);
        let base64 = read(&[
            (KEY, "hyN9IKGfWKdAwFGE5pm9qg"),
            (KID, "oW5AK5BW43HzbTSKpiu3SQ"),
        ]);
        for found in [hex, base64] {
            let found = found.unwrap().unwrap();
            assert_eq!(found.key, KEY_BYTES);
            assert_eq!(
                found.kid.simple().to_string(),
                "a16e402b9056e371f36d348aa62bb749"
            );
        }
    }

    #[test]
    fn a_wrapped_key_opens_for_its_own_key_id_only() {
        let kid = "a16e402b9056e371f36d348aa62bb749";
        let context = "upload a16e402b-9056-e371-f36d-348aa62bb749";
        let wrapped = master().wrap(&KEY_BYTES, context);
        let found = read(&[(WRAPPED_KEY, &wrapped), (KID, kid)])
            .unwrap()
            .unwrap();
        assert_eq!(found.key, KEY_BYTES);
        let other = read(&[
            (WRAPPED_KEY, &wrapped),
            (KID, "00000000000000000000000000000001"),
        ]);
        assert!(other.is_err());
    }

    #[test]
    fn no_key_is_none_and_half_a_key_an_error() {
        assert!(read(&[("reeldrop-scheme", "cbcs")]).unwrap().is_none());
        assert!(read(&[(KEY, "87237d20a19f58a740c05184e699bdaa")]).is_err());
        assert!(read(&[(KID, "87237d20a19f58a740c05184e699bdaa")]).is_err());
        assert!(read(&[(KEY, "8723"), (KID, "87237d20a19f58a740c05184e699bdaa")]).is_err());
    }
}
