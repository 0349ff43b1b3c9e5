#![doc = include_str!("../README.md")]

mod error;
mod finished;
mod moments;
mod picture;
mod pictures;
mod poster;
mod preview;
mod source;
mod storyboard;
mod tone;
mod walk;

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use reeldrop_events::{Events, MediaProbed, StepFailed, ThumbnailsCompleted};
use reeldrop_media::ReadAt;
use reeldrop_runtime::{Failure, Function, blocking};
use reeldrop_store::{Key, Location, Store};

pub use error::Error;

use crate::{pictures::Pictures, source::Object};

/// Makes the pictures of titles.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    store: Store,
}

impl Function for Thumbnail {
    const NAME: &'static str = "thumbnail";
    type Input = MediaProbed;

    async fn handle(&self, probed: MediaProbed) -> Result<Events, Failure> {
        let asset = probed.asset;
        let completed = self.complete(probed).await.map_err(|error| {
            error.into_failure(|reason| StepFailed {
                asset,
                step: Self::NAME.to_owned(),
                part: String::new(),
                reason,
            })
        })?;
        Ok(Events::of(&completed))
    }
}

impl Thumbnail {
    /// Uses `store` for sources and pictures.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Reads the environment.
    ///
    /// # Errors
    /// A setting that is missing or does not fit.
    pub async fn from_env() -> anyhow::Result<Self> {
        Ok(Self::new(Store::from_env().await?))
    }

    /// What is finished already, or else is made now.
    async fn complete(&self, probed: MediaProbed) -> Result<ThumbnailsCompleted, Error> {
        if let Some(completed) = finished::load(&self.store, &probed).await? {
            return Ok(completed);
        }
        let completed = self.make(probed.clone()).await?;
        finished::save(&self.store, probed, completed).await
    }

    async fn make(&self, probed: MediaProbed) -> Result<ThumbnailsCompleted, Error> {
        let (started, asset) = (Instant::now(), probed.asset);
        let reader = self
            .store
            .reader(Location::from(&probed.source), probed.source.size_bytes)
            .of_version(&probed.source.version);
        let source: Arc<dyn ReadAt> = Arc::new(Object(reader));
        let pictures =
            blocking(move || Pictures::of(source, &probed.media, &probed.plan)).await??;
        let completed = self.save(asset, pictures).await?;
        let duration_ms = started.elapsed().as_millis() as u64;
        tracing::info!(asset.id = %asset, duration_ms, "pictures made");
        Ok(completed)
    }

    /// The poster comes last: who sees it finds the others.
    async fn save(
        &self,
        asset: reeldrop_events::AssetId,
        pictures: Pictures,
    ) -> Result<ThumbnailsCompleted, Error> {
        let mut sheets = 0;
        for sheet in pictures.sheets {
            let key = Key::StoryboardSheet {
                asset,
                sheet: sheets,
            };
            self.store.put(&key, Bytes::from(sheet)).await?;
            sheets += 1;
        }
        let storyboard = Key::Storyboard { asset };
        let preview = Key::Preview { asset };
        let poster = Key::Poster { asset };
        self.store
            .put(&storyboard, Bytes::from(pictures.cues))
            .await?;
        self.store
            .put(&preview, Bytes::from(pictures.preview))
            .await?;
        self.store
            .put(&poster, Bytes::from(pictures.poster.jpeg))
            .await?;
        Ok(ThumbnailsCompleted {
            asset,
            poster: poster.path(),
            poster_width: pictures.poster.width,
            poster_height: pictures.poster.height,
            poster_time_ms: pictures.poster.time_ms,
            storyboard: storyboard.path(),
            sheets,
            preview: preview.path(),
        })
    }
}
