//! The data folder: everything that the bundle keeps.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rand::{TryRngCore, rngs::OsRng};
use rustix::fs::{FlockOperation, flock};

use super::UpError;

/// The data folder, locked for this runner.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// The lock goes with the open file, however the runner ends.
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and takes its lock.
    pub(super) fn open(path: &Path) -> Result<Self, UpError> {
        let failed = |source| UpError::Folder {
            folder: path.display().to_string(),
            source,
        };
        fs::create_dir_all(path.join("logs")).map_err(failed)?;
        // Secrets and the queue are for the runner alone.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path.join("state"))
            .map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        let lock = path.join("state/lock");
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .open(lock)
            .map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(UpError::Locked(path.display().to_string())),
            Err(error) => Err(failed(error.into())),
        }
    }

    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// That many random bytes in hex, made once; gives their file and their text.
    pub(super) fn secret(&self, name: &str, bytes: usize) -> io::Result<(PathBuf, String)> {
        let path = self.path.join("state").join(name);
        match fs::read_to_string(&path) {
            Ok(text) => return Ok((path, text.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let mut random = vec![0; bytes];
        OsRng
            .try_fill_bytes(&mut random)
            .map_err(io::Error::other)?;
        let text = hex::encode(random);
        Ok((self.private(name, &text)?, text))
    }

    /// A file for the runner and its functions alone, as if it were mounted from a Secret.
    pub(super) fn private(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.path.join("state").join(name);
        let draft = path.with_extension("new");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(draft, &path)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_runner_and_keeps_its_secrets() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let secret = folder.secret("key", 32).unwrap();
        assert_eq!(secret.1.len(), 64);
        assert!(matches!(
            Folder::open(place.path()),
            Err(UpError::Locked(_))
        ));
        drop(folder);
        assert_eq!(
            Folder::open(place.path())
                .unwrap()
                .secret("key", 32)
                .unwrap(),
            secret
        );
    }
}
