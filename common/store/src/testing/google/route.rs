//! Which interface a request is for.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use percent_encoding::percent_decode_str;

use super::{
    identity::{is_known, is_signed},
    json,
    objects::{Objects, Place},
    rpc, xml,
};

pub(super) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// Answers a request.
pub(super) fn answer(objects: &Objects, request: &Request<Bytes>) -> Answer {
    if !is_known(request) && !is_signed(request) {
        return xml::error(StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
    }
    let path = request.uri().path();
    if let Some(method) = path.strip_prefix("/google.storage.v2.Storage/") {
        return rpc::answer(objects, method, request.body());
    }
    if let Some(bucket) = path.strip_prefix("/upload/storage/v1/b/") {
        let bucket = bucket.strip_suffix("/o").unwrap_or_default();
        return match *request.method() {
            Method::POST => json::begin(objects, decoded(bucket), request),
            Method::PUT => json::go_on(objects, request),
            _ => refused(request),
        };
    }
    if let Some(path) = path.strip_prefix("/storage/v1/b/") {
        return match place(path, "/o/") {
            Some(place) if request.method() == Method::GET => json::media(objects, &place, request),
            _ => refused(request),
        };
    }
    match place(path.trim_start_matches('/'), "/") {
        Some(place) => xml::answer(objects, place, request),
        None => refused(request),
    }
}

/// What nobody of this crate sends.
pub(super) fn refused(request: &Request<Bytes>) -> Answer {
    let text = format!(
        "the fake does not know {} {}",
        request.method(),
        request.uri()
    );
    with(StatusCode::NOT_IMPLEMENTED, &[], text)
}

fn place(path: &str, between: &str) -> Option<Place> {
    let (bucket, object) = path.split_once(between)?;
    Some((decoded(bucket), decoded(object)))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A value in the query.
pub(super) fn value(request: &Request<Bytes>, wanted: &str) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
}

/// A header's text, empty where there is none.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let header = headers.get(name).and_then(|value| value.to_str().ok());
    header.unwrap_or_default()
}

pub(super) fn with(
    status: StatusCode,
    headers: &[(&str, String)],
    body: impl Into<Bytes>,
) -> Answer {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    let body = Full::new(body.into()).boxed_unsync();
    response.body(body).unwrap()
}
