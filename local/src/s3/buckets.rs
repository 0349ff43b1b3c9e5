//! Buckets as folders: an object is a file of the same name, there whole or not at all.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use s3s::crypto::{Checksum, Md5};

use super::{
    object::{Attributes, Headers},
    path,
};

/// The folder beside the buckets that holds what is not an object; no bucket can have its name.
const OWN: &str = ".reeldrop";
/// How often to make a parent folder again that a deletion has just removed.
const PARENT_TRIES: usize = 10;

/// The folder of all buckets.
#[derive(Debug)]
pub(super) struct Buckets {
    root: PathBuf,
    uploads: String,
    drafts: AtomicU64,
}

/// An object that is there.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) content: Metadata,
    pub(super) attributes: Attributes,
}

/// Content that is being written.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    file: File,
    md5: Md5State,
}

#[derive(Default)]
struct Md5State(Md5);

impl std::fmt::Debug for Md5State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Md5")
    }
}

impl Buckets {
    /// Opens the folder, makes missing buckets, and clears what a kill left half written.
    pub(super) fn open(root: &Path, buckets: &[&str], uploads: &str) -> io::Result<Self> {
        for bucket in buckets {
            fs::create_dir_all(root.join(bucket))?;
        }
        let buckets = Self {
            root: root.to_owned(),
            uploads: uploads.to_owned(),
            drafts: AtomicU64::new(0),
        };
        let drafts = buckets.own("drafts");
        if drafts.exists() {
            fs::remove_dir_all(&drafts)?;
        }
        fs::create_dir_all(drafts)?;
        fs::create_dir_all(buckets.own("parts"))?;
        Ok(buckets)
    }

    /// A folder of what is not an object.
    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.root.join(OWN).join(name)
    }

    /// The folder of a bucket, where there is one.
    pub(super) fn bucket(&self, bucket: &str) -> Option<PathBuf> {
        let path = self.root.join(bucket);
        (!bucket.starts_with('.') && path.is_dir()).then_some(path)
    }

    /// The bucket that people drop files into.
    pub(super) fn uploads(&self) -> &str {
        &self.uploads
    }

    /// Names of all buckets.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            names.extend((!name.starts_with('.')).then_some(name));
        }
        names.sort();
        Ok(names)
    }

    /// Looks for an object.
    pub(super) fn find(&self, bucket: &str, key: &str) -> io::Result<Option<Found>> {
        let path = self.path(bucket, key)?;
        // Opened once: another object may take the place of this one while it is read.
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let content = file.metadata()?;
        if !content.is_file() {
            return Ok(None);
        }
        let attributes = Attributes::of(&self.attributes(bucket), key, &path, &content)?;
        Ok(Some(Found {
            path,
            file,
            content,
            attributes,
        }))
    }

    /// Begins to write content.
    pub(super) fn draft(&self) -> io::Result<Draft> {
        let path = self.draft_path();
        let file = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(&path)?;
        Ok(Draft {
            path,
            file,
            md5: Md5State::default(),
        })
    }

    /// Puts written content in its place; `etag` is its version, or the MD5 of the content.
    pub(super) fn place(
        &self,
        bucket: &str,
        key: &str,
        mut draft: Draft,
        headers: Headers,
        etag: Option<String>,
    ) -> io::Result<Attributes> {
        // What was uploaded is not to be had again; all else can be made again from it.
        let sync = bucket == self.uploads;
        if sync {
            draft.file.sync_data()?;
        }
        let content = draft.file.metadata()?;
        let etag = etag.unwrap_or_else(|| draft.md5());
        let attributes = Attributes::new(etag, headers, &content);
        self.adopt(bucket, key, &draft.path, &content, &attributes, sync)?;
        Ok(attributes)
    }

    /// Makes a file that lies elsewhere an object: linked where that can be, else copied.
    pub(super) fn import(
        &self,
        key: &str,
        from: &Path,
        headers: Headers,
    ) -> io::Result<Attributes> {
        let draft = self.draft_path();
        if fs::hard_link(from, &draft).is_err() {
            fs::copy(from, &draft)?;
            let modified = fs::metadata(from)?.modified()?;
            let file = File::options().write(true).open(&draft)?;
            file.set_modified(modified)?;
            file.sync_data()?;
        }
        let content = fs::metadata(&draft)?;
        let made_up = Attributes::of(&self.own("nowhere"), key, from, &content)?;
        let headers = Headers {
            content_type: made_up.headers.content_type,
            ..headers
        };
        let attributes = Attributes::new(made_up.etag, headers, &content);
        let uploads = self.uploads.clone();
        self.adopt(&uploads, key, &draft, &content, &attributes, true)?;
        Ok(attributes)
    }

    fn adopt(
        &self,
        bucket: &str,
        key: &str,
        draft: &Path,
        content: &Metadata,
        attributes: &Attributes,
        sync: bool,
    ) -> io::Result<()> {
        let path = self.path(bucket, key)?;
        let before = fs::metadata(&path).ok();
        attributes.write(&self.attributes(bucket), key, content, sync)?;
        rename_into(draft, &path)?;
        if sync && let Some(folder) = path.parent() {
            // A name is only there for good when its folder is written.
            File::open(folder)?.sync_all()?;
        }
        let replaced = before.filter(|before| file_id(before) != file_id(content));
        if let Some(replaced) = replaced {
            Attributes::remove(&self.attributes(bucket), key, &replaced);
        }
        // Two links to one file are not renamed onto each other (rename(2)): then this one is left.
        drop(fs::remove_file(draft));
        Ok(())
    }

    /// Removes an object, and the folders that are empty without it.
    pub(super) fn delete(&self, bucket: &str, key: &str) -> io::Result<()> {
        let path = self.path(bucket, key)?;
        let content = match fs::metadata(&path) {
            Ok(content) if content.is_file() => content,
            Ok(_) => return Ok(()),
            Err(error) if is_absent(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        fs::remove_file(&path)?;
        Attributes::remove(&self.attributes(bucket), key, &content);
        let root = self.root.join(bucket);
        let parents = path
            .ancestors()
            .skip(1)
            .take_while(|parent| **parent != root);
        for parent in parents {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Names and files of the objects whose names begin with `prefix`, in order.
    pub(super) fn list(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> io::Result<BTreeMap<String, Metadata>> {
        let root = self.root.join(bucket);
        let mut objects = BTreeMap::new();
        // Names with this prefix lie below the folder that its last slash ends.
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = if folder.is_empty() {
            Some(root.clone())
        } else {
            path::of_key(folder).map(|path| root.join(path))
        };
        let mut folders: Vec<PathBuf> = folder.into_iter().collect();
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Err(error) if is_absent(&error) => continue,
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else if let Some(key) =
                    entry.path().strip_prefix(&root).ok().and_then(path::to_key)
                    && key.starts_with(prefix)
                    && let Ok(content) = entry.metadata()
                {
                    objects.insert(key, content);
                }
            }
        }
        Ok(objects)
    }

    fn path(&self, bucket: &str, key: &str) -> io::Result<PathBuf> {
        let invalid =
            || io::Error::new(io::ErrorKind::InvalidFilename, "no file can have this name");
        Ok(self
            .root
            .join(bucket)
            .join(path::of_key(key).ok_or_else(invalid)?))
    }

    fn attributes(&self, bucket: &str) -> PathBuf {
        self.own("attributes").join(bucket)
    }

    fn draft_path(&self) -> PathBuf {
        let number = self.drafts.fetch_add(1, Ordering::Relaxed);
        self.own("drafts").join(number.to_string())
    }
}

impl Draft {
    /// Adds content.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.md5.0.update(bytes);
        self.file.write_all(bytes)
    }

    /// Adds the content of a file, which the kernel may share instead of copying.
    pub(super) fn append(&mut self, from: &Path) -> io::Result<u64> {
        io::copy(&mut File::open(from)?, &mut self.file)
    }

    /// MD5 of what was written, and the file that holds it: content that becomes part of an object.
    pub(super) fn into_part(mut self, path: &dyn Fn(&str) -> PathBuf) -> io::Result<String> {
        let md5 = self.md5();
        fs::rename(&self.path, path(&md5))?;
        Ok(md5)
    }

    /// MD5 of what was written, in hex.
    pub(super) fn md5(&mut self) -> String {
        hex::encode(std::mem::take(&mut self.md5.0).finalize())
    }
}

impl Drop for Draft {
    /// Forgets what has not found its place; what has is no longer under this name.
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

fn file_id(content: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (content.dev(), content.ino())
}

/// Renames into a folder that may have to be made, or be made again.
fn rename_into(from: &Path, to: &Path) -> io::Result<()> {
    for _ in 0..PARENT_TRIES {
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
    }
    fs::rename(from, to)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
