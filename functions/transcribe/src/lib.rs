#![doc = include_str!("../README.md")]

mod blocks;
mod captions;
mod closed;
mod config;
mod cut;
mod error;
mod finished;
mod guard;
mod input;
mod listen;
mod planning;
mod sound;
mod source;
mod subtitles;
mod voice;
mod words;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use reeldrop_events::{
    CaptionsImported, CaptionsPlanned, Events, MediaProbed, Source, SpeechPlanned,
    SpeechTranscribed, StepFailed, TranscriptSkipped,
};
use reeldrop_media::ReadAt;
use reeldrop_runtime::{Failure, Function, blocking};
use reeldrop_store::{Location, Store};

pub use config::{Config, ConfigError};
pub use error::Error;
pub use input::Input;

use crate::{
    finished::{Heard, Note},
    listen::Listener,
    source::Object,
};

/// Listens, and makes captions.
pub struct Transcribe {
    store: Store,
    config: Config,
    /// The models, read when the first part comes; they stay, since reading them takes long.
    listener: Arc<Mutex<Option<Listener>>>,
}

impl Function for Transcribe {
    const NAME: &'static str = "transcribe";
    type Input = Input;

    async fn handle(&self, input: Input) -> Result<Events, Failure> {
        let (asset, part) = (input.asset(), input.part());
        let done = match &input {
            Input::Probed(probed) => self.plan(probed).await,
            Input::Speech(planned) => self.speech(planned).await,
            Input::Captions(planned) => self.captions(planned).await,
            Input::Imported(imported) => self.imported(imported).await,
            Input::Subtitles(planned) => self.subtitles(planned).await,
            Input::Closed(planned) => self.closed_captions(planned).await,
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
}

impl Transcribe {
    /// Uses `store` for sources and captions.
    #[must_use]
    pub fn new(store: Store, config: Config) -> Self {
        Self {
            store,
            config,
            listener: Arc::default(),
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

    /// The captions that are there already, and the parts to listen to, or why nobody does.
    async fn plan(&self, probed: &MediaProbed) -> Result<Events, Error> {
        let (subtitles, has_closed) = self.found_subtitles(probed).await?;
        // A track of closed captions says what the pictures say.
        let closed = match has_closed {
            true => None,
            false => self.found_closed_captions(probed, &subtitles).await?,
        };
        let found = Events::none()
            .and_all(&subtitles)
            .and_all(closed.as_slice());
        Ok(Events::from(
            [self.plan_speech(probed).into_vec(), found.into_vec()].concat(),
        ))
    }

    fn plan_speech(&self, probed: &MediaProbed) -> Events {
        let Some(track) = probed.media.audio.first() else {
            return Events::none();
        };
        match self.config.models() {
            Ok(models) => {
                let speech = planning::speech(probed, track, &self.config, &models.name);
                Events::none().and_all(&planning::parts(probed, &speech))
            }
            Err(missing) => {
                let (asset, reason) = (probed.asset, missing.to_string());
                tracing::warn!(asset.id = %asset, "{reason}");
                Events::of(&TranscriptSkipped { asset, reason })
            }
        }
    }

    async fn speech(&self, planned: &SpeechPlanned) -> Result<Events, Error> {
        let heard = match finished::load(&self.store, planned).await? {
            Some(heard) => heard,
            None => {
                let heard = self.listen(planned).await?;
                finished::save(&self.store, planned, heard).await?
            }
        };
        Ok(Events::of(&SpeechTranscribed {
            asset: planned.asset,
            source: planned.source.clone(),
            speech: planned.speech.clone(),
            part: planned.part,
            language: heard.language,
            words: heard.words.len() as u32,
        }))
    }

    async fn listen(&self, planned: &SpeechPlanned) -> Result<Heard, Error> {
        let (started, work) = (Instant::now(), planned.clone());
        let (reader, config) = (self.reader(&planned.source), self.config.clone());
        let listener = Arc::clone(&self.listener);
        let heard = blocking(move || {
            // One at a time: the model's working memory is large, and it uses all cores.
            let mut kept = listener.lock().unwrap_or_else(PoisonError::into_inner);
            let model = &work.speech.model;
            // Another model goes before this one comes: two may be more than the memory.
            let listener = match kept.take().filter(|known| known.model == *model) {
                Some(listener) => listener,
                None => Listener::open(&config, model)?,
            };
            kept.insert(listener).part(&work, &reader)
        })
        .await??;
        let duration_ms = started.elapsed().as_millis() as u64;
        tracing::info!(asset.id = %planned.asset, part.index = planned.part, language = heard.language,
            words = heard.words.len(), duration_ms, "speech transcribed");
        Ok(heard)
    }

    async fn captions(&self, planned: &CaptionsPlanned) -> Result<Events, Error> {
        let mut words = Vec::new();
        for part in 0..planned.speech.parts {
            words.extend(Note::of_part(&self.store, planned, part).await?);
        }
        captions::of_words(&self.store, planned, words, self.config.columns).await
    }

    async fn imported(&self, imported: &CaptionsImported) -> Result<Events, Error> {
        captions::of_file(&self.store, imported).await
    }

    fn reader(&self, source: &Source) -> Arc<dyn ReadAt> {
        let reader = self.store.reader(Location::from(source), source.size_bytes);
        Arc::new(Object(reader.of_version(&source.version)))
    }
}
