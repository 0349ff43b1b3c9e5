//! How the buckets are reached, from the environment.

use std::{env, fmt};

use crate::{Bucket, StoreError};

/// Whose buckets they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Amazon S3 and whatever speaks its interface.
    S3,
    /// Google Cloud Storage.
    Google,
}

/// What the names of Google's buckets begin with in the settings.
const GOOGLE: &str = "gs://";

/// How the buckets are reached, and what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whose buckets they are. Endpoints, region and keys are S3's.
    pub provider: Provider,
    /// Address of an S3 endpoint, reached with path style; none means AWS.
    pub endpoint: Option<String>,
    /// The address that signed URLs name; none means the endpoint.
    pub public_endpoint: Option<String>,
    /// Region to sign for.
    pub region: Option<String>,
    /// Fixed keys; none means the credentials file, or else AWS's own search (environment, profile,
    /// web identity, metadata).
    pub credentials: Option<AccessKey>,
    /// Whether `AWS_SHARED_CREDENTIALS_FILE` names a file with keys, such as a mounted Secret.
    pub has_credentials_file: bool,
    /// Name of [`Bucket::Uploads`].
    pub uploads_bucket: String,
    /// Name of [`Bucket::Work`].
    pub work_bucket: String,
    /// Name of [`Bucket::Media`].
    pub media_bucket: String,
}

/// An access key and its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The key's public name.
    pub id: String,
    /// What signs.
    pub secret: String,
    /// Session token of a temporary key.
    pub session_token: Option<String>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads the variables that the crate's own page lists.
    ///
    /// # Errors
    /// [`StoreError::Setting`] where one does not fit.
    pub fn from_env() -> Result<Self, StoreError> {
        let mut names = [
            ("REELDROP_UPLOADS_BUCKET", "reeldrop-uploads"),
            ("REELDROP_WORK_BUCKET", "reeldrop-work"),
            ("REELDROP_MEDIA_BUCKET", "reeldrop-media"),
        ]
        .map(|(name, default)| variable(name).unwrap_or_else(|| default.to_owned()));
        let provider = provider(&mut names)?;
        let [uploads_bucket, work_bucket, media_bucket] = names;
        Ok(Self {
            provider,
            endpoint: endpoint("REELDROP_S3_ENDPOINT")?,
            public_endpoint: endpoint("REELDROP_S3_PUBLIC_ENDPOINT")?,
            region: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
            credentials: access_key(),
            has_credentials_file: variable("AWS_SHARED_CREDENTIALS_FILE").is_some(),
            uploads_bucket,
            work_bucket,
            media_bucket,
        })
    }

    pub(crate) fn bucket_name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::Uploads => &self.uploads_bucket,
            Bucket::Work => &self.work_bucket,
            Bucket::Media => &self.media_bucket,
        }
    }
}

/// Takes the provider off the buckets' names. All three have the same.
fn provider(names: &mut [String; 3]) -> Result<Provider, StoreError> {
    let google = names.iter().filter(|name| name.starts_with(GOOGLE)).count();
    for name in names.iter_mut() {
        if let Some(bare) = name.strip_prefix(GOOGLE) {
            *name = bare.trim_end_matches('/').to_owned();
        }
    }
    match google {
        0 => Ok(Provider::S3),
        3 => Ok(Provider::Google),
        _ => Err(StoreError::Setting {
            name: "REELDROP_UPLOADS_BUCKET",
            reason: "either all three buckets begin with gs://, or none: see \
                     REELDROP_WORK_BUCKET and REELDROP_MEDIA_BUCKET"
                .to_owned(),
        }),
    }
}

fn access_key() -> Option<AccessKey> {
    Some(AccessKey {
        id: variable("AWS_ACCESS_KEY_ID")?,
        secret: variable("AWS_SECRET_ACCESS_KEY")?,
        session_token: variable("AWS_SESSION_TOKEN"),
    })
}

fn endpoint(name: &'static str) -> Result<Option<String>, StoreError> {
    let Some(value) = variable(name) else {
        return Ok(None);
    };
    if value.starts_with("http://") || value.starts_with("https://") {
        return Ok(Some(value.trim_end_matches('/').to_owned()));
    }
    Err(StoreError::Setting {
        name,
        reason: format!("{value:?} is no http:// or https:// address"),
    })
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_of_google_begin_with_gs_all_or_none() {
        let names = |names: [&str; 3]| names.map(str::to_owned);
        let mut google = names(["gs://a", "gs://b/", "gs://c"]);
        assert_eq!(provider(&mut google).unwrap(), Provider::Google);
        assert_eq!(google, names(["a", "b", "c"]));
        assert_eq!(provider(&mut names(["a", "b", "c"])).unwrap(), Provider::S3);
        let error = provider(&mut names(["gs://a", "b", "c"])).unwrap_err();
        assert!(
            error.to_string().contains("REELDROP_WORK_BUCKET"),
            "{error}"
        );
    }
}
