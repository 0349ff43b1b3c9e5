//! Finds the manifests: in a folder, or in the program itself.

use std::path::Path;

use rust_embed::Embed;

use super::ManifestError;

/// The folders that hold what every deployment has, one object per file. What overlays add is for
/// clusters alone.
const FOLDERS: [&str; 2] = ["knative/base", "triggers/base"];

#[derive(Embed)]
#[folder = "../knative/base"]
struct Knative;

#[derive(Embed)]
#[folder = "../triggers/base"]
struct Triggers;

/// One manifest: a file of one or more objects.
#[derive(Clone, Debug)]
pub struct ManifestFile {
    /// Its path, for messages.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl ManifestFile {
    /// The file's documents, each at the lines where it stands in the file.
    pub(crate) fn documents(&self) -> Vec<Self> {
        let mut documents = vec![String::new()];
        for (number, line) in self.text.lines().enumerate() {
            if line.trim_end() == "---" {
                documents.push("\n".repeat(number + 1));
            } else if let Some(document) = documents.last_mut() {
                document.push_str(line);
                document.push('\n');
            }
        }
        let is_blank = |line: &str| line.trim().is_empty() || line.starts_with('#');
        documents.retain(|text| !text.lines().all(is_blank));
        documents
            .into_iter()
            .map(|text| Self {
                path: self.path.clone(),
                text,
            })
            .collect()
    }
}

/// The manifests that this program was built with.
#[must_use]
pub fn embedded() -> Vec<ManifestFile> {
    let knative = Knative::iter().map(|name| (FOLDERS[0], name.clone(), Knative::get(&name)));
    let triggers = Triggers::iter().map(|name| (FOLDERS[1], name.clone(), Triggers::get(&name)));
    knative
        .chain(triggers)
        .filter(|(_, name, _)| is_object(name))
        .filter_map(|(folder, name, file)| {
            let text = String::from_utf8_lossy(&file?.data).into_owned();
            Some(ManifestFile {
                path: format!("{folder}/{name}"),
                text,
            })
        })
        .collect()
}

/// The manifests in `folder/knative/base` and `folder/triggers/base`.
///
/// # Errors
/// [`ManifestError::Read`] where one of the folders or files cannot be read.
pub fn in_folder(folder: &Path) -> Result<Vec<ManifestFile>, ManifestError> {
    let mut files = Vec::new();
    for name in FOLDERS {
        let folder = folder.join(name);
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source| ManifestError::Read { path, source }
        };
        for entry in std::fs::read_dir(&folder).map_err(failed(&folder))? {
            let path = entry.map_err(failed(&folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_file() && is_object(&name) {
                let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
                files.push(ManifestFile {
                    path: path.display().to_string(),
                    text,
                });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Whether a file holds an object, rather than kustomize's list of the files.
fn is_object(name: &str) -> bool {
    name.ends_with(".yaml") && name != "kustomization.yaml" && !name.contains('/')
}
