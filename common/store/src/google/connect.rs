//! The clients, with the identity that the machine gives: workload identity on a cluster.

use std::time::Duration;

use google_cloud_auth::{
    credentials::{Builder, Credentials},
    signer::Signer,
};
use google_cloud_gax::{
    client_builder::Error as BuilderError, exponential_backoff::ExponentialBackoffBuilder,
    retry_policy::RetryPolicyExt,
};
use google_cloud_storage::{
    client::{Storage, StorageControl},
    retry_policy::RetryableErrors,
};

use super::{Google, error::with_causes};
use crate::StoreError;

const ENDPOINT: &str = "https://storage.googleapis.com";
/// As many as the S3 client makes: what still fails comes again as an event.
const ATTEMPTS: u32 = 4;
/// Before the second try at most, and before any: `xml` pauses as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_millis(1_800);
/// An answer may be long, but not silent for longer than this: the request fails and comes again.
const SILENCE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);

impl Google {
    /// Connects as the application default credentials say; sends nothing yet.
    pub(crate) async fn connect() -> Result<Self, StoreError> {
        // Two providers are linked into these programs (`ring` by the other HTTP client): the gRPC
        // channel would not know which to take. This one is what the S3 client has.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let credentials = Builder::default().build().map_err(unusable)?;
        let signer = Builder::default().build_signer();
        Self::with(
            ENDPOINT,
            credentials,
            signer.map_err(|error| error.to_string()),
        )
        .await
    }

    /// Connects to an endpoint with these credentials.
    pub(crate) async fn with(
        endpoint: &str,
        credentials: Credentials,
        signer: Result<Signer, String>,
    ) -> Result<Self, StoreError> {
        let pauses = || {
            ExponentialBackoffBuilder::new()
                .with_initial_delay(FIRST_PAUSE)
                .with_maximum_delay(LAST_PAUSE)
                .clamp()
        };
        let storage = Storage::builder()
            .with_endpoint(endpoint)
            .with_credentials(credentials.clone())
            .with_backoff_policy(pauses())
            .with_retry_policy(RetryableErrors.with_attempt_limit(ATTEMPTS));
        let control = StorageControl::builder()
            .with_endpoint(endpoint)
            .with_credentials(credentials.clone())
            .with_backoff_policy(pauses())
            .with_retry_policy(RetryableErrors.with_attempt_limit(ATTEMPTS));
        Ok(Self {
            storage: storage.build().await.map_err(unbuilt)?,
            control: control.build().await.map_err(unbuilt)?,
            http: http().map_err(unmade)?,
            credentials,
            signer,
            endpoint: endpoint.to_owned(),
        })
    }
}

fn http() -> Result<reqwest::Client, reqwest::Error> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE);
    client.build()
}

/// Why Google's client is not there: only one of its reasons is who asks.
fn unbuilt(error: BuilderError) -> StoreError {
    if error.is_default_credentials() {
        return unusable(error);
    }
    unmade(error)
}

/// Most often there are no certificates on the machine, or a proxy's address cannot be read.
fn unmade(error: impl std::error::Error + 'static) -> StoreError {
    StoreError::Client {
        reason: with_causes(&error),
    }
}

fn unusable(error: impl std::error::Error + 'static) -> StoreError {
    StoreError::Setting {
        name: "GOOGLE_APPLICATION_CREDENTIALS",
        reason: format!(
            "Google's application default credentials cannot be used: {}. On a cluster, give \
             the pod's service account a Google account; elsewhere run `gcloud auth \
             application-default login`",
            with_causes(&error)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_credentials_says_so() {
        let credentials = unbuilt(BuilderError::cred("no file")).to_string();
        assert!(
            credentials.contains("application default credentials"),
            "{credentials}"
        );
        assert!(credentials.contains("no file"), "{credentials}");
        let broken = reqwest::Client::builder().user_agent("\n").build();
        for error in [
            unbuilt(BuilderError::transport("no certificates")),
            unmade(broken.unwrap_err()),
        ] {
            let text = error.to_string();
            assert!(
                text.starts_with("the store's client cannot be made: "),
                "{text}"
            );
            assert!(!text.contains("credentials"), "{text}");
        }
    }
}
