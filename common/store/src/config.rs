//! The S3 client, from the environment.

use std::{env, time::Duration};

use aws_config::{BehaviorVersion, Region, timeout::TimeoutConfig};
use aws_sdk_s3::{
    Client,
    config::{
        Builder, Credentials, RequestChecksumCalculation, ResponseChecksumValidation,
        SharedHttpClient, retry::RetryConfig,
    },
};

use crate::{Bucket, StoreError};

/// Any region signs for an endpoint that has none, such as the local one and MinIO.
const DEFAULT_REGION: &str = "us-east-1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// From the first byte sent to the first received: an 8 MiB part on a slow line is in it.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 4;

/// Names of the three buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BucketNames {
    uploads: String,
    work: String,
    media: String,
}

impl BucketNames {
    pub(crate) fn from_env() -> Self {
        Self {
            uploads: variable("REELDROP_UPLOADS_BUCKET")
                .unwrap_or_else(|| "reeldrop-uploads".to_owned()),
            work: variable("REELDROP_WORK_BUCKET").unwrap_or_else(|| "reeldrop-work".to_owned()),
            media: variable("REELDROP_MEDIA_BUCKET").unwrap_or_else(|| "reeldrop-media".to_owned()),
        }
    }

    pub(crate) fn of(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Uploads => &self.uploads,
            Bucket::Work => &self.work,
            Bucket::Media => &self.media,
        }
    }
}

/// The client for requests of this process, and the one that signs URLs for others.
pub(crate) struct Clients {
    pub(crate) own: Client,
    pub(crate) signing: Client,
}

impl Clients {
    pub(crate) async fn from_env() -> Result<Self, StoreError> {
        let endpoint = endpoint("REELDROP_S3_ENDPOINT")?;
        let public = self::endpoint("REELDROP_S3_PUBLIC_ENDPOINT")?.or_else(|| endpoint.clone());
        let builder = builder(endpoint.as_deref()).await;
        let own = with_endpoint(builder.clone(), endpoint);
        let signing = with_endpoint(builder, public);
        Ok(Self {
            own: Client::from_conf(own.build()),
            signing: Client::from_conf(signing.build()),
        })
    }
}

async fn builder(endpoint: Option<&str>) -> Builder {
    let builder = match (endpoint, static_credentials()) {
        // AWS's own search asks the machine's metadata service, which takes seconds where there is none.
        (Some(_), Some(credentials)) => Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(region())
            .credentials_provider(credentials),
        (Some(_) | None, _) => {
            let config = aws_config::defaults(BehaviorVersion::latest()).load().await;
            Builder::from(&config)
        }
    };
    let builder = builder
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts())
        // Objects are megabytes on two busy cores. TCP and TLS check what goes over the line; a hash
        // on top would cost as much as encrypting does.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    match endpoint {
        Some(endpoint) if endpoint.starts_with("http://") => builder.http_client(plain_http()),
        Some(_) | None => builder,
    }
}

fn with_endpoint(builder: Builder, endpoint: Option<String>) -> Builder {
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

fn static_credentials() -> Option<Credentials> {
    let id = variable("AWS_ACCESS_KEY_ID")?;
    let secret = variable("AWS_SECRET_ACCESS_KEY")?;
    Some(Credentials::new(
        id,
        secret,
        variable("AWS_SESSION_TOKEN"),
        None,
        "environment",
    ))
}

fn region() -> Region {
    let name = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    Region::new(name.unwrap_or_else(|| DEFAULT_REGION.to_owned()))
}

fn endpoint(name: &'static str) -> Result<Option<String>, StoreError> {
    let Some(value) = variable(name) else {
        return Ok(None);
    };
    if value.starts_with("http://") || value.starts_with("https://") {
        return Ok(Some(value.trim_end_matches('/').to_owned()));
    }
    Err(StoreError::Setting {
        name,
        reason: format!("{value:?} is no http:// or https:// address"),
    })
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
