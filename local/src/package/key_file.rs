//! The file that keys are written to.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A new file for its owner alone; gone again where what it is for was not made.
pub(super) struct KeyFile {
    path: PathBuf,
    is_kept: bool,
}

impl KeyFile {
    /// Makes the file, which must not be there: another package may need the keys in it. `out` is where
    /// whoever may fetch the package fetches from.
    pub(super) fn create(path: &Path, out: &Path) -> Result<Self, String> {
        // A bare name has an empty parent.
        let folder = Path::new(".").join(path.parent().unwrap_or(path));
        if let (Ok(folder), Ok(out)) = (folder.canonicalize(), out.canonicalize())
            && folder.starts_with(out)
        {
            return Err(format!(
                "--write-cpix {}: whoever may fetch the package could fetch its keys there: name a file \
                 outside --out",
                path.display()
            ));
        }
        open(path).map_err(|error| {
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
            is_kept: false,
        })
    }

    /// Writes the keys, all or, where that fails, none of what was not there before.
    pub(super) fn save(&self, text: &str) -> Result<(), String> {
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let written = open(&beside).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)
        });
        written.map_err(|error| {
            if error.kind() != io::ErrorKind::AlreadyExists {
                // It may not be there at all.
                let _ = fs::remove_file(&beside);
            }
            let path = beside.display();
            format!("--write-cpix: {path} cannot be written: {error}")
        })
    }

    /// Leaves the file where it is: what it opens is there.
    pub(super) fn keep(mut self) {
        self.is_kept = true;
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // Why there is nothing to open is said already.
            let _ = fs::remove_file(&self.path);
        }
    }
}
