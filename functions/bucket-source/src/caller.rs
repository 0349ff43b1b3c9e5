//! Who may announce uploads: a function that the internet reaches believes nobody without proof.

use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use reeldrop_runtime::Refusal;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

const TIMEOUT: Duration = Duration::from_secs(5);
/// How long keys are believed; Google changes them about once a week, and says so a day before.
const KEYS_LAST: Duration = Duration::from_secs(3_600);
/// How often they are fetched at most: a stranger can name any key.
const FETCH_EVERY: Duration = Duration::from_secs(30);
/// Google Identity, "Validate the ID token".
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// Whose requests are taken.
#[derive(Debug)]
pub enum Callers {
    /// Everybody's: the network lets only those through who may.
    Anyone,
    /// Those with this token, as a webhook sends it.
    Token(String),
    /// Those with an OpenID Connect token of Google's for this account and audience, as a Pub/Sub
    /// push subscription sends it.
    Google(Box<Google>),
}

/// What a Pub/Sub push subscription was set up with, and Google's keys.
#[derive(Debug)]
pub struct Google {
    audience: String,
    account: String,
    keys_url: String,
    client: reqwest::Client,
    keys: Mutex<Option<Keys>>,
}

#[derive(Clone, Debug)]
struct Keys {
    set: JwkSet,
    fetched: Instant,
}

#[derive(Deserialize)]
struct Claims {
    email: String,
    #[serde(default)]
    email_verified: bool,
}

impl Callers {
    /// Whether the value of the `Authorization` header proves enough.
    ///
    /// # Errors
    /// [`Refusal`] saying what is missing.
    pub async fn admit(&self, authorization: Option<&str>) -> Result<(), Refusal> {
        let token = || {
            let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
            token.ok_or_else(|| Refusal::Unproven("there is no bearer token".to_owned()))
        };
        match self {
            Self::Anyone => Ok(()),
            // Hashes are compared, so that the time it takes tells nothing of the token.
            Self::Token(expected) if Sha256::digest(token()?) == Sha256::digest(expected) => Ok(()),
            Self::Token(_) => Err(Refusal::Stranger("the token is another".to_owned())),
            Self::Google(google) => google.admit(token()?).await,
        }
    }
}

impl Google {
    /// Believes tokens for `account` and `audience` that a key of `keys_url` (JSON Web Key Set) signed.
    #[must_use]
    pub fn new(audience: String, account: String, keys_url: String) -> Self {
        Self {
            audience,
            account,
            keys_url,
            client: reqwest::Client::new(),
            keys: Mutex::new(None),
        }
    }

    async fn admit(&self, token: &str) -> Result<(), Refusal> {
        let unproven = |reason: &dyn std::fmt::Display| {
            Refusal::Unproven(format!("the token does not hold: {reason}"))
        };
        let header = decode_header(token).map_err(|error| unproven(&error))?;
        let kid = header.kid.ok_or_else(|| unproven(&"it names no key"))?;
        let key = self
            .key(&kid)
            .await?
            .ok_or_else(|| unproven(&"it names a key that the issuer does not have"))?;
        // Only RS256, whatever the token says: the sender does not choose.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&ISSUERS);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        let claims = decode::<Claims>(token, &key, &validation)
            .map_err(|error| unproven(&error))?
            .claims;
        if claims.email_verified && claims.email == self.account {
            return Ok(());
        }
        Err(Refusal::Stranger(
            "the token is for another account than REELDROP_PUSH_ACCOUNT".to_owned(),
        ))
    }

    /// The key of this name, fetched where it is not known yet.
    async fn key(&self, kid: &str) -> Result<Option<DecodingKey>, Refusal> {
        let mut kept = self.keys.lock().await;
        let known = kept
            .as_ref()
            .filter(|keys| keys.fetched.elapsed() < KEYS_LAST);
        let is_known = known.is_some_and(|keys| keys.set.find(kid).is_some());
        let is_fresh = known.is_some_and(|keys| keys.fetched.elapsed() < FETCH_EVERY);
        if !is_known && !is_fresh {
            *kept = Some(Keys {
                set: self.fetch().await?,
                fetched: Instant::now(),
            });
        }
        let found = kept.as_ref().and_then(|keys| keys.set.find(kid));
        // A key that does not parse cannot have signed anything.
        Ok(found.and_then(|key| DecodingKey::from_jwk(key).ok()))
    }

    async fn fetch(&self) -> Result<JwkSet, Refusal> {
        let undecided = |error: reqwest::Error| {
            Refusal::Undecided(format!(
                "the keys of {} cannot be had: {error}",
                self.keys_url
            ))
        };
        let answer = self.client.get(&self.keys_url).timeout(TIMEOUT).send();
        let answer = answer.await.and_then(reqwest::Response::error_for_status);
        answer.map_err(undecided)?.json().await.map_err(undecided)
    }
}
