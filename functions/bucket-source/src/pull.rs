//! Uploads out of a Pub/Sub subscription, for clusters that nothing on the internet reaches.

use std::time::{Duration, Instant};

use reeldrop_runtime::{Failure, Function, Publisher, draining, env_or};
use reqwest::{Client, Response};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::{select, time::sleep};

use crate::{BucketSource, Notification};

const DEFAULT_URL: &str = "https://pubsub.googleapis.com";
/// Google's "Authenticate workloads with the metadata server".
const DEFAULT_TOKEN_URL: &str =
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";
/// Messages asked for at a time.
const MOST_MESSAGES: u32 = 32;
/// Pub/Sub answers an empty pull within about a minute and a half.
const PULL_TIMEOUT: Duration = Duration::from_secs(120);
const TIMEOUT: Duration = Duration::from_secs(10);
/// After a pull that failed.
const PAUSE: Duration = Duration::from_secs(5);
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
    /// Reads the environment; `None` where uploads are pushed.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        let name = env_or("REELDROP_PULL_SUBSCRIPTION", "");
        (!name.is_empty()).then(|| Self {
            name,
            url: env_or("REELDROP_PULL_URL", DEFAULT_URL),
            token_url: env_or("REELDROP_PULL_TOKEN_URL", DEFAULT_TOKEN_URL),
        })
    }
}

/// Pulls messages and announces what they say.
#[derive(Debug)]
pub struct Puller {
    subscription: Subscription,
    function: BucketSource,
    publisher: Publisher,
    client: Client,
    token: Option<(String, Instant)>,
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pulled {
    #[serde(default)]
    received_messages: Vec<Received>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    ack_id: String,
    message: Value,
}

impl Puller {
    /// Pulls from `subscription`, and sends what follows through `publisher`.
    #[must_use]
    pub fn new(subscription: Subscription, function: BucketSource, publisher: Publisher) -> Self {
        Self {
            subscription,
            function,
            publisher,
            client: Client::new(),
            token: None,
        }
    }

    /// Pulls until the process is told to stop. What is not acknowledged by then comes again.
    pub async fn run(mut self) {
        loop {
            let pulled = select! {
                () = draining() => return,
                pulled = self.pull() => pulled,
            };
            let done = match pulled {
                Ok(messages) => self.take(messages).await,
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                tracing::warn!(subscription = self.subscription.name, %error, "uploads cannot be pulled");
                sleep(PAUSE).await;
            }
        }
    }

    async fn pull(&mut self) -> Result<Vec<Received>, reqwest::Error> {
        let body = json!({"maxMessages": MOST_MESSAGES});
        let pulled: Pulled = self.call("pull", &body, PULL_TIMEOUT).await?;
        Ok(pulled.received_messages)
    }

    /// Acknowledges the messages whose uploads the sink has taken. The others come again, until the
    /// subscription's dead-letter policy takes them.
    async fn take(&mut self, messages: Vec<Received>) -> Result<(), reqwest::Error> {
        let mut taken = Vec::new();
        for Received { ack_id, message } in messages {
            match self.announce(message).await {
                Ok(()) => taken.push(ack_id),
                Err(failure) => tracing::warn!(reason = %failure, "a message was not taken"),
            }
        }
        if taken.is_empty() {
            return Ok(());
        }
        let body = json!({"ackIds": taken});
        self.call::<Value>("acknowledge", &body, TIMEOUT).await?;
        Ok(())
    }

    async fn announce(&self, message: Value) -> Result<(), Failure> {
        // A pulled message has the form of a pushed one.
        let notification =
            Notification::of(json!({"message": message})).map_err(Failure::permanent)?;
        let events = self.function.handle(notification).await?;
        self.publisher.send(events).await
    }

    async fn call<T: DeserializeOwned>(
        &mut self,
        verb: &str,
        body: &Value,
        timeout: Duration,
    ) -> Result<T, reqwest::Error> {
        let token = self.token().await?;
        let Subscription { name, url, .. } = &self.subscription;
        let request = self.client.post(format!("{url}/v1/{name}:{verb}"));
        let answer = request.bearer_auth(token).json(body).timeout(timeout);
        let answer = answer.send().await.and_then(Response::error_for_status);
        answer?.json().await
    }

    async fn token(&mut self) -> Result<String, reqwest::Error> {
        if let Some((token, ends)) = &self.token
            && Instant::now() < *ends
        {
            return Ok(token.clone());
        }
        let request = self.client.get(&self.subscription.token_url);
        let answer = request.header("metadata-flavor", "Google").timeout(TIMEOUT);
        let answer = answer.send().await.and_then(Response::error_for_status);
        let token: Token = answer?.json().await?;
        let lasts = Duration::from_secs(token.expires_in).saturating_sub(TOKEN_RESERVE);
        self.token = Some((token.access_token.clone(), Instant::now() + lasts));
        Ok(token.access_token)
    }
}
