//! Uploads in parts: one folder each until they are completed.

use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use s3s::crypto::{Checksum, Md5};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    buckets::{Buckets, Draft},
    object::{Attributes, Headers},
};

/// When an upload that nobody completes is forgotten.
const ABANDONED: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What an upload will become.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Begun {
    bucket: String,
    key: String,
    headers: Headers,
}

/// A part that has been uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) number: i32,
    pub(super) etag: String,
    pub(super) size: u64,
    path: PathBuf,
}

/// Why an upload cannot be completed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartsError {
    /// There is no such upload, for this object.
    #[error("there is no such upload")]
    Unknown,
    /// A part is missing, or another one was meant.
    #[error("part {0} was not uploaded, or was uploaded again")]
    Part(i32),
    /// The parts are not in the order of their numbers.
    #[error("the parts are not in order")]
    Order,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Buckets {
    /// Begins an upload in parts; gives its id.
    pub(super) fn begin(&self, bucket: &str, key: &str, headers: Headers) -> io::Result<String> {
        let id = Uuid::new_v4().to_string();
        let folder = self.own("parts").join(&id);
        fs::create_dir(&folder)?;
        let begun = Begun {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            headers,
        };
        fs::write(folder.join("begun"), serde_json::to_vec(&begun)?)?;
        Ok(id)
    }

    /// Keeps one part; a later one with the same number replaces it.
    pub(super) fn keep_part(
        &self,
        id: &str,
        number: i32,
        draft: Draft,
    ) -> Result<String, PartsError> {
        let folder = self.folder(id)?;
        let before: Vec<Part> = self
            .parts(id)?
            .into_iter()
            .filter(|part| part.number == number)
            .collect();
        let etag = draft.into_part(&|md5| folder.join(format!("{number:05}-{md5}")))?;
        for part in before.into_iter().filter(|part| part.etag != etag) {
            fs::remove_file(part.path)?;
        }
        Ok(etag)
    }

    /// The parts so far, in order.
    pub(super) fn parts(&self, id: &str) -> Result<Vec<Part>, PartsError> {
        let mut parts = Vec::new();
        for entry in fs::read_dir(self.folder(id)?)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some((number, etag)) = name.split_once('-')
                && let Ok(number) = number.parse()
            {
                let size = entry.metadata()?.len();
                parts.push(Part {
                    number,
                    etag: etag.to_owned(),
                    size,
                    path: entry.path(),
                });
            }
        }
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    /// Joins the wanted parts (numbers and ETags) to the object. Done again, it gives the same.
    pub(super) fn complete(
        &self,
        (bucket, key): (&str, &str),
        id: &str,
        wanted: &[(i32, Option<String>)],
    ) -> Result<Attributes, PartsError> {
        if let Some(done) = self.done(id) {
            let is_same = (done.0.as_str(), done.1.as_str()) == (bucket, key);
            return if is_same {
                Ok(done.2)
            } else {
                Err(PartsError::Unknown)
            };
        }
        let folder = self.folder(id)?;
        let begun: Begun =
            serde_json::from_slice(&fs::read(folder.join("begun"))?).map_err(io::Error::from)?;
        if (begun.bucket.as_str(), begun.key.as_str()) != (bucket, key) {
            return Err(PartsError::Unknown);
        }
        let mut draft = self.draft()?;
        let etag = self.join(id, wanted, &mut draft)?;
        let attributes = self.place(bucket, key, draft, begun.headers, Some(etag))?;
        let done = serde_json::to_vec(&(bucket, key, &attributes)).map_err(io::Error::from)?;
        fs::write(folder.with_extension("done"), done)?;
        fs::remove_dir_all(folder)?;
        Ok(attributes)
    }

    /// Gives an upload up.
    pub(super) fn abort(&self, id: &str) -> Result<(), PartsError> {
        Ok(fs::remove_dir_all(self.folder(id)?)?)
    }

    /// Forgets uploads that nobody will complete.
    pub(super) fn forget_abandoned(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.own("parts"))? {
            let entry = entry?;
            let age = SystemTime::now().duration_since(entry.metadata()?.modified()?);
            if age.is_ok_and(|age| age < ABANDONED) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn join(
        &self,
        id: &str,
        wanted: &[(i32, Option<String>)],
        draft: &mut Draft,
    ) -> Result<String, PartsError> {
        if !wanted.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(PartsError::Order);
        }
        let parts = self.parts(id)?;
        let mut md5 = Md5::new();
        for (number, etag) in wanted {
            let is_wanted = |part: &&Part| {
                part.number == *number && etag.as_ref().is_none_or(|etag| *etag == part.etag)
            };
            let part = parts
                .iter()
                .find(is_wanted)
                .ok_or(PartsError::Part(*number))?;
            draft.append(&part.path)?;
            md5.update(&hex::decode(&part.etag).unwrap_or_default());
        }
        // The form that S3 itself uses: MD5 of the parts' MD5s, and their number.
        Ok(format!("{}-{}", hex::encode(md5.finalize()), wanted.len()))
    }

    fn done(&self, id: &str) -> Option<(String, String, Attributes)> {
        let path = self.folder_of(id)?.with_extension("done");
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    fn folder(&self, id: &str) -> Result<PathBuf, PartsError> {
        self.folder_of(id)
            .filter(|folder| folder.is_dir())
            .ok_or(PartsError::Unknown)
    }

    fn folder_of(&self, id: &str) -> Option<PathBuf> {
        // The id comes from outside: it must not name another folder.
        Uuid::parse_str(id)
            .ok()
            .map(|id| self.own("parts").join(id.to_string()))
    }
}
