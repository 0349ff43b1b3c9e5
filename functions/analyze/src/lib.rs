#![doc = include_str!("../README.md")]

mod answer;
mod beside;
mod colour;
mod config;
mod described;
mod device;
mod encode;
mod error;
mod eye;
mod finished;
mod grid;
mod handover;
mod heads;
mod input;
mod join;
mod look;
mod looking;
mod pace;
mod picture;
mod planning;
mod portraits;
mod prepared;
mod published;
mod realtime;
mod resample;
mod sampled;
mod scaler;
mod scenes;
mod seen;
mod sheets;
mod source;
mod stills;
mod superseded;
mod telling;
mod tensor;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Instant,
};

use reeldrop_events::{
    AnalysisPlan, AnalysisPlanned, AnalysisSkipped, ChunkAnalyzed, DetectionsPlanned, Events,
    MediaProbed, ReanalysisPlanned, Source, StepFailed,
};
use reeldrop_media::ReadAt;
use reeldrop_runtime::{Failure, Function, blocking};
use reeldrop_store::{Location, Store};
use serde_json::Value;

pub use config::{Config, ConfigError, Execution};
pub use error::Error;
pub use input::Input;

use crate::{
    answer::Words,
    looking::{Looker, Until},
    planning::Asked,
    seen::Looked,
    source::Object,
};

/// Version of what is made of the models' answers: with another, titles show other things, or the same
/// ones otherwise. A new one is for titles that are planned from then on, or run again.
pub const VERSION: u32 = 4;

/// Looks at titles.
pub struct Analyze {
    store: Store,
    config: Config,
    /// The models, read when the first part comes; they stay, since reading them takes long.
    looker: Arc<Mutex<Option<Looker>>>,
    /// What words mean; apart, so that who asks need not wait for a part.
    words: Words,
}

impl Function for Analyze {
    const NAME: &'static str = "analyze";
    type Input = Input;

    async fn handle(&self, input: Input) -> Result<Events, Failure> {
        let (asset, part) = (input.asset(), input.part());
        let done = match &input {
            Input::Probed(probed) => Ok(self.plan(probed, Asked::default())),
            Input::Again(planned) => self.again(planned).await,
            Input::Part(planned) => self.part(planned).await,
            Input::Join(planned) => self.join(planned).await,
        };
        done.map_err(|error| {
            error.into_failure(|reason| StepFailed {
                asset,
                step: Self::NAME.to_owned(),
                part,
                reason,
            })
        })
    }

    async fn answer(&self, question: Value) -> Result<Option<Value>, Failure> {
        answer::answer(&self.config, &self.words, question).await
    }
}

impl Analyze {
    /// Uses `store` for sources and results.
    #[must_use]
    pub fn new(store: Store, config: Config) -> Self {
        Self {
            store,
            config,
            looker: Arc::default(),
            words: Words::default(),
        }
    }

    /// Reads the environment.
    ///
    /// # Errors
    /// A setting that is missing or does not fit.
    pub async fn from_env() -> anyhow::Result<Self> {
        let config = Config::from_env()?;
        reeldrop_media::init()?;
        Ok(Self::new(Store::from_env().await?, config))
    }

    /// The parts to look at, or why nobody does.
    fn plan(&self, probed: &MediaProbed, asked: Asked<'_>) -> Events {
        match self.config.models(asked.objects) {
            Ok(models) => {
                let parts = planning::parts(probed, &self.config, &models, asked);
                Events::none().and_all(&parts)
            }
            Err(blind) => {
                let (asset, reason) = (probed.asset, blind.to_string());
                tracing::warn!(asset.id = %asset, "{reason}");
                let revision = asked.revision;
                Events::of(&AnalysisSkipped {
                    asset,
                    reason,
                    revision,
                })
            }
        }
    }

    /// Plans as a person has asked. What is worked on for earlier requests ends before: it would be in the way,
    /// where anything is to be looked at.
    async fn again(&self, planned: &ReanalysisPlanned) -> Result<Events, Error> {
        if self.config.models(planned.objects.as_deref()).is_ok() {
            superseded::tell(&self.store, planned).await?;
        }
        let asked = Asked {
            revision: planned.revision,
            mode: planned.mode,
            objects: planned.objects.as_deref(),
        };
        Ok(self.plan(&planned.probed, asked))
    }

    async fn part(&self, planned: &AnalysisPlanned) -> Result<Events, Error> {
        is_ours(&planned.analysis)?;
        let started = Instant::now();
        let mut looked = finished::load(&self.store, planned).await?;
        while !looked.whole {
            if superseded::is(&self.store, planned).await? {
                tracing::info!(asset.id = %planned.asset, chunk.index = planned.chunk.index,
                    revision = planned.analysis.revision, "superseded by a newer request");
                return Ok(Events::none());
            }
            looked = self.look(planned, looked).await?;
            // What kept up with the clock and was broken off has holes, which nobody fills.
            if looked.whole || planned.analysis.mode.is_batch() {
                looked = finished::save(&self.store, planned, looked).await?;
            }
            if !looked.whole && started.elapsed() >= self.config.patience {
                return Err(Error::Unfinished(looked.pictures.len()));
            }
        }
        let pictures = looked.pictures;
        let boxes: usize = pictures.iter().map(|picture| picture.seen.len()).sum();
        Ok(Events::of(&ChunkAnalyzed {
            asset: planned.asset,
            source: planned.source.clone(),
            analysis: planned.analysis.clone(),
            part: planned.chunk.index,
            pictures: pictures.len() as u32,
            dropped: looked.dropped,
            boxes: boxes as u32,
        }))
    }

    /// Looks on, for a while, or until somebody asks anew.
    async fn look(&self, planned: &AnalysisPlanned, before: Looked) -> Result<Looked, Error> {
        let (started, work) = (Instant::now(), planned.clone());
        let (reader, config) = (self.reader(&planned.source), self.config.clone());
        let (looker, before_pictures) = (Arc::clone(&self.looker), before.pictures.len());
        let until = Until {
            slice: config.slice,
            ..Until::default()
        };
        let stop = Arc::clone(&until.stop);
        let looking = blocking(move || {
            // One at a time: the models' working memory is large, and they use all cores.
            let mut looker = looker.lock().unwrap_or_else(PoisonError::into_inner);
            // Models may have been installed since they were opened, and titles may want different ones.
            let fitting = looker.take().filter(|looker| looker.is_of(&work.analysis));
            let looker = looker.insert(match fitting {
                Some(looker) => looker,
                None => Looker::open(&config, &work.analysis)?,
            });
            looker.part(&work, &reader, before, &until)
        });
        tokio::pin!(looking);
        let looked = tokio::select! {
            looked = &mut looking => looked,
            () = superseded::wait(&self.store, planned) => {
                stop.store(true, Ordering::Relaxed);
                looking.await
            }
        }??;
        let mode = planned.analysis.mode.as_str();
        let pictures = (looked.pictures.len() - before_pictures) as u64;
        for (outcome, count) in [("looked", pictures), ("dropped", looked.dropped.into())] {
            let name = "reeldrop_analysis_pictures_total";
            metrics::counter!(name, "mode" => mode, "outcome" => outcome).increment(count);
        }
        let duration_ms = started.elapsed().as_millis() as u64;
        tracing::info!(asset.id = %planned.asset, chunk.index = planned.chunk.index, mode,
            pictures = looked.pictures.len(), dropped = looked.dropped, whole = looked.whole,
            duration_ms, "chunk analyzed");
        Ok(looked)
    }

    async fn join(&self, planned: &DetectionsPlanned) -> Result<Events, Error> {
        is_ours(&planned.analysis)?;
        published::join(&self.store, planned).await
    }

    fn reader(&self, source: &Source) -> Arc<dyn ReadAt> {
        let reader = self.store.reader(Location::from(source), source.size_bytes);
        Arc::new(Object(reader.of_version(&source.version)))
    }
}

/// What another release has planned, and partly seen, is not mixed with what this one sees.
fn is_ours(analysis: &AnalysisPlan) -> Result<(), Error> {
    match analysis.version == VERSION {
        true => Ok(()),
        false => Err(Error::Release),
    }
}
