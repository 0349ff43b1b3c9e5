//! The page, carried in the binary.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::{Embed, EmbeddedFile};

use crate::Error;

#[derive(Embed)]
#[folder = "page/dist"]
struct Dist;

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Reeldrop</title>\
    <p>Reeldrop runs, but this build carries no page: run <code>make page</code>, then build again. \
    The API is described in <a href=\"/openapi.json\">/openapi.json</a>.";

/// The page names everything relative to its base, so that it works behind any path.
const BASE: &str = "<base href=\"./\"";
const BASE_OF_WATCH: &str = "<base href=\"../\"";

/// The list.
pub(crate) async fn home() -> Response {
    index(|html| html)
}

/// A title's page: the same file, one folder down.
pub(crate) async fn watch() -> Response {
    index(|html| html.replace(BASE, BASE_OF_WATCH))
}

/// A file of the page.
pub(crate) async fn file(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Error> {
    let file = Dist::get(&path).ok_or(Error::NoRoute)?;
    let etag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known == etag.as_str())
    {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    // Vite names assets by their content; the few others may change with each build.
    let cache = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let EmbeddedFile { data, metadata } = file;
    let kind = match metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::ETAG, etag),
    ];
    Ok((headers, data).into_response())
}

fn index(rebase: impl FnOnce(String) -> String) -> Response {
    let no_cache = [(header::CACHE_CONTROL, "no-cache")];
    match Dist::get("index.html") {
        Some(page) => {
            let html = String::from_utf8_lossy(&page.data).into_owned();
            (no_cache, Html(rebase(html))).into_response()
        }
        None => (StatusCode::NOT_FOUND, no_cache, Html(NOT_BUILT)).into_response(),
    }
}
