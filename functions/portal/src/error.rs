//! Why a request was not answered, and how that is said.

use axum::{
    Json,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use reeldrop_catalog::CatalogError;
use reeldrop_runtime::{Failure, MissingVariable};
use reeldrop_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is wrong: what is wrong with it, and what to do.
    #[error("{error}")]
    Invalid {
        /// What is wrong, in a sentence.
        error: String,
        /// What to do, in a sentence.
        next: &'static str,
    },
    /// Something that the request names is not there.
    #[error("There is no {0}.")]
    Unknown(String),
    /// No route has this address.
    #[error("This address leads nowhere.")]
    NoRoute,
    /// The title is not in a state for what is asked.
    #[error("{error}")]
    Conflict {
        /// Why not, in a sentence.
        error: String,
        /// What to do, in a sentence.
        next: &'static str,
    },
    /// What was asked for has failed: the title says why.
    #[error("{0}")]
    Failed(String),
    /// The range begins after the object's end.
    #[error("The range lies outside of the file.")]
    OutOfRange {
        /// Size of the file in bytes.
        size_bytes: u64,
    },
    /// A player has no token that lets it have the key: what is wrong with it.
    #[error("{0}")]
    Forbidden(String),
    /// A caller asks for keys too often.
    #[error("There were too many requests for this key.")]
    TooMany {
        /// Seconds after which it may ask again.
        wait_s: u64,
    },
    /// Another site's page sent a request that changes something.
    #[error("Pages of other sites may not change anything here.")]
    OtherSite,
    /// What was waited for has not happened in time.
    #[error("This takes longer than expected.")]
    Slow,
    /// The catalog.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The buckets.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] Failure),
    /// The environment.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
}

/// What an answer says that is none: two sentences for a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// What happened.
    #[schema(example = "There is no title 5f0c….")]
    error: String,
    /// What to do now.
    #[schema(example = "Look at the list of titles.")]
    next: String,
}

const LATER: &str = "Try again in a moment.";
const LIST: &str = "Look at the list of titles.";
const OPERATOR: &str = "Tell whoever runs this Reeldrop: its log says more.";

impl Error {
    pub(crate) fn invalid(error: impl Into<String>, next: &'static str) -> Self {
        Self::Invalid {
            error: error.into(),
            next,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Invalid { .. } => StatusCode::BAD_REQUEST,
            Self::Unknown(_) | Self::NoRoute => StatusCode::NOT_FOUND,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Failed(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::OutOfRange { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::OtherSite | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Slow | Self::Broker(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Catalog(error) => of_catalog(error),
            Self::Store(error) => of_store(error),
            Self::Missing(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn next(&self) -> &'static str {
        match self {
            Self::Invalid { next, .. } | Self::Conflict { next, .. } => next,
            Self::Unknown(_) | Self::Failed(_) => LIST,
            Self::NoRoute => "/openapi.json lists all addresses.",
            Self::OutOfRange { .. } => "Ask for a range within the file.",
            Self::Forbidden(_) => {
                "Ask /api/assets/{id} for the title's manifest addresses again, and play one of them."
            }
            Self::TooMany { .. } => LATER,
            Self::OtherSite => "Use the page of this Reeldrop, or its API from a program.",
            Self::Slow | Self::Broker(_) => LATER,
            Self::Catalog(_) | Self::Store(_) | Self::Missing(_) => match self.status() {
                StatusCode::SERVICE_UNAVAILABLE => LATER,
                StatusCode::NOT_FOUND => LIST,
                StatusCode::CONFLICT => "Choose another KID for another key.",
                _ => OPERATOR,
            },
        }
    }

    /// What a stranger may read: what is wrong inside is for the log.
    fn sentence(&self) -> String {
        match (self, self.status()) {
            (Self::Catalog(CatalogError::OtherKey { kid, .. }), _) => {
                format!("The KID {kid} already names another key of this title.")
            }
            (Self::Catalog(_) | Self::Store(_), StatusCode::NOT_FOUND) => {
                "This is not there, or no longer.".to_owned()
            }
            (Self::Catalog(_) | Self::Store(_) | Self::Broker(_) | Self::Missing(_), _) => {
                "Reeldrop cannot answer this now.".to_owned()
            }
            _ => self.to_string(),
        }
    }
}

fn of_catalog(error: &CatalogError) -> StatusCode {
    match error {
        CatalogError::Pool(_) | CatalogError::Database(_) | CatalogError::Migration(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        CatalogError::NoPackage { .. } | CatalogError::Deleted(_) => StatusCode::NOT_FOUND,
        CatalogError::OtherKey { .. } => StatusCode::CONFLICT,
        CatalogError::NoUrl
        | CatalogError::UrlFile { .. }
        | CatalogError::Url(_)
        | CatalogError::NoRuntime
        | CatalogError::Document(_)
        | CatalogError::Value { .. }
        | CatalogError::MasterKeyFile { .. }
        | CatalogError::MasterKey { .. }
        | CatalogError::Unwrap => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn of_store(error: &StoreError) -> StatusCode {
    match error {
        StoreError::NotFound(_) => StatusCode::NOT_FOUND,
        StoreError::Refused { .. } | StoreError::Unavailable { .. } | StoreError::Body { .. } => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        StoreError::TooLarge { .. }
        | StoreError::OutOfRange(_)
        | StoreError::Changed(_)
        | StoreError::Unsigned { .. }
        | StoreError::Client { .. }
        | StoreError::Setting { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), "request failed: {self}");
        }
        let problem = Problem {
            error: self.sentence(),
            next: self.next().to_owned(),
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Self::OutOfRange { size_bytes } = self
            && let Ok(range) = HeaderValue::try_from(format!("bytes */{size_bytes}"))
        {
            headers.insert("content-range", range);
        }
        if let Self::TooMany { wait_s } = self {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait_s));
        }
        response
    }
}
