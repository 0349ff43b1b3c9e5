//! The registry, and what of it lies in a folder.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Detector, ModelError};

const BUILT_IN: &str = include_str!("../models.yaml");

/// What a model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Tells speech from everything else (Silero, ggml).
    VoiceActivity,
    /// Writes what people say (Whisper, ggml).
    Speech,
    /// Writes what a machine says: for tests, and never chosen by itself.
    SyntheticSpeech,
    /// Finds things on pictures (ONNX).
    Objects,
    /// Finds faces on pictures (ONNX).
    Faces,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name on the command line.
    pub name: String,
    /// What it does.
    pub task: Task,
    /// Name of its file.
    pub file: String,
    /// Size of its file.
    pub bytes: u64,
    /// SHA-256 of its file, in hex.
    pub sha256: String,
    /// SPDX name of its licence.
    pub licence: String,
    /// Where it can be fetched; none where it comes with a folder only.
    #[serde(default)]
    pub url: Option<String>,
    /// What a person must know to choose it.
    pub about: String,
    /// Whether it is fetched without being asked for by name.
    pub pull: bool,
    /// What goes in and comes out, for those that look at pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detector: Option<Detector>,
}

/// All models that are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Registry(Vec<Model>);

impl Registry {
    /// The registry that is part of the program.
    ///
    /// # Errors
    /// [`ModelError::Registry`] where it was changed into something else.
    pub fn built_in() -> Result<Self, ModelError> {
        Ok(Self(yaml_serde::from_str(BUILT_IN)?))
    }

    /// The models, for each task the preferred one first.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.0.iter()
    }

    /// The model of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Model> {
        self.0.iter().find(|model| model.name == name)
    }

    /// The preferred model for a task that lies in `folder`.
    #[must_use]
    pub fn installed(&self, task: Task, folder: &Path) -> Option<(&Model, PathBuf)> {
        let of_task = self.0.iter().filter(|model| model.task == task);
        of_task
            .map(|model| (model, folder.join(&model.file)))
            .find(|(_, path)| path.is_file())
    }
}

impl Model {
    /// Reads the whole file, and compares it with what the registry says.
    ///
    /// # Errors
    /// [`ModelError`] where it cannot be read or is another one.
    pub fn verify(&self, folder: &Path) -> Result<(), ModelError> {
        let path = folder.join(&self.file);
        let found = match sha256(&path) {
            Ok(found) => found,
            Err(source) => return Err(ModelError::Read { path, source }),
        };
        match found == self.sha256 {
            true => Ok(()),
            false => Err(ModelError::Different {
                name: self.name.clone(),
                path,
                found,
                expected: self.sha256.clone(),
            }),
        }
    }
}

/// A file's SHA-256, in hex.
fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(&block[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    #[test]
    fn every_entry_of_the_registry_can_be_fetched_and_checked() {
        let registry = Registry::built_in().unwrap();
        let names: BTreeSet<_> = registry.models().map(|model| &model.name).collect();
        assert_eq!(names.len(), registry.models().count());
        for model in registry.models() {
            assert_eq!(
                hex::decode(&model.sha256).unwrap().len(),
                32,
                "{}",
                model.name
            );
            assert!(
                !model.file.contains('/') && model.bytes > 0,
                "{}",
                model.name
            );
            let url = model.url.as_deref();
            assert!(
                url.is_none_or(|url| url.starts_with("https://")),
                "{}",
                model.name
            );
            assert!(!model.pull || url.is_some(), "{}", model.name);
            let looks = matches!(model.task, Task::Objects | Task::Faces);
            assert_eq!(looks, model.detector.is_some(), "{}", model.name);
        }
    }

    #[test]
    fn the_preferred_model_that_is_there_is_used() {
        let (registry, folder) = (Registry::built_in().unwrap(), tempfile::tempdir().unwrap());
        let speech = |folder: &Path| {
            let found = registry.installed(Task::Speech, folder);
            found.map(|(model, _)| model.name.clone())
        };
        assert_eq!(speech(folder.path()), None);
        fs::write(folder.path().join("ggml-tiny.bin"), "x").unwrap();
        assert_eq!(speech(folder.path()), Some("whisper-tiny".to_owned()));
        fs::write(folder.path().join("ggml-base.bin"), "x").unwrap();
        assert_eq!(speech(folder.path()), Some("whisper-base".to_owned()));
    }

    #[test]
    fn a_file_that_is_another_one_is_told() {
        let (registry, folder) = (Registry::built_in().unwrap(), tempfile::tempdir().unwrap());
        let model = registry.named("whisper-tiny").unwrap();
        assert!(matches!(
            model.verify(folder.path()),
            Err(ModelError::Read { .. })
        ));
        fs::write(folder.path().join(&model.file), "x").unwrap();
        let error = model.verify(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("reeldrop models pull whisper-tiny"),
            "{error}"
        );
    }
}
