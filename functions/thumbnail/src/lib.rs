#![doc = include_str!("../README.md")]

mod clear;
mod decode;
mod error;
mod finished;
mod moments;
mod picture;
mod pictures;
mod poster;
mod preview;
mod storyboard;

use std::time::Instant;

use bytes::Bytes;
use futures::future::try_join_all;
use reeldrop_events::{
    AssetId, Events, PicturesPlanned, PosterCompleted, StepFailed, ThumbnailsCompleted,
};
use reeldrop_runtime::{Failure, Function, blocking};
use reeldrop_store::{Key, Store};

pub use error::Error;

use crate::{
    clear::Clear,
    moments::Moments,
    pictures::{Pictures, Taken},
    poster::Poster,
};

/// Makes the pictures of titles.
#[derive(Clone, Debug)]
pub struct Thumbnail {
    store: Store,
}

impl Function for Thumbnail {
    const NAME: &'static str = "thumbnail";
    type Input = PicturesPlanned;

    async fn handle(&self, planned: PicturesPlanned) -> Result<Events, Failure> {
        let asset = planned.asset;
        let (part, done) = match planned.complete {
            true => (
                "",
                self.complete(planned).await.map(|done| Events::of(&done)),
            ),
            false => (
                "poster",
                self.early(planned).await.map(|done| Events::of(&done)),
            ),
        };
        done.map_err(|error| {
            error.into_failure(|reason| StepFailed {
                asset,
                step: Self::NAME.to_owned(),
                part: part.to_owned(),
                reason,
            })
        })
    }
}

impl Thumbnail {
    /// Uses `store` for encoded parts and pictures.
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
    async fn complete(&self, planned: PicturesPlanned) -> Result<ThumbnailsCompleted, Error> {
        if let Some(completed) = finished::load(&self.store, &planned).await? {
            return Ok(completed);
        }
        let (started, asset) = (Instant::now(), planned.asset);
        let (taken, poster) = self.look(&planned).await?;
        let pictures = blocking(move || Pictures::of(&taken, poster)).await??;
        let completed = self.save(asset, pictures).await?;
        let duration_ms = started.elapsed().as_millis() as u64;
        tracing::info!(asset.id = %asset, duration_ms, "pictures made");
        finished::save(&self.store, planned, completed).await
    }

    /// A poster from what there is of the title.
    async fn early(&self, planned: PicturesPlanned) -> Result<PosterCompleted, Error> {
        let (asset, segments) = (planned.asset, planned.segments);
        let (_, poster) = self.look(&planned).await?;
        let key = Key::EarlyPoster { asset, segments };
        // Caches keep it for ever: the one that was first stays.
        self.store.put_new(&key, Bytes::from(poster.jpeg)).await?;
        Ok(PosterCompleted {
            asset,
            segments,
            poster: key.path(),
            poster_width: poster.width,
            poster_height: poster.height,
            poster_time_ms: poster.time_ms,
        })
    }

    /// Looks at a small rendition, and takes the best moment once more from the largest.
    async fn look(&self, planned: &PicturesPlanned) -> Result<(Taken, Poster), Error> {
        let clear = Clear::of(&self.store, planned)?;
        let moments = Moments::of(clear.end_ns().await?);
        let title_ns = match planned.complete {
            true => moments.duration_ns,
            false => clear.planned_ns(),
        };
        let ticks: Vec<u64> = moments.offsets_ns().map(|ns| clear.tick(ns)).collect();
        let keys = clear.keys(clear.small, &ticks).await?;
        let taken = blocking(move || Taken::of(&keys, moments, title_ns)).await??;
        let best = taken.best()?.clone();
        let large = match clear.small.name == clear.large.name {
            true => None,
            false => Some(clear.keys(clear.large, &[best.tick]).await?),
        };
        let poster = blocking(move || Poster::of(&best, large.as_ref())).await??;
        Ok((taken, poster))
    }

    /// The poster comes last: who sees it finds the others.
    async fn save(&self, asset: AssetId, pictures: Pictures) -> Result<ThumbnailsCompleted, Error> {
        let storyboard = Key::Storyboard { asset };
        let preview = Key::Preview { asset };
        let poster = Key::Poster { asset };
        let mut objects = vec![
            (storyboard.clone(), Bytes::from(pictures.cues)),
            (preview.clone(), Bytes::from(pictures.preview)),
        ];
        let mut sheets = 0;
        for sheet in pictures.storyboard.sheets {
            let key = Key::StoryboardSheet {
                asset,
                sheet: sheets,
            };
            objects.push((key, Bytes::from(sheet)));
            sheets += 1;
        }
        let puts = objects.iter();
        try_join_all(puts.map(|(key, body)| self.store.put(key, body.clone()))).await?;
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
            tiles: Some(pictures.storyboard.tiles),
            preview: preview.path(),
        })
    }
}
