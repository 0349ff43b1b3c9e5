//! Pub/Sub's REST interface, as far as a subscription that is pulled needs it.
//! <https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions>

use std::time::{Duration, Instant};

use reeldrop_runtime::{InvalidVariable, env, env_or};
use reqwest::{Client, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Names the subscription; without it uploads are pushed.
const SUBSCRIPTION: &str = "REELDROP_PULL_SUBSCRIPTION";
const DEFAULT_URL: &str = "https://pubsub.googleapis.com";
/// Google's "Authenticate workloads with the metadata server".
const DEFAULT_TOKEN_URL: &str =
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";
/// Pub/Sub answers an empty pull within about a minute and a half.
const PULL_TIMEOUT: Duration = Duration::from_secs(120);
const TIMEOUT: Duration = Duration::from_secs(10);
/// A token is renewed so long before it ends.
const TOKEN_RESERVE: Duration = Duration::from_secs(60);

/// Where messages are pulled from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// `REELDROP_PULL_SUBSCRIPTION`: `projects/<project>/subscriptions/<name>`.
    pub name: String,
    /// `REELDROP_PULL_URL`: Pub/Sub's address.
    pub url: String,
    /// `REELDROP_PULL_TOKEN_URL`: who gives tokens to this workload.
    pub token_url: String,
}

impl Subscription {
    /// Whether the environment names one; where it does not, uploads are pushed.
    #[must_use]
    pub fn is_named() -> bool {
        // One that is named by nothing is a mistake to be told of, and not a push.
        std::env::var_os(SUBSCRIPTION).is_some()
    }

    /// Reads the environment.
    ///
    /// # Errors
    /// Where the subscription is not named, or not by its whole name.
    pub fn from_env() -> anyhow::Result<Self> {
        let name = env(SUBSCRIPTION)?;
        if !is_whole(&name) {
            let reason = "not projects/<project>/subscriptions/<name>";
            return Err(InvalidVariable::new(SUBSCRIPTION, &name, reason).into());
        }
        Ok(Self {
            name,
            url: env_or("REELDROP_PULL_URL", DEFAULT_URL),
            token_url: env_or("REELDROP_PULL_TOKEN_URL", DEFAULT_TOKEN_URL),
        })
    }
}

fn is_whole(name: &str) -> bool {
    let parts: Vec<_> = name.split('/').collect();
    matches!(*parts, ["projects", project, "subscriptions", name] if !project.is_empty() && !name.is_empty())
}

/// Why a call to Pub/Sub did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PubSubError {
    /// The workload gets no token.
    #[error("the metadata server gives no token: {0}")]
    Token(reqwest::Error),
    /// There is no whole answer.
    #[error("Pub/Sub does not answer: {0}")]
    Silent(reqwest::Error),
    /// It says no.
    #[error("Pub/Sub answers {status}: {message}")]
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// Its words.
        message: String,
    },
}

/// A message that nobody else gets until its deadline.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Received {
    /// What it is acknowledged by.
    pub(crate) ack_id: String,
    /// `PubsubMessage`, as a push has it.
    pub(crate) message: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pulled {
    #[serde(default)]
    received_messages: Vec<Received>,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Refusal {
    error: Words,
}

#[derive(Deserialize)]
struct Words {
    message: String,
}

/// A subscription, called in the workload's own name.
#[derive(Debug)]
pub(crate) struct PubSub {
    subscription: Subscription,
    client: Client,
    token: Option<(String, Instant)>,
}

impl PubSub {
    pub(crate) fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            client: Client::new(),
            token: None,
        }
    }

    /// Name of the subscription.
    pub(crate) fn name(&self) -> &str {
        &self.subscription.name
    }

    /// Waits for messages, and returns `most` of them or fewer, none after a while.
    pub(crate) async fn pull(&mut self, most: u32) -> Result<Vec<Received>, PubSubError> {
        let body = json!({"maxMessages": most});
        let pulled: Pulled = self.call("pull", &body, PULL_TIMEOUT).await?;
        Ok(pulled.received_messages)
    }

    /// Says that the messages need not come again.
    pub(crate) async fn acknowledge(&mut self, ids: &[String]) -> Result<(), PubSubError> {
        self.about("acknowledge", ids, json!({"ackIds": ids})).await
    }

    /// Says how long nobody else gets the messages; zero gives them back, and they come again as the
    /// subscription's retry policy says.
    pub(crate) async fn lease(
        &mut self,
        ids: &[String],
        lasts: Duration,
    ) -> Result<(), PubSubError> {
        let body = json!({"ackIds": ids, "ackDeadlineSeconds": lasts.as_secs()});
        self.about("modifyAckDeadline", ids, body).await
    }

    async fn about(&mut self, verb: &str, ids: &[String], body: Value) -> Result<(), PubSubError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.call::<Value>(verb, &body, TIMEOUT).await?;
        Ok(())
    }

    async fn call<T: DeserializeOwned>(
        &mut self,
        verb: &str,
        body: &Value,
        timeout: Duration,
    ) -> Result<T, PubSubError> {
        let token = self.token().await.map_err(PubSubError::Token)?;
        let Subscription { name, url, .. } = &self.subscription;
        let request = self.client.post(format!("{url}/v1/{name}:{verb}"));
        let request = request.bearer_auth(token).json(body).timeout(timeout);
        let answer = request.send().await.map_err(PubSubError::Silent)?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(PubSubError::Silent);
        }
        if status == StatusCode::UNAUTHORIZED {
            // Rights were changed, or the clock was: a new token may be taken.
            self.token = None;
        }
        let text = answer.text().await.unwrap_or_default();
        let words = serde_json::from_str(&text).map(|refusal: Refusal| refusal.error.message);
        Err(PubSubError::Refused {
            status,
            message: words.unwrap_or_else(|_| "without saying why".to_owned()),
        })
    }

    async fn token(&mut self) -> Result<String, reqwest::Error> {
        if let Some((token, ends)) = &self.token
            && Instant::now() < *ends
        {
            return Ok(token.clone());
        }
        let request = self.client.get(&self.subscription.token_url);
        let answer = request.header("metadata-flavor", "Google").timeout(TIMEOUT);
        let answer = answer.send().await?.error_for_status()?;
        let token: Token = answer.json().await?;
        let lasts = Duration::from_secs(token.expires_in).saturating_sub(TOKEN_RESERVE);
        self.token = Some((token.access_token.clone(), Instant::now() + lasts));
        Ok(token.access_token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_named_with_its_project() {
        assert!(is_whole("projects/p/subscriptions/s"));
        for short in [
            "s",
            "projects/p/topics/s",
            "projects//subscriptions/s",
            "projects/p/subscriptions/",
        ] {
            assert!(!is_whole(short), "{short}");
        }
    }
}
