#![doc = include_str!("../README.md")]

mod caller;
mod config;
mod error;
mod gcs;
mod notification;
mod pubsub;
mod pull;
mod s3;

pub use caller::{Callers, Google};
pub use config::Config;
pub use error::NotificationError;
pub use notification::{Created, Notification};
pub use pubsub::Subscription;
pub use pull::Puller;

use reeldrop_events::{Events, UploadFinalized};
use reeldrop_runtime::{Failure, Function, HeaderMap, Refusal};

/// The function: it needs to know the uploads bucket, and whom to believe.
#[derive(Debug)]
pub struct BucketSource {
    config: Config,
}

impl BucketSource {
    /// The function with the environment's configuration.
    ///
    /// # Errors
    /// Those of [`Config::from_env`].
    pub fn from_env() -> anyhow::Result<Self> {
        Ok(Self::new(Config::from_env()?))
    }

    /// The function for the given configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    fn is_upload(&self, created: &Created) -> bool {
        let is_folder = created.object.ends_with('/') && created.size_bytes == 0;
        created.bucket == self.config.uploads_bucket && !is_folder
    }
}

impl Function for BucketSource {
    const NAME: &'static str = "bucket-source";
    /// Stores and Eventarc call it straight, and do not read the answer.
    const REPLIES: bool = false;
    type Input = Notification;

    async fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let authorization = headers.get("authorization");
        let authorization = authorization.and_then(|value| value.to_str().ok());
        self.config.callers.admit(authorization).await
    }

    async fn handle(&self, notification: Notification) -> Result<Events, Failure> {
        let uploads = notification
            .created
            .into_iter()
            .filter(|created| self.is_upload(created));
        let finalized: Vec<_> = uploads.map(UploadFinalized::from).collect();
        Ok(Events::none().and_all(&finalized))
    }
}
