//! Reads requests; what does not fit is answered in the API's own way.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::request::Parts,
};
use reeldrop_events::AssetId;
use serde::de::DeserializeOwned;

use crate::Error;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(Error::invalid(
                rejection.body_text(),
                "Send JSON as /openapi.json describes it, with content-type application/json.",
            )),
        }
    }
}

/// What stands behind the question mark.
pub(crate) struct Question<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Question<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(question)) => Ok(Self(question)),
            Err(rejection) => Err(Error::invalid(
                rejection.body_text(),
                "Mend the address's query.",
            )),
        }
    }
}

/// Parts of the path that are ids or numbers: what is none of them leads nowhere.
pub(crate) struct Ids<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Ids<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(ids)| Self(ids)).map_err(|_| Error::NoRoute)
    }
}

/// The title is unknown, or was deleted.
pub(crate) fn no_title(asset: AssetId) -> Error {
    Error::Unknown(format!("title {asset}"))
}
