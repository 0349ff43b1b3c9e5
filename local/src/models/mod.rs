//! `reeldrop models`: what models there are, fetched and checked.

mod command;
mod pull;

use std::path::{Path, PathBuf};

use reeldrop_models::{Model, ModelError, Registry};
use serde_json::json;

use crate::output;

pub(crate) use command::{Command, run};

/// Why a model is not there.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The registry, or a file that is another one.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Nobody knows a model of that name.
    #[error("there is no model {0}; `reeldrop models list` names them all")]
    Unknown(String),
    /// It is not offered anywhere.
    #[error("{name} cannot be fetched: put its file {file} into {folder}")]
    NoAddress {
        /// The model.
        name: String,
        /// Its file.
        file: String,
        /// The folder of models.
        folder: String,
    },
    /// It could not be fetched.
    #[error("{url} cannot be fetched: {reason}. Check the network, then try again")]
    Fetch {
        /// Its address.
        url: String,
        /// Why not.
        reason: String,
    },
    /// It could not be written.
    #[error("{path}: {source}")]
    Write {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Some installed files are not what they should be.
    #[error("{0} of the installed models cannot be used")]
    Unusable(usize),
}

/// Prints the models that are known, and whether they are there.
///
/// # Errors
/// [`ModelsError::Model`] where the registry cannot be read.
pub fn list(folder: &Path, as_json: bool) -> Result<(), ModelsError> {
    for model in Registry::of_folder(folder)?.models() {
        let installed = folder.join(&model.file).is_file();
        if as_json {
            output::json(&json!({ "model": model, "installed": installed }));
            continue;
        }
        let there = if installed { "installed" } else { "-" };
        let megabytes = model.bytes.div_ceil(1 << 20);
        output::line(&format!(
            "{:18} {there:10} {megabytes:5} MB  {:8} {}",
            model.name, model.licence, model.about
        ));
    }
    if !as_json {
        output::line(&format!("Folder: {}", folder.display()));
    }
    Ok(())
}

/// Fetches models that are not there: those named, or those that make a complete set.
///
/// # Errors
/// [`ModelsError`] for the first that cannot be had.
pub async fn pull(names: &[String], folder: &Path) -> Result<(), ModelsError> {
    let registry = Registry::of_folder(folder)?;
    let wanted: Vec<&Model> = match names {
        [] => registry.models().filter(|model| model.pull).collect(),
        names => {
            let named = |name: &String| {
                let model = registry.named(name);
                model.ok_or_else(|| ModelsError::Unknown(name.clone()))
            };
            names.iter().map(named).collect::<Result<_, _>>()?
        }
    };
    for model in wanted {
        if folder.join(&model.file).is_file() {
            model.verify(folder)?;
            output::line(&format!("{} is there", model.name));
            continue;
        }
        let path: PathBuf = pull::fetch(model, folder).await?;
        output::line(&format!("{} is in {}", model.name, path.display()));
    }
    Ok(())
}

/// Compares every installed file with the registry.
///
/// # Errors
/// [`ModelsError::Unusable`] where one differs; which ones is printed.
pub fn verify(folder: &Path) -> Result<(), ModelsError> {
    let registry = Registry::of_folder(folder)?;
    let installed = registry
        .models()
        .filter(|model| folder.join(&model.file).is_file());
    let mut unusable = 0;
    for model in installed {
        match model.verify(folder) {
            Ok(()) => output::line(&format!("{} is right", model.name)),
            Err(error) => {
                unusable += 1;
                output::line(&format!("{}: {error}", model.name));
            }
        }
    }
    match unusable {
        0 => Ok(()),
        unusable => Err(ModelsError::Unusable(unusable)),
    }
}
