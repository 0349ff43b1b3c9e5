//! A file on its way to the uploads bucket.

use std::{collections::BTreeMap, path::Path, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Body;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
    time::sleep,
};
use tokio_util::io::ReaderStream;

use super::portal::{ClientError, Portal, cause};

/// How many parts are sent at a time.
const PARTS_AT_A_TIME: usize = 4;
/// How often a part is sent again.
const TRIES: u32 = 5;
/// How much of the file is read at a time, bytes.
const READ_BYTES: usize = 256 << 10;
/// How long to wait between two looks for the title.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The caller's key, as given on the command line.
#[derive(Clone, Default)]
pub struct ContentKey {
    /// 16 bytes as hex or base64url.
    pub key: Option<String>,
    /// 16 bytes as hex or base64url.
    pub kid: Option<String>,
    /// Instead of both: a CPIX document.
    pub cpix: Option<String>,
    /// `cbcs`, `cenc` or `none`.
    pub scheme: Option<String>,
}

impl std::fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContentKey {{ kid: {:?}, .. }}", self.kid)
    }
}

impl ContentKey {
    /// Names it in a request.
    pub(super) fn put_into(&self, request: &mut Value) {
        let fields = [
            ("key", &self.key),
            ("kid", &self.kid),
            ("cpix", &self.cpix),
            ("scheme", &self.scheme),
        ];
        for (field, value) in fields {
            if let Some(value) = value {
                request[field] = json!(value);
            }
        }
    }
}

/// How the portal wants the file.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Plan {
    Whole {
        upload: String,
        method: String,
        url: String,
        headers: BTreeMap<String, String>,
    },
    Parts {
        upload: String,
        object: String,
        upload_id: String,
        part_size: u64,
        parts: Vec<Part>,
    },
}

#[derive(Clone, Debug, Deserialize)]
struct Part {
    number: u32,
    url: String,
}

#[derive(Debug, Deserialize)]
struct Progressed {
    #[serde(default)]
    asset: Option<String>,
}

/// Sends the file, with what is asked for: its key, and how thoroughly it is looked at. `sent` hears how many bytes more have gone. Gives the title's id.
pub(super) async fn upload(
    portal: &Portal,
    path: &Path,
    asked: (&ContentKey, &Option<String>),
    sent: impl Fn(u64) + Clone + Send + Sync + 'static,
) -> Result<String, ClientError> {
    let failed = |source| ClientError::File {
        path: path.display().to_string(),
        source,
    };
    let size = tokio::fs::metadata(path).await.map_err(failed)?.len();
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let request = request(&name, size, path, asked);
    let plan = portal.post::<Plan>("/api/uploads", &request).await;
    // An empty file, or a key that is none: that is the answer for this file.
    let plan = plan.map_err(|error| match error {
        ClientError::Refused(reason) => ClientError::Rejected(reason),
        other @ (ClientError::Unreachable { .. }
        | ClientError::Rejected(_)
        | ClientError::Upload(_)
        | ClientError::File { .. }
        | ClientError::Failed(_)) => other,
    })?;
    let upload = send(portal, path, size, plan, sent).await?;
    title_of(portal, &upload).await
}

async fn send(
    portal: &Portal,
    path: &Path,
    size: u64,
    plan: Plan,
    sent: impl Fn(u64) + Clone + Send + Sync + 'static,
) -> Result<String, ClientError> {
    let failed = |source| ClientError::File {
        path: path.display().to_string(),
        source,
    };
    match plan {
        Plan::Whole {
            upload,
            method,
            url,
            headers,
        } => {
            let method = method.parse().unwrap_or(reqwest::Method::PUT);
            let mut request = portal.client().request(method, url);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let body = body(path, 0, size, sent).await.map_err(failed)?;
            let request = request.header("content-length", size).body(body);
            check(request.send().await).await?;
            Ok(upload)
        }
        Plan::Parts {
            upload,
            object,
            upload_id,
            part_size,
            parts,
        } => {
            let send = parts.into_iter().map(|part| {
                let start = u64::from(part.number - 1) * part_size;
                send_part(
                    portal,
                    path,
                    part,
                    start,
                    part_size.min(size - start),
                    sent.clone(),
                )
            });
            let parts: Vec<Value> = stream::iter(send)
                .buffer_unordered(PARTS_AT_A_TIME)
                .try_collect()
                .await?;
            let done = json!({"upload_id": upload_id, "object": object, "parts": parts});
            let _: Progressed = portal
                .post(&format!("/api/uploads/{upload}/complete"), &done)
                .await?;
            Ok(upload)
        }
    }
}

fn request(
    name: &str,
    size: u64,
    path: &Path,
    (key, mode): (&ContentKey, &Option<String>),
) -> Value {
    let mut request = json!({"name": name, "size_bytes": size});
    let kind = mime_guess::from_path(path)
        .first()
        .map(|kind| kind.to_string());
    if let Some(kind) = kind {
        request["content_type"] = json!(kind);
    }
    if let Some(mode) = mode {
        request["analysis_mode"] = json!(mode);
    }
    key.put_into(&mut request);
    request
}

/// Waits until the upload has become a title.
async fn title_of(portal: &Portal, upload: &str) -> Result<String, ClientError> {
    loop {
        let state: Progressed = portal.get(&format!("/api/uploads/{upload}")).await?;
        if let Some(asset) = state.asset {
            return Ok(asset);
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn send_part(
    portal: &Portal,
    path: &Path,
    part: Part,
    start: u64,
    length: u64,
    sent: impl Fn(u64) + Clone + Send + Sync + 'static,
) -> Result<Value, ClientError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let failed = |source| ClientError::File {
            path: path.display().to_string(),
            source,
        };
        let body = body(path, start, length, sent.clone())
            .await
            .map_err(failed)?;
        let request = portal
            .client()
            .put(&part.url)
            .header("content-length", length)
            .body(body);
        match check(request.send().await).await {
            Ok(etag) => return Ok(json!({"number": part.number, "etag": etag})),
            Err(error) if tries >= TRIES => return Err(error),
            Err(_) => sleep(Duration::from_millis(200) * 2_u32.pow(tries)).await,
        }
    }
}

/// A range of a file as it is read.
async fn body(
    path: &Path,
    start: u64,
    length: u64,
    sent: impl Fn(u64) + Send + Sync + 'static,
) -> std::io::Result<Body> {
    let mut file = File::open(path).await?;
    file.seek(std::io::SeekFrom::Start(start)).await?;
    let stream = ReaderStream::with_capacity(file.take(length), READ_BYTES);
    Ok(Body::wrap_stream(
        stream.inspect_ok(move |bytes| sent(bytes.len() as u64)),
    ))
}

/// The ETag of what the store took.
async fn check(answer: Result<reqwest::Response, reqwest::Error>) -> Result<String, ClientError> {
    let answer = answer.map_err(|error| ClientError::Upload(cause(&error)))?;
    let status = answer.status();
    if status.is_success() {
        let etag = answer
            .headers()
            .get("etag")
            .and_then(|etag| etag.to_str().ok());
        return Ok(etag.unwrap_or_default().to_owned());
    }
    let text = answer.text().await.unwrap_or_default();
    Err(ClientError::Upload(format!("{status} {text}")))
}
