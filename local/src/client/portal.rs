//! The portal's API.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::events::EventStream;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a command cannot do what it should.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No portal answers there.
    #[error(
        "cannot reach Reeldrop at {url}: {reason}. Start it with `reeldrop up`, or name another address with --url"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The portal refused, in its own words.
    #[error("{0}")]
    Refused(String),
    /// The portal does not take the file, in its own words.
    #[error("{0}")]
    Rejected(String),
    /// The store did not take the file.
    #[error("the upload failed: {0}")]
    Upload(String),
    /// A local file cannot be used.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// What was asked for has failed.
    #[error("{0}")]
    Failed(String),
}

/// What the portal says when it refuses.
#[derive(Deserialize)]
struct Problem {
    error: String,
    #[serde(default)]
    next: String,
}

/// A portal.
#[derive(Clone, Debug)]
pub struct Portal {
    url: String,
    client: reqwest::Client,
}

impl Portal {
    /// The portal at this address.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] where no HTTP client can be made.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let url = url.trim_end_matches('/').to_owned();
        let mut builder = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT);
        let host = url::Url::parse(&url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        if matches!(host.as_deref(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            builder = builder.no_proxy();
        }
        match builder.build() {
            Ok(client) => Ok(Self { url, client }),
            Err(error) => Err(ClientError::Unreachable {
                url,
                reason: error.to_string(),
            }),
        }
    }

    /// The client, for addresses that the portal hands out.
    pub(super) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Asks for something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.parsed(self.request(Method::GET, path)).await
    }

    /// Gets a text as it is.
    pub(super) async fn text(&self, path: &str) -> Result<String, ClientError> {
        let answer = self.send(self.request(Method::GET, path)).await?;
        answer
            .text()
            .await
            .map_err(|error| self.unreachable(&error))
    }

    /// Sends something.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, ClientError> {
        self.parsed(self.request(Method::POST, path).json(body))
            .await
    }

    /// Sends a text as it is.
    pub(super) async fn post_text<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        text: Vec<u8>,
    ) -> Result<T, ClientError> {
        let request = self.request(Method::POST, path).query(query);
        self.parsed(request.header("content-type", "text/plain").body(text))
            .await
    }

    /// Removes something.
    pub(super) async fn delete(&self, path: &str) -> Result<(), ClientError> {
        self.send(self.request(Method::DELETE, path))
            .await
            .map(drop)
    }

    /// Opens a stream of server-sent events.
    ///
    /// # Errors
    /// [`ClientError`] where the portal does not answer, or refuses.
    pub async fn events(&self, path: &str) -> Result<EventStream, ClientError> {
        let request = self
            .request(Method::GET, path)
            .header("accept", "text/event-stream");
        Ok(EventStream::new(self.send(request).await?))
    }

    /// Says that the connection to the portal failed.
    pub(super) fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        ClientError::Unreachable {
            url: self.url.clone(),
            reason: cause(error),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    async fn parsed<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        let answer = self.send(request).await?;
        answer
            .json()
            .await
            .map_err(|error| self.unreachable(&error))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let answer = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let text = answer.text().await.unwrap_or_default();
        match serde_json::from_str::<Problem>(&text) {
            Ok(problem) => Err(ClientError::Refused(format!(
                "{} {}",
                problem.error, problem.next
            ))),
            Err(_)
                if matches!(
                    status,
                    StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE
                ) =>
            {
                Err(ClientError::Unreachable {
                    url: self.url.clone(),
                    reason: status.to_string(),
                })
            }
            Err(_) => Err(ClientError::Refused(format!("{status}: {text}"))),
        }
    }
}

/// The innermost cause: reqwest's own text leaves it out.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
