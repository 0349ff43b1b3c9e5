//! The drop folder: a file put there is an upload.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use redb::{Database, ReadableDatabase, TableDefinition};
use tokio::time::sleep;

use super::{Created, OnChange, S3Error, buckets::Buckets, object::Headers};

/// How often the folder is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Size and modification time (nanoseconds) of what has been taken, by path in the folder.
const TAKEN: TableDefinition<&str, (u64, u64)> = TableDefinition::new("taken");
/// How much of the file redb keeps in memory, bytes.
const CACHE_BYTES: usize = 2 << 20;
/// Names under which programs keep files that they are still writing.
const UNFINISHED: [&str; 5] = [".part", ".partial", ".crdownload", ".tmp", ".download"];

/// What tells one state of a file from another: size in bytes, modification time in nanoseconds.
type State = (u64, u64);

/// The folder, and what has been taken from it.
pub(super) struct DropFolder {
    folder: PathBuf,
    buckets: Arc<Buckets>,
    on_change: Arc<dyn OnChange>,
    taken: Database,
    /// The state of each file when last looked at: one that stays the same is complete.
    seen: HashMap<String, State>,
}

impl DropFolder {
    pub(super) fn open(
        folder: &Path,
        database: &Path,
        buckets: Arc<Buckets>,
        on_change: Arc<dyn OnChange>,
    ) -> Result<Self, S3Error> {
        fs::create_dir_all(folder)?;
        let taken = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(database)
            .map_err(redb::Error::from)?;
        let folder = Self {
            folder: folder.to_owned(),
            buckets,
            on_change,
            taken,
            seen: HashMap::new(),
        };
        folder.write(None)?;
        Ok(folder)
    }

    /// Looks for new files until dropped.
    pub(super) async fn run(mut self) {
        loop {
            let looked = tokio::task::spawn_blocking(move || {
                let looked = self.look();
                (self, looked)
            });
            // The work does not panic, and is not cancelled.
            let Ok((folder, looked)) = looked.await else {
                return;
            };
            self = folder;
            if let Err(error) = looked {
                tracing::error!(%error, "the drop folder cannot be read");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn look(&mut self) -> Result<(), S3Error> {
        let mut files = HashMap::new();
        walk(&self.folder, "", &mut files)?;
        let settled = files
            .iter()
            .filter(|(name, state)| self.seen.get(*name) == Some(*state));
        for (name, state) in settled {
            if self.is_taken(name, *state)? {
                continue;
            }
            match self.take(name, *state) {
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(file = name, %error, "a dropped file cannot be taken yet")
                }
            }
        }
        self.seen = files;
        Ok(())
    }

    fn take(&self, name: &str, state: State) -> Result<(), S3Error> {
        let attributes = self
            .buckets
            .import(name, &self.folder.join(name), Headers::default())?;
        let bucket = self.buckets.uploads();
        self.on_change
            .created(Created::new("ObjectCreated:Put", bucket, name, &attributes));
        // Killed before this, the same file is taken again, and is the same upload.
        self.write(Some((name, state)))
    }

    fn is_taken(&self, name: &str, state: State) -> Result<bool, S3Error> {
        let read = || -> Result<bool, redb::Error> {
            let table = self.taken.begin_read()?.open_table(TAKEN)?;
            Ok(table.get(name)?.is_some_and(|taken| taken.value() == state))
        };
        Ok(read()?)
    }

    fn write(&self, taken: Option<(&str, State)>) -> Result<(), S3Error> {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.taken.begin_write()?;
            {
                let mut table = transaction.open_table(TAKEN)?;
                if let Some((name, state)) = taken {
                    table.insert(name, state)?;
                }
            }
            Ok(transaction.commit()?)
        };
        Ok(write()?)
    }
}

/// All files below the folder that may be complete, by their path with slashes.
fn walk(folder: &Path, prefix: &str, files: &mut HashMap<String, State>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| is_finished(name)) else {
            continue;
        };
        let path = format!("{prefix}{name}");
        // The file may be gone by now, or be a link to nothing.
        let Ok(content) = fs::metadata(entry.path()) else {
            continue;
        };
        if content.is_dir() {
            walk(&entry.path(), &format!("{path}/"), files)?;
        } else if content.is_file() && content.len() > 0 {
            let modified = content
                .modified()?
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let modified_ns = u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX);
            files.insert(path, (content.len(), modified_ns));
        }
    }
    Ok(())
}

fn is_finished(name: &str) -> bool {
    let lower = name.to_lowercase();
    !name.starts_with('.') && !UNFINISHED.iter().any(|end| lower.ends_with(end))
}
