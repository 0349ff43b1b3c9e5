//! The registry, and what of it lies in a folder.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Detector, ImageEncoder, ModelError, TextEncoder};

const BUILT_IN: &str = include_str!("../models.yaml");

/// Entries of a folder's own, beside its files.
const OWN: &str = "models.yaml";

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
    /// Says what a picture shows, to be compared with words (CLIP, ONNX).
    ImageEmbedding,
    /// Says what words mean, to be compared with pictures (CLIP, ONNX).
    TextEmbedding,
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
    /// What goes in and comes out, for those that say what pictures show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_encoder: Option<ImageEncoder>,
    /// What goes in and comes out, for those that say what words mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_encoder: Option<TextEncoder>,
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

    /// The registry that is part of the program, after the folder's own `models.yaml` where it has one:
    /// its entries are preferred, and take the place of those of the same name.
    ///
    /// # Errors
    /// [`ModelError`] where the folder's cannot be read, or is none.
    pub fn of_folder(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join(OWN);
        let own: Vec<Model> = match fs::read(&path) {
            Ok(body) => match yaml_serde::from_slice(&body) {
                Ok(own) => own,
                Err(source) => return Err(ModelError::Own { path, source }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(ModelError::Read { path, source }),
        };
        let Self(mut built_in) = Self::built_in()?;
        built_in.retain(|model| own.iter().all(|own| own.name != model.name));
        Ok(Self([own, built_in].concat()))
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
            let encodes = (
                model.task == Task::ImageEmbedding,
                model.task == Task::TextEmbedding,
            );
            let entry = (model.image_encoder.is_some(), model.text_encoder.is_some());
            assert_eq!(encodes, entry, "{}", model.name);
        }
    }

    #[test]
    fn words_can_be_compared_with_pictures_and_name_scenes_that_are_no_things() {
        let registry = Registry::built_in().unwrap();
        let things: BTreeSet<_> = registry
            .models()
            .filter_map(|model| model.detector.as_ref())
            .flat_map(|detector| &detector.labels)
            .collect();
        let words = registry
            .models()
            .find_map(|model| model.text_encoder.as_ref());
        let words = words.unwrap();
        let mut pictures = registry
            .models()
            .filter_map(|model| model.image_encoder.as_ref());
        assert!(pictures.any(
            |pictures| (&pictures.space, pictures.dimension) == (&words.space, words.dimension)
        ));
        let labels: BTreeSet<_> = words.labels.iter().collect();
        assert_eq!(
            labels.len(),
            words.labels.len(),
            "a label stands there twice"
        );
        assert!(labels.is_disjoint(&things), "a thing is no scene");
        assert!(words.prompt.contains("{}"));
    }

    #[test]
    fn a_folder_may_have_entries_of_its_own_which_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let built_in = Registry::built_in().unwrap();
        assert_eq!(Registry::of_folder(folder.path()).unwrap(), built_in);
        let own = "
            - {name: mine, task: objects, file: mine.onnx, bytes: 1, sha256: '00', licence: MIT,
               about: Mine., pull: false}
            - {name: whisper-tiny, task: speech, file: other.bin, bytes: 1, sha256: '00', licence: MIT,
               about: Other., pull: false}";
        fs::write(folder.path().join(OWN), own).unwrap();
        let registry = Registry::of_folder(folder.path()).unwrap();
        assert_eq!(registry.models().count(), built_in.models().count() + 1);
        assert_eq!(
            registry.models().next().map(|model| model.name.as_str()),
            Some("mine")
        );
        assert_eq!(registry.named("whisper-tiny").unwrap().file, "other.bin");
        fs::write(folder.path().join(OWN), "- {name: half}").unwrap();
        let error = Registry::of_folder(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("models.yaml") && error.contains("task"),
            "{error}"
        );
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
