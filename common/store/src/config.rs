//! The S3 client, from the environment.

use std::{env, fmt, time::Duration};

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

use crate::{Bucket, StoreError};

/// Any region signs for an endpoint that has none, such as the local one and MinIO.
const DEFAULT_REGION: &str = "us-east-1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// From the first byte sent to the first received: an 8 MiB part on a slow line is in it.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 4;

/// How the buckets are reached, and what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Address of an S3 endpoint, reached with path style; none means AWS.
    pub endpoint: Option<String>,
    /// The address that signed URLs name; none means the endpoint.
    pub public_endpoint: Option<String>,
    /// Region to sign for.
    pub region: Option<String>,
    /// Fixed keys; none means the credentials file, or else AWS's own search (environment, profile,
    /// web identity, metadata).
    pub credentials: Option<AccessKey>,
    /// Whether `AWS_SHARED_CREDENTIALS_FILE` names a file with keys, such as a mounted Secret.
    pub has_credentials_file: bool,
    /// Name of [`Bucket::Uploads`].
    pub uploads_bucket: String,
    /// Name of [`Bucket::Work`].
    pub work_bucket: String,
    /// Name of [`Bucket::Media`].
    pub media_bucket: String,
}

/// An access key and its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The key's public name.
    pub id: String,
    /// What signs.
    pub secret: String,
    /// Session token of a temporary key.
    pub session_token: Option<String>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads the variables that the crate's own page lists.
    ///
    /// # Errors
    /// [`StoreError::Setting`] where one does not fit.
    pub fn from_env() -> Result<Self, StoreError> {
        let or = |name, default: &str| variable(name).unwrap_or_else(|| default.to_owned());
        Ok(Self {
            endpoint: endpoint("REELDROP_S3_ENDPOINT")?,
            public_endpoint: endpoint("REELDROP_S3_PUBLIC_ENDPOINT")?,
            region: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
            credentials: access_key(),
            has_credentials_file: variable("AWS_SHARED_CREDENTIALS_FILE").is_some(),
            uploads_bucket: or("REELDROP_UPLOADS_BUCKET", "reeldrop-uploads"),
            work_bucket: or("REELDROP_WORK_BUCKET", "reeldrop-work"),
            media_bucket: or("REELDROP_MEDIA_BUCKET", "reeldrop-media"),
        })
    }

    pub(crate) fn bucket_name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Uploads => &self.uploads_bucket,
            Bucket::Work => &self.work_bucket,
            Bucket::Media => &self.media_bucket,
        }
    }

    /// The client for requests of this process, and the one that signs URLs for others.
    pub(crate) async fn clients(&self) -> (Client, Client) {
        let builder = self.builder().await;
        let public = self.public_endpoint.as_ref().or(self.endpoint.as_ref());
        let own = with_endpoint(builder.clone(), self.endpoint.as_ref());
        let signing = with_endpoint(builder, public);
        (
            Client::from_conf(own.build()),
            Client::from_conf(signing.build()),
        )
    }

    async fn builder(&self) -> Builder {
        // AWS's own search asks the machine's metadata service, which takes seconds where there is none.
        let builder = match (&self.endpoint, self.credentials()) {
            (Some(_), Some(credentials)) => Builder::new()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(
                    self.region
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
        match &self.endpoint {
            Some(endpoint) if endpoint.starts_with("http://") => builder.http_client(plain_http()),
            Some(_) | None => builder,
        }
    }
}

impl Settings {
    /// The keys themselves, or the file that is read for them; none where AWS's search is to find them.
    fn credentials(&self) -> Option<SharedCredentialsProvider> {
        if let Some(key) = &self.credentials {
            return Some(SharedCredentialsProvider::new(key.credentials()));
        }
        self.has_credentials_file.then(|| {
            SharedCredentialsProvider::new(ProfileFileCredentialsProvider::builder().build())
        })
    }
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

fn access_key() -> Option<AccessKey> {
    Some(AccessKey {
        id: variable("AWS_ACCESS_KEY_ID")?,
        secret: variable("AWS_SECRET_ACCESS_KEY")?,
        session_token: variable("AWS_SESSION_TOKEN"),
    })
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
