//! The S3 client, as the settings say.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, Region, profile::ProfileFileCredentialsProvider, timeout::TimeoutConfig,
};
use aws_sdk_s3::{
    Client,
    config::{
        Builder, Credentials, RequestChecksumCalculation, ResponseChecksumValidation,
        SharedCredentialsProvider, SharedHttpClient, retry::RetryConfig,
    },
};

use crate::{AccessKey, Settings};

/// Any region signs for an endpoint that has none, such as the local one and MinIO.
const DEFAULT_REGION: &str = "us-east-1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// From the first byte sent to the first received: an 8 MiB part on a slow line is in it.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 4;

/// The client for requests of this process, and the one that signs URLs for others.
pub(super) async fn clients(settings: &Settings) -> (Client, Client) {
    let builder = builder(settings).await;
    let public = settings
        .public_endpoint
        .as_ref()
        .or(settings.endpoint.as_ref());
    let own = with_endpoint(builder.clone(), settings.endpoint.as_ref());
    let signing = with_endpoint(builder, public);
    (
        Client::from_conf(own.build()),
        Client::from_conf(signing.build()),
    )
}

async fn builder(settings: &Settings) -> Builder {
    // AWS's own search asks the machine's metadata service, which takes seconds where there is none.
    let builder = match (&settings.endpoint, credentials(settings)) {
        (Some(_), Some(credentials)) => Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(
                settings
                    .region
                    .clone()
                    .unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            ))
            .credentials_provider(credentials),
        (Some(_) | None, _) => {
            Builder::from(&aws_config::defaults(BehaviorVersion::latest()).load().await)
        }
    };
    let builder = builder
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts())
        // Objects are megabytes on two busy cores. TCP and TLS check what goes over the line; a
        // hash on top would cost as much as encrypting does.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    match &settings.endpoint {
        Some(endpoint) if endpoint.starts_with("http://") => builder.http_client(plain_http()),
        Some(_) | None => builder,
    }
}

/// The keys themselves, or the file that is read for them; none where AWS's search is to find them.
fn credentials(settings: &Settings) -> Option<SharedCredentialsProvider> {
    if let Some(key) = &settings.credentials {
        return Some(SharedCredentialsProvider::new(key.credentials()));
    }
    settings
        .has_credentials_file
        .then(|| SharedCredentialsProvider::new(ProfileFileCredentialsProvider::builder().build()))
}

impl AccessKey {
    fn credentials(&self) -> Credentials {
        Credentials::new(
            &self.id,
            &self.secret,
            self.session_token.clone(),
            None,
            "settings",
        )
    }
}

fn with_endpoint(builder: Builder, endpoint: Option<&String>) -> Builder {
    match endpoint {
        // Bucket names as part of a host name need wildcard DNS, which private endpoints lack.
        Some(endpoint) => builder.endpoint_url(endpoint).force_path_style(true),
        None => builder,
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .build()
}

/// A client without TLS: reading the system's certificates would cost a cold start its time.
fn plain_http() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}
