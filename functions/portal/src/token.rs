//! Tokens: what lets a player have the key of one title, for some hours.
//!
//! Whoever may ask the API for a title is given the address of its manifests with a token. The
//! manifests that are fetched under that address have it in their licence addresses. A token is
//! `expiry || HMAC-SHA-256(expiry, title)`, cut to 16 bytes, in base64url; its expiry is a full hour,
//! so that manifests stay the same, and can be kept, for an hour.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use reeldrop_catalog::MasterKey;
use reeldrop_events::AssetId;
use sha2::Sha256;

use crate::Error;

/// A token lasts at least this long: longer than any title and a pause in the middle.
const LIFE: Duration = Duration::from_secs(12 * 3600);

/// Expiry is rounded up to a multiple of this.
const STEP_S: u64 = 3600;

/// Bytes of the signature: as many as nobody can guess.
const SIGNATURE_BYTES: usize = 16;

/// What the tokens' key is for.
const PURPOSE: &str = "licence tokens";

/// Where a token stands in an address.
pub(crate) const PARAMETER: &str = "token";

/// Makes and checks tokens.
#[derive(Clone)]
pub(crate) struct Tokens {
    key: [u8; 32],
    /// Of earlier master keys, whose tokens still count.
    earlier: Vec<[u8; 32]>,
}

impl Tokens {
    pub(crate) fn new(master: &MasterKey) -> Self {
        Self {
            key: master.derive(PURPOSE),
            earlier: master.derive_earlier(PURPOSE),
        }
    }

    /// A token for the title from now on.
    pub(crate) fn issue(&self, asset: AssetId) -> String {
        self.issue_at(asset, now_s())
    }

    /// Whether the token is for that title, and not too old.
    ///
    /// # Errors
    /// [`Error::Forbidden`] says what is wrong with it.
    pub(crate) fn check(&self, asset: AssetId, token: Option<&str>) -> Result<(), Error> {
        self.check_at(asset, token, now_s())
    }

    fn issue_at(&self, asset: AssetId, now_s: u64) -> String {
        let expiry = (now_s + LIFE.as_secs())
            .next_multiple_of(STEP_S)
            .to_be_bytes();
        let signed = mac(&self.key, asset, expiry).finalize().into_bytes();
        let signature = signed.get(..SIGNATURE_BYTES).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([expiry.as_slice(), signature].concat())
    }

    fn check_at(&self, asset: AssetId, token: Option<&str>, now_s: u64) -> Result<(), Error> {
        let refused = |error: &str| Err(Error::Forbidden(error.to_owned()));
        let Some(token) = token else {
            return refused("The licence address has no token.");
        };
        let bytes = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        let Some((expiry, signature)) = bytes.split_first_chunk::<8>() else {
            return refused("The token in the licence address is none.");
        };
        // Compared in constant time, and before anything in it is believed.
        let is_signed_with = |key| {
            let mac = mac(key, asset, *expiry);
            mac.verify_truncated_left(signature).is_ok()
        };
        let mut keys = std::iter::once(&self.key).chain(&self.earlier);
        if signature.len() != SIGNATURE_BYTES || !keys.any(is_signed_with) {
            return refused("The token in the licence address is not for this title.");
        }
        if u64::from_be_bytes(*expiry) <= now_s {
            return refused("The token in the licence address has expired.");
        }
        Ok(())
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(key: &[u8; 32], asset: AssetId, expiry: [u8; 8]) -> Hmac<Sha256> {
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(key);
    let mut mac = mac.expect("a key of any length");
    mac.update(&expiry);
    mac.update(asset.0.as_bytes());
    mac
}

/// Seconds since 1970; 0 where the clock stands before.
fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW_S: u64 = 1_790_000_123;

    fn tokens(master: u8) -> Tokens {
        Tokens::new(&MasterKey::new(&[master; 32]))
    }

    fn title(id: u128) -> AssetId {
        AssetId(Uuid::from_u128(id))
    }

    #[test]
    fn a_token_opens_its_own_title_until_it_expires() {
        let token = tokens(1).issue_at(title(1), NOW_S);
        let check = |now_s| tokens(1).check_at(title(1), Some(&token), now_s);
        assert!(check(NOW_S).is_ok());
        assert!(check(NOW_S + 12 * 3600).is_ok());
        let error = check(NOW_S + 13 * 3600 + 1).unwrap_err();
        assert!(error.to_string().contains("expired"), "{error}");
    }

    #[test]
    fn a_token_of_another_title_key_or_time_opens_nothing() {
        let token = tokens(1).issue_at(title(1), NOW_S);
        let refused = |tokens: Tokens, title, token: &str| {
            tokens
                .check_at(title, Some(token), NOW_S)
                .unwrap_err()
                .to_string()
        };
        assert!(refused(tokens(1), title(2), &token).contains("not for this title"));
        assert!(refused(tokens(2), title(1), &token).contains("not for this title"));
        let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        bytes[3] ^= 1;
        let later = URL_SAFE_NO_PAD.encode(&bytes);
        assert!(refused(tokens(1), title(1), &later).contains("not for this title"));
        for short in [&token[..20], &token[..12]] {
            assert!(refused(tokens(1), title(1), short).contains("not for this title"));
        }
    }

    #[test]
    fn a_token_outlives_the_exchange_of_the_master_key() {
        let token = tokens(1).issue_at(title(1), NOW_S);
        let exchanged = Tokens::new(&MasterKey::new(&[2; 32]).or(&[1; 32]));
        assert!(exchanged.check_at(title(1), Some(&token), NOW_S).is_ok());
        let issued = exchanged.issue_at(title(1), NOW_S);
        assert_eq!(issued, tokens(2).issue_at(title(1), NOW_S));
    }

    #[test]
    fn what_is_no_token_is_refused_in_words() {
        let check = |token| tokens(1).check_at(title(1), token, NOW_S).unwrap_err();
        assert!(check(None).to_string().contains("has no token"));
        for token in ["", "abc", "ä", "????"] {
            assert!(
                check(Some(token)).to_string().contains("is none"),
                "{token}"
            );
        }
    }

    #[test]
    fn tokens_of_an_hour_are_the_same() {
        let issue = |now_s| tokens(1).issue_at(title(1), now_s);
        let hour = NOW_S.next_multiple_of(STEP_S);
        assert_eq!(issue(hour - 1), issue(hour - STEP_S + 1));
        assert_ne!(issue(hour - 1), issue(hour + 1));
    }
}
