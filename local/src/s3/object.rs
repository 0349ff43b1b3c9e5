//! What is known of an object beside its content: a small file of its own.
//!
//! It is named after the object's name and the inode of the content. So it can be written before the
//! content takes its place: a reader sees the old content with the old attributes, or the new with
//! the new, whenever the runner is killed.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use s3s::crypto::{Checksum, Md5};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How much of a file's start and end names its version when it came without an ETag, bytes.
const SAMPLE_BYTES: u64 = 1 << 20;

/// What a client said of the object when writing it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Headers {
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
}

/// All that is known of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attributes {
    /// ETag without quotes.
    pub(super) etag: String,
    pub(super) headers: Headers,
    size: u64,
    modified_ns: i128,
}

impl Attributes {
    /// Of this content with this version.
    pub(super) fn new(etag: String, headers: Headers, content: &Metadata) -> Self {
        Self {
            etag,
            headers,
            size: content.len(),
            modified_ns: modified_ns(content),
        }
    }

    /// Reads the attributes of the content at `path`; makes them up where there are none, as for a
    /// file that somebody put there, or changed in its place.
    pub(super) fn of(
        folder: &Path,
        key: &str,
        path: &Path,
        content: &Metadata,
    ) -> io::Result<Self> {
        let stored = fs::read(file(folder, key, content)).ok();
        let stored: Option<Self> = stored.and_then(|json| serde_json::from_slice(&json).ok());
        match stored {
            Some(stored) if stored.fits(content) => Ok(stored),
            Some(_) | None => {
                let headers = Headers {
                    content_type: mime_guess::from_path(path).first().map(|ty| ty.to_string()),
                    ..Headers::default()
                };
                Ok(Self::new(sampled_etag(path, content)?, headers, content))
            }
        }
    }

    /// Writes the attributes of this content, whole or not at all.
    pub(super) fn write(
        &self,
        folder: &Path,
        key: &str,
        content: &Metadata,
        sync: bool,
    ) -> io::Result<()> {
        let path = file(folder, key, content);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let draft = path.with_extension("new");
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        if sync {
            file.sync_data()?;
        }
        fs::rename(draft, &path)?;
        match path.parent() {
            Some(folder) if sync => File::open(folder)?.sync_all(),
            Some(_) | None => Ok(()),
        }
    }

    /// Forgets the attributes of this content.
    pub(super) fn remove(folder: &Path, key: &str, content: &Metadata) {
        // Without their content they are never read; a file left behind does no harm.
        drop(fs::remove_file(file(folder, key, content)));
    }

    /// Size of the content in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    fn fits(&self, content: &Metadata) -> bool {
        self.size == content.len() && self.modified_ns == modified_ns(content)
    }
}

fn modified_ns(content: &Metadata) -> i128 {
    i128::from(content.mtime()) * 1_000_000_000 + i128::from(content.mtime_nsec())
}

fn file(folder: &Path, key: &str, content: &Metadata) -> PathBuf {
    let name = hex::encode(&Sha256::digest(key.as_bytes())[..16]);
    folder
        .join(&name[..2])
        .join(format!("{name}-{}", content.ino()))
}

/// A version for a file that came without one: of its size, time and ends, since reading all of a
/// large file takes longer than a person waits. The suffix says that it is no MD5 of the content.
fn sampled_etag(path: &Path, content: &Metadata) -> io::Result<String> {
    let mut md5 = Md5::new();
    md5.update(&content.len().to_be_bytes());
    md5.update(&modified_ns(content).to_be_bytes());
    let mut file = File::open(path)?;
    for start in [0, content.len().saturating_sub(SAMPLE_BYTES)] {
        file.seek(SeekFrom::Start(start))?;
        let mut sample = Vec::new();
        (&file).take(SAMPLE_BYTES).read_to_end(&mut sample)?;
        md5.update(&sample);
    }
    Ok(format!("{}-0", hex::encode(md5.finalize())))
}
