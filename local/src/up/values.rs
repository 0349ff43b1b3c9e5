//! What the ConfigMap and the Secret `reeldrop` of the manifests hold on one machine.

use std::{collections::BTreeMap, io};

use super::{Options, folder::Folder};
use crate::{activator::Values, s3};

const UPLOADS: &str = "reeldrop-uploads";
const WORK: &str = "reeldrop-work";
const MEDIA: &str = "reeldrop-media";
const REGION: &str = "us-east-1";

/// The values for this folder, these ports, this database, and the gateway to the Services.
pub(super) fn values(
    options: &Options,
    folder: &Folder,
    buckets: &s3::Settings,
    database_url: &str,
    gateway: &str,
) -> io::Result<Values> {
    let (master_key, _) = folder.secret("master.key", 32)?;
    let database = folder.private("database-url", database_url)?;
    let credentials = folder.private("s3-credentials", &credentials_file(buckets))?;
    let endpoint = format!("http://127.0.0.1:{}", options.port + 1);
    let some = |text: &str| Some(text.to_owned());
    Ok(Values(BTreeMap::from([
        ("uploads-bucket", some(UPLOADS)),
        ("work-bucket", some(WORK)),
        ("media-bucket", some(MEDIA)),
        ("s3-endpoint", some(&endpoint)),
        ("s3-public-endpoint", some(&endpoint)),
        ("s3-region", some(REGION)),
        ("s3-credentials-file", some(&credentials.to_string_lossy())),
        ("portal-url", some(&options.url())),
        // The portal serves the media bucket itself.
        ("media-url", None),
        ("analyze-url", Some(format!("{gateway}/analyze"))),
        ("profile", options.profile.clone()),
        ("models", some(&options.models_folder().to_string_lossy())),
        ("whisper-model", options.whisper_model.clone()),
        ("speech-language", options.language.clone()),
        ("database-url-file", some(&database.to_string_lossy())),
        ("master-key-file", some(&master_key.to_string_lossy())),
    ])))
}

/// The keys in the form of AWS's own credentials file.
fn credentials_file(buckets: &s3::Settings) -> String {
    format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        buckets.access_key, buckets.secret_key
    )
}

/// The S3 endpoint of this folder.
pub(super) fn buckets(folder: &Folder) -> io::Result<s3::Settings> {
    Ok(s3::Settings {
        root: folder.join("buckets"),
        drop: folder.join("uploads"),
        records: folder.join("state"),
        uploads: UPLOADS.to_owned(),
        work: WORK.to_owned(),
        media: MEDIA.to_owned(),
        access_key: folder.secret("s3-access-key-id", 10)?.1,
        secret_key: folder.secret("s3-secret-access-key", 20)?.1,
    })
}
