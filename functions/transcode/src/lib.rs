#![doc = include_str!("../README.md")]

mod audio;
mod config;
mod elements;
mod encoder;
mod error;
mod finished;
mod input;
mod launched;
mod patience;
pub mod scale;
mod source;
mod video;

use std::{sync::Arc, time::Instant};

use reeldrop_events::{
    AudioPlanned, AudioTranscoded, ChunkPlanned, ChunkTranscoded, Events, Source, StepFailed,
};
use reeldrop_media::ReadAt;
use reeldrop_runtime::{Failure, Function, blocking};
use reeldrop_store::{Location, Store};

pub use config::Config;
pub use encoder::{Encoder, Wanted};
pub use error::Error;
pub use input::Input;

use crate::{
    finished::{Encoded, Finished},
    source::Object,
};

/// Encodes the parts of a plan.
pub struct Transcode {
    store: Store,
    config: Config,
}

impl Function for Transcode {
    const NAME: &'static str = "transcode";
    type Input = Input;

    async fn handle(&self, input: Input) -> Result<Events, Failure> {
        let (asset, part) = (input.asset(), input.part());
        let done = match &input {
            Input::Chunk(planned) => self.chunk(planned).await.map(|done| Events::of(&done)),
            Input::Audio(planned) => self.audio(planned).await.map(|done| Events::of(&done)),
        };
        let step = Self::NAME.to_owned();
        done.map_err(|error| {
            error.into_failure(|reason| StepFailed {
                asset,
                step,
                part,
                reason,
            })
        })
    }
}

impl Transcode {
    /// Uses `store` for sources and results.
    #[must_use]
    pub fn new(store: Store, config: Config) -> Self {
        Self { store, config }
    }

    /// Reads the environment.
    ///
    /// # Errors
    /// A setting that is missing or does not fit.
    pub async fn from_env() -> anyhow::Result<Self> {
        Ok(Self::new(Store::from_env().await?, Config::from_env()?))
    }

    async fn chunk(&self, planned: &ChunkPlanned) -> Result<ChunkTranscoded, Error> {
        let finished = Finished::of_chunk(planned);
        let renditions = match finished.load(&self.store).await? {
            Some(renditions) => renditions,
            None => {
                let encoded = self.encode_chunk(planned).await?;
                let differ = self.config.encoders_differ;
                finished.save(&self.store, encoded, differ).await?
            }
        };
        Ok(ChunkTranscoded {
            asset: planned.asset,
            source: planned.source.clone(),
            chunk: planned.chunk,
            renditions,
            scheme: planned.scheme,
        })
    }

    async fn encode_chunk(&self, planned: &ChunkPlanned) -> Result<Vec<Encoded>, Error> {
        let (started, reader) = (Instant::now(), self.reader(&planned.source));
        let (work, config) = (planned.clone(), self.config);
        let encoded = blocking(move || video::transcode(&work, &reader, config)).await??;
        let seconds = started.elapsed().as_secs_f64();
        let (frames, fps) = (encoded.frames, encoded.frames as f64 / seconds.max(1e-3));
        tracing::info!(asset.id = %planned.asset, chunk.index = planned.chunk.index, frames,
            duration_ms = (seconds * 1000.0) as u64, fps = fps.round(), "chunk encoded");
        Ok(encoded.renditions)
    }

    async fn audio(&self, planned: &AudioPlanned) -> Result<AudioTranscoded, Error> {
        let finished = Finished::of_audio(planned);
        let renditions = match finished.load(&self.store).await? {
            Some(renditions) => renditions,
            None => {
                let encoded = vec![self.encode_audio(planned).await?];
                finished.save(&self.store, encoded, false).await?
            }
        };
        Ok(AudioTranscoded {
            asset: planned.asset,
            source: planned.source.clone(),
            part: planned.part,
            rendition: renditions.into_iter().next().ok_or(Error::NoSound)?,
            scheme: planned.scheme,
        })
    }

    async fn encode_audio(&self, planned: &AudioPlanned) -> Result<Encoded, Error> {
        let (started, reader) = (Instant::now(), self.reader(&planned.source));
        let work = planned.clone();
        let encoded = blocking(move || audio::transcode(&work, &reader)).await??;
        let duration_ms = started.elapsed().as_millis() as u64;
        tracing::info!(asset.id = %planned.asset, rendition = planned.rendition.name,
            part.index = planned.part.index, duration_ms, "sound encoded");
        Ok(encoded)
    }

    fn reader(&self, source: &Source) -> Arc<dyn ReadAt> {
        let reader = self.store.reader(Location::from(source), source.size_bytes);
        Arc::new(Object(reader.of_version(&source.version)))
    }
}
