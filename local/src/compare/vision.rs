//! The Cloud Vision API over HTTP.

use std::{
    env,
    time::{Duration, Instant},
};

use reqwest::{
    Client, RequestBuilder, Response, StatusCode, header::HeaderValue, redirect::Policy,
};
use serde_json::Value;
use tokio::time::sleep;
use url::Url;

use super::{
    answer::{Answer, Image, Refusal},
    picture::Picture,
    request::request,
};
use crate::client::{ClientError, cause};

const ADDRESS: &str = "https://vision.googleapis.com/v1/images:annotate";

const UNSET: &str = "comparing sends frames to Google's Cloud Vision API, and is off. Set REELDROP_VISION_KEY \
     to an API key, or REELDROP_VISION_TOKEN to an access token \
     (`gcloud auth print-access-token`), of a project in which that API is enabled";

const REFUSED: &str = "Check that it is right, that the Cloud Vision API is enabled and billed in its project, \
     and that it may be used for that API from here";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A request of 16 pictures takes seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Far more than is said of 16 pictures, bytes.
const MOST_ANSWER_BYTES: usize = 16 << 20;

/// How often a request is sent at most, and the pause after the first time; it doubles.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause that is made because the server asks for one.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Most characters of a refusal that are shown.
pub(super) const MOST_SAID: usize = 400;

/// The API, and who asks it.
pub(super) struct Vision {
    url: Url,
    client: Client,
    credential: Credential,
}

/// Never printed: it has no `Debug`.
enum Credential {
    Key(HeaderValue),
    Token(HeaderValue),
}

/// What comes back of a request.
pub(super) struct Answered {
    /// One of each picture.
    pub(super) images: Vec<Image>,
    /// From sending to the last byte, of the attempt that succeeded.
    pub(super) latency: Duration,
    pub(super) retries: u32,
}

impl Vision {
    /// As the environment says; an error that tells what to set where it says nothing.
    pub(super) fn from_env() -> Result<Self, ClientError> {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let credential = match (set("REELDROP_VISION_KEY"), set("REELDROP_VISION_TOKEN")) {
            (Some(key), _) => Credential::Key(secret("REELDROP_VISION_KEY", key.trim())?),
            (None, Some(token)) => {
                let token = format!("Bearer {}", token.trim());
                Credential::Token(secret("REELDROP_VISION_TOKEN", &token)?)
            }
            (None, None) => return Err(ClientError::Failed(UNSET.to_owned())),
        };
        let address = set("REELDROP_VISION_ADDRESS").unwrap_or_else(|| ADDRESS.to_owned());
        Self::new(&address, credential)
    }

    fn new(address: &str, credential: Credential) -> Result<Self, ClientError> {
        let failed = |why: String| ClientError::Failed(format!("REELDROP_VISION_ADDRESS: {why}"));
        let url = Url::parse(address).map_err(|error| failed(error.to_string()))?;
        let local = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if !(url.scheme() == "https" || (url.scheme() == "http" && local)) {
            return Err(failed("the key is sent by https only".to_owned()));
        }
        // Elsewhere than it was meant for, a key must not be sent.
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(Policy::none());
        if local {
            builder = builder.no_proxy();
        }
        Ok(Self {
            url,
            client: builder.build().map_err(|error| failed(cause(&error)))?,
            credential,
        })
    }

    /// Who is asked.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Has the pictures looked at: one request, sent again where the API says that it is busy.
    pub(super) async fn annotate(
        &self,
        pictures: &[Picture],
        faces: bool,
    ) -> Result<Answered, ClientError> {
        let body = request(pictures, faces);
        let mut retries = 0;
        loop {
            let sent = Instant::now();
            let answer = self.request(&body).send().await;
            let answer = answer.map_err(|error| self.unreachable(&error))?;
            let (status, asked) = (answer.status(), retry_after(&answer));
            let text = self.body(answer).await?;
            if status.is_success() {
                return Ok(Answered {
                    images: self.images(&text, pictures)?,
                    latency: sent.elapsed(),
                    retries,
                });
            }
            if !may_pass(status) || retries + 1 == ATTEMPTS {
                return Err(self.refused(status, &text));
            }
            sleep(asked.unwrap_or(FIRST_PAUSE * 2_u32.pow(retries))).await;
            retries += 1;
        }
    }

    fn request(&self, body: &Value) -> RequestBuilder {
        let (name, value) = match &self.credential {
            Credential::Key(key) => ("x-goog-api-key", key),
            Credential::Token(token) => ("authorization", token),
        };
        let request = self.client.post(self.url.clone());
        request.header(name, value.clone()).json(body)
    }

    /// The body, as far as it is no larger than it may be.
    async fn body(&self, mut answer: Response) -> Result<Vec<u8>, ClientError> {
        let mut body = Vec::new();
        while let Some(piece) = answer
            .chunk()
            .await
            .map_err(|error| self.unreachable(&error))?
        {
            if body.len() + piece.len() > MOST_ANSWER_BYTES {
                return Err(self.failed("its answer is too large"));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    fn images(&self, text: &[u8], pictures: &[Picture]) -> Result<Vec<Image>, ClientError> {
        let answer: Answer = serde_json::from_slice(text)
            .map_err(|error| self.failed(&format!("its answer cannot be read: {error}")))?;
        if answer.responses.len() != pictures.len() {
            let (all, of) = (pictures.len(), answer.responses.len());
            return Err(self.failed(&format!("it answers of {of} frames, not of {all}")));
        }
        let images = answer.responses.into_iter().zip(pictures);
        Ok(images
            .map(|(response, picture)| response.image(picture))
            .collect())
    }

    fn refused(&self, status: StatusCode, text: &[u8]) -> ClientError {
        let refusal = serde_json::from_slice::<Refusal>(text).ok();
        let said = self.without_secret(&refusal.map(|r| r.error.message).unwrap_or_default());
        let next = match status {
            StatusCode::TOO_MANY_REQUESTS => {
                "Its quota is used up: try again later, or with fewer --frames"
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => REFUSED,
            // So it is with keys that do not exist.
            StatusCode::BAD_REQUEST if said.contains("API key") => REFUSED,
            _ if status.is_server_error() => "Try again later",
            _ => "Check REELDROP_VISION_ADDRESS where it is set",
        };
        let what = if next == REFUSED {
            "refuses the key"
        } else {
            "refuses"
        };
        ClientError::Failed(format!("{} {what} ({status}: {said}). {next}", self.host()))
    }

    fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        let why = if error.is_timeout() {
            "it took too long".to_owned()
        } else {
            cause(error)
        };
        self.failed(&format!("{why}. Check the network, then try again"))
    }

    fn failed(&self, why: &str) -> ClientError {
        ClientError::Failed(format!("{} cannot be asked: {why}", self.host()))
    }

    /// What somebody else says, short, and without the key where they repeat it.
    fn without_secret(&self, said: &str) -> String {
        let (Credential::Key(value) | Credential::Token(value)) = &self.credential;
        let secret = value.to_str().unwrap_or_default();
        let secret = secret.strip_prefix("Bearer ").unwrap_or(secret);
        said.replace(secret, "…").chars().take(MOST_SAID).collect()
    }
}

fn secret(name: &str, value: &str) -> Result<HeaderValue, ClientError> {
    let header = HeaderValue::from_str(value);
    // The error would repeat it.
    let mut header =
        header.map_err(|_| ClientError::Failed(format!("{name} holds what no key does")))?;
    header.set_sensitive(true);
    Ok(header)
}

/// Whether the same request may go well later.
fn may_pass(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?.parse();
    Some(Duration::from_secs(seconds.ok()?).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key() -> Credential {
        Credential::Key(secret("REELDROP_VISION_KEY", "s3cret").unwrap())
    }

    #[test]
    fn a_key_is_sent_by_https_only() {
        for address in ["http://vision.example/", "ftp://127.0.0.1/", "vision"] {
            assert!(Vision::new(address, key()).is_err(), "{address}");
        }
        assert!(Vision::new("http://127.0.0.1:1/", key()).is_ok());
        assert!(Vision::new(ADDRESS, key()).is_ok());
    }

    #[test]
    fn a_refusal_says_what_to_do_and_no_key() {
        let vision = Vision::new(ADDRESS, key()).unwrap();
        let said = |status: u16, text: &str| {
            let text = json!({"error": {"message": text}}).to_string();
            let status = StatusCode::from_u16(status).unwrap();
            vision.refused(status, text.as_bytes()).to_string()
        };
        let wrong = said(400, "API key not valid: s3cret");
        assert!(wrong.contains("refuses the key") && wrong.contains("enabled and billed"));
        assert!(!wrong.contains("s3cret"), "{wrong}");
        assert!(said(429, "quota").contains("fewer --frames"));
        assert!(said(503, "").contains("Try again later"));
    }
}
