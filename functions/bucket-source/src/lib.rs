#![doc = include_str!("../README.md")]

mod config;
mod error;
mod gcs;
mod notification;
mod s3;

pub use config::Config;
pub use error::NotificationError;
pub use notification::{Created, Notification};

use reeldrop_events::{Events, UploadFinalized};
use reeldrop_runtime::{Failure, Function};

/// The function: it needs to know the uploads bucket only.
#[derive(Clone, Debug)]
pub struct BucketSource {
    config: Config,
}

impl BucketSource {
    /// The function with the environment's configuration.
    #[must_use]
    pub fn from_env() -> Self {
        Self::new(Config::from_env())
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

    async fn handle(&self, notification: Notification) -> Result<Events, Failure> {
        let uploads = notification
            .created
            .into_iter()
            .filter(|created| self.is_upload(created));
        let finalized: Vec<_> = uploads.map(UploadFinalized::from).collect();
        Ok(Events::none().and_all(&finalized))
    }
}
