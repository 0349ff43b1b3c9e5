//! Settings from the environment, and the models that they choose.

use std::path::{Path, PathBuf};

use reeldrop_captions::language;
use reeldrop_models::{ModelError, Registry, Task};
use reeldrop_runtime::{InvalidVariable, env_or, env_parsed};

const DEFAULT_COLUMNS: usize = 42;

/// Lines of fewer characters hold no sentence, of more no screen.
const COLUMNS: std::ops::RangeInclusive<usize> = 20..=60;

/// More threads than these do not make the models faster.
const MOST_THREADS: usize = 8;

/// Why the function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable does not fit.
    #[error(transparent)]
    Variable(#[from] InvalidVariable),
    /// The registry cannot be read.
    #[error(transparent)]
    Registry(#[from] ModelError),
}

/// How to listen.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of models.
    pub folder: PathBuf,
    /// The models that are known.
    pub registry: Registry,
    /// A file, or the name of a model; empty to take the best that is installed.
    pub model: String,
    /// BCP 47 language that is spoken; none to find out.
    pub language: Option<String>,
    /// Whether to write English whatever is spoken.
    pub translate: bool,
    /// Characters of a caption's line.
    pub columns: usize,
    /// Threads that compute.
    pub threads: usize,
}

/// The models that a part is heard with.
#[derive(Clone, Debug)]
pub(crate) struct Models {
    pub(crate) voice: PathBuf,
    pub(crate) speech: PathBuf,
    /// The speech model's name: its file's, without the ending.
    pub(crate) name: String,
}

/// No model is installed: what to do, for a person.
#[derive(Clone, Debug, thiserror::Error)]
#[error("skipped: no model; run `reeldrop models pull`")]
pub(crate) struct NoModel;

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with the variable that does not fit.
    pub fn from_env() -> Result<Self, ConfigError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let columns = env_parsed("REELDROP_CAPTION_COLUMNS", DEFAULT_COLUMNS)?;
        let spoken = env_or("REELDROP_SPEECH_LANGUAGE", "");
        let invalid = |name, value: &str, reason| InvalidVariable::new(name, value, reason);
        if !COLUMNS.contains(&columns) {
            let value = columns.to_string();
            return Err(invalid("REELDROP_CAPTION_COLUMNS", &value, "20 to 60").into());
        }
        if !spoken.is_empty() && !language::is_tag(&spoken) {
            let reason = "a BCP 47 tag such as en";
            return Err(invalid("REELDROP_SPEECH_LANGUAGE", &spoken, reason).into());
        }
        let folder = reeldrop_models::folder_from_env();
        Ok(Self {
            registry: Registry::of_folder(&folder)?,
            folder,
            model: env_or("REELDROP_WHISPER_MODEL", ""),
            language: (!spoken.is_empty()).then_some(spoken),
            translate: env_parsed("REELDROP_TRANSLATE", false)?,
            columns,
            // ggml's threads wait for each other by spinning: where others need a core too, one
            // thread more makes all of them slower.
            threads: env_parsed(
                "REELDROP_WHISPER_THREADS",
                (cores - 1).clamp(1, MOST_THREADS),
            )?,
        })
    }

    /// The models that are installed.
    pub(crate) fn models(&self) -> Result<Models, NoModel> {
        let installed = |task| self.registry.installed(task, &self.folder);
        let (_, voice) = installed(Task::VoiceActivity).ok_or(NoModel)?;
        let speech = match self.model.as_str() {
            "" => installed(Task::Speech).map(|(_, path)| path),
            model => self.named(model),
        };
        let speech = speech.ok_or(NoModel)?;
        let name = speech.file_stem().unwrap_or_default();
        Ok(Models {
            voice,
            name: name.to_string_lossy().into_owned(),
            speech,
        })
    }

    /// The models for a part that is to be heard by the speech model of that name.
    pub(crate) fn models_of(&self, name: &str) -> Result<Models, NoModel> {
        let (_, voice) = self
            .registry
            .installed(Task::VoiceActivity, &self.folder)
            .ok_or(NoModel)?;
        let known = self.registry.models().map(|model| Path::new(&model.file));
        let mut speech = known
            .map(|file| self.folder.join(file))
            .chain(self.named(&self.model))
            .filter(|path| path.file_stem().is_some_and(|stem| stem == name));
        Ok(Models {
            voice,
            name: name.to_owned(),
            speech: speech.find(|path| path.is_file()).ok_or(NoModel)?,
        })
    }

    fn named(&self, model: &str) -> Option<PathBuf> {
        let file = match self.registry.named(model) {
            Some(known) => Path::new(&known.file),
            None => Path::new(model),
        };
        // Joining an absolute path gives that path.
        Some(self.folder.join(file)).filter(|path| path.is_file())
    }
}
