//! The media bucket, for players.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use reeldrop_events::AssetId;
use reeldrop_store::{Bucket, Location, ObjectInfo, StoreError};
use tower_http::cors::CorsLayer;

use crate::{
    Error, Portal,
    body::{Ids, Question},
    manifest::{self, Kind, Player},
    range::Wanted,
};

/// More than any object has: the store cuts a range to the object.
const BEYOND: u64 = 1 << 50;

pub(crate) fn routes() -> Router<Portal> {
    Router::new()
        .route("/media/{*path}", get(media))
        .layer(any_site())
}

/// Players on any site may read.
pub(crate) fn any_site() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(tower_http::cors::Any)
        .expose_headers([
            header::CONTENT_LENGTH,
            header::CONTENT_RANGE,
            header::ETAG,
            header::DATE,
        ])
        .max_age(std::time::Duration::from_secs(86_400))
}

async fn media(
    State(portal): State<Portal>,
    method: Method,
    Ids(object): Ids<String>,
    Question(asked): Question<Asked>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let kind = Kind::of(&object);
    let at = Location {
        bucket: portal.store.bucket_name(Bucket::Media).to_owned(),
        object,
    };
    if let (Some(kind), Some(token)) = (kind, &asked.token) {
        return personal(&portal, kind, &at, token, &headers).await;
    }
    let asked = text(&headers, header::RANGE).and_then(Wanted::parse);
    let condition = text(&headers, header::IF_RANGE);
    // What is counted from the end, or depends on the version, needs to know the object first.
    let plain = match asked {
        Some(Wanted::From { first, .. }) => first < BEYOND,
        Some(Wanted::Suffix(_)) => false,
        None => true,
    };
    let needs_head = !plain || condition.is_some();
    if method == Method::HEAD || needs_head {
        let info = portal
            .store
            .head(&at)
            .await?
            .ok_or_else(|| StoreError::NotFound(at.clone()))?;
        if method == Method::HEAD {
            return Ok(whole(&headers, &info, Body::empty()));
        }
        let same = condition.is_none_or(|condition| condition == etag(&info));
        return match asked.filter(|_| same) {
            Some(wanted) => part(&portal, &at, wanted, Some(info.size_bytes)).await,
            None => all(&portal, &at, &headers).await,
        };
    }
    match asked {
        Some(wanted) => part(&portal, &at, wanted, None).await,
        None => all(&portal, &at, &headers).await,
    }
}

/// What may stand behind the question mark.
#[derive(serde::Deserialize)]
struct Asked {
    token: Option<String>,
}

/// A manifest with the token that it was asked for with. It is not checked here: the licence service
/// does that, and says what is wrong.
async fn personal(
    portal: &Portal,
    kind: Kind,
    at: &Location,
    token: &str,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let folders = at.object.split_once('/').zip(at.object.rsplit_once('/'));
    let Some(((asset, _), (folder, _))) = folders.filter(|_| token.chars().all(is_token)) else {
        return Err(Error::NoRoute);
    };
    let asset = asset.parse().map_err(|_| Error::NoRoute)?;
    let media = portal.config.media_url.as_ref();
    let media = media.map(|media| format!("{media}/{folder}/"));
    let info = portal.store.head(at).await?;
    let info = info.ok_or_else(|| StoreError::NotFound(at.clone()))?;
    // Another version for each token, which no cache may give to others.
    let info = ObjectInfo {
        version: format!("{}-{token}", info.version),
        cache_control: Some("private, max-age=1".to_owned()),
        ..info
    };
    // Players of a growing title ask every few seconds, and mostly know it already.
    if is_known(headers, &info) {
        return Ok(whole(headers, &info, Body::empty()));
    }
    let text = portal.store.get(at, manifest::LIMIT_BYTES).await?;
    let player = Player {
        asset: AssetId(asset),
        token,
        media: media.as_deref(),
    };
    let text = manifest::personal(kind, &String::from_utf8_lossy(&text), player);
    let info = ObjectInfo {
        size_bytes: text.len() as u64,
        ..info
    };
    Ok(whole(headers, &info, Body::from(text)))
}

async fn all(portal: &Portal, at: &Location, headers: &HeaderMap) -> Result<Response, Error> {
    let (info, pieces) = portal.store.stream(at, None).await?;
    Ok(whole(headers, &info, Body::from_stream(pieces)))
}

fn is_known(headers: &HeaderMap, info: &ObjectInfo) -> bool {
    text(headers, header::IF_NONE_MATCH).is_some_and(|known| knows(known, &etag(info)))
}

fn whole(headers: &HeaderMap, info: &ObjectInfo, body: Body) -> Response {
    if is_known(headers, info) {
        return with(StatusCode::NOT_MODIFIED, info, Body::empty(), None);
    }
    with(StatusCode::OK, info, body, Some(info.size_bytes))
}

async fn part(
    portal: &Portal,
    at: &Location,
    wanted: Wanted,
    size_bytes: Option<u64>,
) -> Result<Response, Error> {
    let range = match (wanted, size_bytes) {
        (wanted, Some(size_bytes)) => wanted
            .within(size_bytes)
            .ok_or(Error::OutOfRange { size_bytes })?,
        (Wanted::From { first, last }, None) => {
            first
                ..last
                    .map_or(BEYOND, |last| last.saturating_add(1))
                    .min(BEYOND)
        }
        (Wanted::Suffix(length), None) => 0..length.min(BEYOND),
    };
    match portal.store.stream(at, Some(range.clone())).await {
        Ok((info, pieces)) => {
            let end = range.end.min(info.size_bytes);
            let length = end.saturating_sub(range.start);
            let body = Body::from_stream(pieces);
            let mut response = with(StatusCode::PARTIAL_CONTENT, &info, body, Some(length));
            let named = format!(
                "bytes {}-{}/{}",
                range.start,
                end.saturating_sub(1),
                info.size_bytes
            );
            insert(response.headers_mut(), header::CONTENT_RANGE, &named);
            Ok(response)
        }
        Err(StoreError::OutOfRange(_)) => {
            let info = portal.store.head(at).await?;
            Err(Error::OutOfRange {
                size_bytes: info.map_or(0, |info| info.size_bytes),
            })
        }
        Err(error) => Err(error.into()),
    }
}

fn with(status: StatusCode, info: &ObjectInfo, body: Body, length: Option<u64>) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    let kind = info
        .content_type
        .as_deref()
        .unwrap_or("application/octet-stream");
    insert(headers, header::CONTENT_TYPE, kind);
    insert(
        headers,
        header::CACHE_CONTROL,
        info.cache_control.as_deref().unwrap_or("no-cache"),
    );
    insert(headers, header::ETAG, &etag(info));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

fn etag(info: &ObjectInfo) -> String {
    format!("\"{}\"", info.version)
}

/// Whether `If-None-Match` names the version (RFC 9110, 13.1.2: weak comparison).
fn knows(known: &str, etag: &str) -> bool {
    known
        .split(',')
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/") == etag)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
