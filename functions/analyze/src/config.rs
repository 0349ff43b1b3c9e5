//! Settings from the environment, and the models and the library that they choose.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use reeldrop_events::{AnalysisMode, LookingModel, Ratio};
use reeldrop_models::{Model, ModelError, Registry, Task};
use reeldrop_runtime::{InvalidVariable, env_or, env_parsed};

const LIBRARY: &str = "libonnxruntime.so";

/// Where systems and images have libraries.
const SYSTEM_FOLDERS: [&str; 4] = [
    "/usr/lib/reeldrop",
    "/usr/local/lib",
    "/usr/lib",
    "/usr/lib/x86_64-linux-gnu",
];

/// Pictures per second: things that people notice stay longer than half a second.
const DEFAULT_RATE: u32 = 2;

/// More find nothing more, and take longer than a part may.
const MOST_PER_S: u32 = 10;

/// More threads than these do not make small models faster.
const MOST_THREADS: usize = 8;

/// Nearly all parts take less.
const SLICE: Duration = Duration::from_secs(45);

/// With a slice and the pictures that are under way it stays below the 280 seconds that a function has to
/// end in, and the 300 that a delivery may take.
const PATIENCE: Duration = Duration::from_secs(180);

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

/// What computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Execution {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA card, by CUDA.
    Cuda,
    /// An NVIDIA card, by TensorRT.
    TensorRt,
}

impl FromStr for Execution {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            "tensorrt" => Ok(Self::TensorRt),
            _ => Err("cpu, cuda or tensorrt"),
        }
    }
}

impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
        })
    }
}

/// How to look.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of models.
    pub folder: PathBuf,
    /// The models that are known.
    pub registry: Registry,
    /// Name of the model that finds things; empty to take the best that is installed.
    pub objects: String,
    /// The library of ONNX Runtime; none to look for it.
    pub library: Option<PathBuf>,
    /// What computes.
    pub execution: Execution,
    /// How thoroughly titles are looked at of which nobody says it.
    pub mode: AnalysisMode,
    /// Pictures per second that are looked at.
    pub rate: Ratio,
    /// Threads that compute.
    pub threads: usize,
    /// How long is looked before what was seen is noted: no more than that is lost.
    pub slice: Duration,
    /// How long one delivery looks, at most: what is left is for the next one.
    pub patience: Duration,
}

/// Nobody can look: what to do, for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Blind {
    #[error("skipped: no model; run `reeldrop models pull`")]
    NoModel,
    /// The one that was chosen; to look with another would be to choose.
    #[error("skipped: the model {0} is not installed; run `reeldrop models pull {0}`")]
    Missing(String),
    #[error("skipped: {0} is no model that finds things; see `reeldrop models list`")]
    Unknown(String),
    #[error(
        "skipped: no ONNX Runtime; run `make setup`, or set REELDROP_ONNXRUNTIME to libonnxruntime.so"
    )]
    NoLibrary,
}

/// A model that is installed.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    pub(crate) model: Model,
    pub(crate) path: PathBuf,
}

impl Installed {
    fn new(model: &Model, path: PathBuf) -> Self {
        Self {
            model: model.clone(),
            path,
        }
    }

    /// As events name it.
    pub(crate) fn named(&self) -> LookingModel {
        LookingModel {
            name: self.model.name.clone(),
            version: self.model.sha256.chars().take(8).collect(),
        }
    }
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with the variable that does not fit.
    pub fn from_env() -> Result<Self, ConfigError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let rate = env_parsed("REELDROP_ANALYSIS_RATE", DEFAULT_RATE)?;
        let invalid = |name, value: &str, reason| InvalidVariable::new(name, value, reason);
        if !(1..=MOST_PER_S).contains(&rate) {
            let value = rate.to_string();
            return Err(invalid("REELDROP_ANALYSIS_RATE", &value, "1 to 10").into());
        }
        let folder = reeldrop_models::folder_from_env();
        let registry = Registry::of_folder(&folder)?;
        let objects = env_or("REELDROP_OBJECTS_MODEL", "");
        let known = registry.named(&objects).map(|model| model.task);
        if !objects.is_empty() && known != Some(Task::Objects) {
            let reason = "a model for objects: `reeldrop models list`";
            return Err(invalid("REELDROP_OBJECTS_MODEL", &objects, reason).into());
        }
        Ok(Self {
            folder,
            registry,
            objects,
            library: Some(env_or("REELDROP_ONNXRUNTIME", ""))
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
            mode: env_parsed("REELDROP_ANALYSIS_MODE", AnalysisMode::Batch)?,
            execution: env_parsed("REELDROP_EXECUTION", Execution::Cpu)?,
            rate: Ratio { num: rate, den: 1 },
            threads: env_parsed(
                "REELDROP_ANALYSIS_THREADS",
                (cores - 1).clamp(1, MOST_THREADS),
            )?,
            slice: SLICE,
            patience: PATIENCE,
        })
    }

    /// The models that are installed, if anything can run them; for things the one that is asked for.
    pub(crate) fn models(&self, asked: Option<&str>) -> Result<Vec<Installed>, Blind> {
        let objects = match asked.unwrap_or(&self.objects) {
            "" => self.registry.installed(Task::Objects, &self.folder),
            name => Some(self.chosen(name)?),
        };
        let faces = self.registry.installed(Task::Faces, &self.folder);
        let detectors = [objects, faces].into_iter().flatten();
        let detectors = detectors.map(|(model, path)| Installed::new(model, path));
        // Whoever describes scenes comes after those that find things.
        let installed: Vec<_> = detectors.chain(self.encoders()).collect();
        if installed.is_empty() {
            return Err(Blind::NoModel);
        }
        self.library().map(|_| installed).ok_or(Blind::NoLibrary)
    }

    /// What describes scenes, where it is installed: the model for pictures, and that for words of its space.
    fn encoders(&self) -> Vec<Installed> {
        let pictures = self.pictures();
        let words = pictures.as_ref().and_then(|_| self.words());
        pictures.into_iter().chain(words).collect()
    }

    fn pictures(&self) -> Option<Installed> {
        let pictures = self.registry.installed(Task::ImageEmbedding, &self.folder);
        pictures.map(|(model, path)| Installed::new(model, path))
    }

    /// The model that knows what words mean, where one is installed: of the space of the model for pictures,
    /// where there is one.
    pub(crate) fn words(&self) -> Option<Installed> {
        let pictures = self.pictures();
        let pictures = pictures.and_then(|pictures| pictures.model.image_encoder);
        let fits = |model: &&Model| {
            let space = model.text_encoder.as_ref().map(|words| &words.space);
            model.task == Task::TextEmbedding
                && pictures
                    .as_ref()
                    .is_none_or(|pictures| space == Some(&pictures.space))
        };
        let models = self.registry.models().filter(fits);
        let mut installed =
            models.map(|model| Installed::new(model, self.folder.join(&model.file)));
        installed.find(|installed| installed.path.is_file())
    }

    fn chosen(&self, name: &str) -> Result<(&Model, PathBuf), Blind> {
        let model = self.registry.named(name);
        let model = model.filter(|model| model.task == Task::Objects);
        let model = model.ok_or_else(|| Blind::Unknown(name.to_owned()))?;
        let path = self.folder.join(&model.file);
        match path.is_file() {
            true => Ok((model, path)),
            false => Err(Blind::Missing(name.to_owned())),
        }
    }

    /// The models of a plan, where all of them are installed.
    pub(crate) fn models_of(&self, planned: &[LookingModel]) -> Option<Vec<Installed>> {
        let installed = |planned: &LookingModel| {
            let model = self.registry.named(&planned.name)?.clone();
            let path = self.folder.join(&model.file);
            let installed = Installed { model, path };
            (installed.path.is_file() && installed.named() == *planned).then_some(installed)
        };
        planned.iter().map(installed).collect()
    }

    /// The library that runs models, where there is one.
    pub(crate) fn library(&self) -> Option<PathBuf> {
        if let Some(library) = &self.library {
            return Some(library.clone()).filter(|path| path.is_file());
        }
        let folders = [Some(self.folder.clone()), setup_folder()];
        let folders = folders.into_iter().flatten();
        let folders = folders.chain(SYSTEM_FOLDERS.map(PathBuf::from));
        folders
            .map(|folder| folder.join(LIBRARY))
            .find(|path| path.is_file())
    }
}

/// Where `local/scripts/setup` puts the library.
fn setup_folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = set("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")))?;
    Some(cache.join("reeldrop/onnxruntime"))
}
