//! The file that keys are written to.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A new file for its owner alone; gone again where nothing is saved in it.
pub(super) struct KeyFile {
    path: PathBuf,
    file: File,
    is_saved: bool,
}

impl KeyFile {
    /// Makes the file, which must not be there: another package may need the keys in it.
    pub(super) fn create(path: &Path) -> Result<Self, String> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|error| {
            let path = path.display();
            if error.kind() == io::ErrorKind::AlreadyExists {
                return format!(
                    "--write-cpix {path}: it is there already, perhaps with keys of another package: \
                     name a new file, or remove it first"
                );
            }
            format!("--write-cpix {path}: it cannot be made: {error}")
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            is_saved: false,
        })
    }

    /// Writes what it is for.
    pub(super) fn save(mut self, text: &str) -> Result<(), String> {
        let written = self.file.write_all(text.as_bytes());
        written
            .and_then(|()| self.file.sync_all())
            .map_err(|error| {
                let path = self.path.display();
                format!("--write-cpix {path}: it cannot be written, package again: {error}")
            })?;
        self.is_saved = true;
        Ok(())
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        if !self.is_saved {
            // Why nothing is in it is said already.
            let _ = fs::remove_file(&self.path);
        }
    }
}
