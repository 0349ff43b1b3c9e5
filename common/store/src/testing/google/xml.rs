//! The XML interface: signed requests, and multipart uploads.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, StatusCode};

use super::{
    identity::is_signed,
    json::media_of,
    objects::{Object, Objects, Place},
    route::{Answer, header, refused, value, with},
};

/// All parts but the last are at least that large.
const LEAST_PART: usize = 5 << 20;

/// Answers a request for an object.
pub(super) fn answer(objects: &Objects, place: Place, request: &Request<Bytes>) -> Answer {
    let upload = value(request, "uploadId");
    match (request.method().clone(), upload) {
        (Method::POST, None) if value(request, "uploads").is_some() => {
            create(objects, place, request)
        }
        (Method::POST, Some(id)) => complete(objects, &id, request),
        (Method::DELETE, Some(id)) => match objects.uploads().remove(&id) {
            Some(_) => with(StatusCode::NO_CONTENT, &[], ""),
            None => error(StatusCode::NOT_FOUND, "NoSuchUpload"),
        },
        (Method::PUT, Some(id)) if is_signed(request) => part(objects, &id, request),
        (Method::PUT, None) if is_signed(request) => {
            let object = described(request.headers(), request.body().clone());
            objects.put(place, object, None).unwrap();
            with(StatusCode::OK, &[], "")
        }
        (Method::GET, None) if is_signed(request) => match objects.get(&place) {
            Some(object) => media_of(&object, request),
            None => error(StatusCode::NOT_FOUND, "NoSuchKey"),
        },
        _ => refused(request),
    }
}

fn create(objects: &Objects, place: Place, request: &Request<Bytes>) -> Answer {
    let id = objects.begin(place, described(request.headers(), Bytes::new()));
    let body = format!(
        "<?xml version='1.0' encoding='UTF-8'?><InitiateMultipartUploadResult \
         xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><UploadId>{id}</UploadId>\
         </InitiateMultipartUploadResult>"
    );
    with(StatusCode::OK, &[], body)
}

fn part(objects: &Objects, id: &str, request: &Request<Bytes>) -> Answer {
    let number = value(request, "partNumber").and_then(|number| number.parse().ok());
    let mut uploads = objects.uploads();
    match (uploads.get_mut(id), number) {
        (Some(upload), Some(number)) => {
            upload.parts.insert(number, request.body().clone());
            let etag = etag(number, request.body());
            with(StatusCode::OK, &[("etag", etag)], "")
        }
        _ => error(StatusCode::NOT_FOUND, "NoSuchUpload"),
    }
}

fn etag(number: u32, body: &Bytes) -> String {
    format!("\"{number}-{}\"", body.len())
}

/// Joins the parts, where the request names each of them by number and ETag.
fn complete(objects: &Objects, id: &str, request: &Request<Bytes>) -> Answer {
    let Some(mut upload) = objects.uploads().remove(id) else {
        return error(StatusCode::NOT_FOUND, "NoSuchUpload");
    };
    let mut named = "<CompleteMultipartUpload>".to_owned();
    let mut joined = BytesMut::new();
    for (number, part) in &upload.parts {
        if !joined.is_empty() && joined.len() / (*number as usize - 1) < LEAST_PART {
            return error(StatusCode::BAD_REQUEST, "EntityTooSmall");
        }
        joined.extend_from_slice(part);
        let etag = etag(*number, part).replace('"', "&quot;");
        named += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
    }
    if *request.body() != named + "</CompleteMultipartUpload>" {
        return error(StatusCode::BAD_REQUEST, "InvalidPart");
    }
    upload.object.body = joined.freeze();
    objects.put(upload.place, upload.object, None).unwrap();
    with(StatusCode::OK, &[], "<CompleteMultipartUploadResult/>")
}

fn described(headers: &HeaderMap, body: Bytes) -> Object {
    let own = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let name = name.as_str().strip_prefix("x-goog-meta-")?;
        Some((name.to_owned(), value.to_str().ok()?.to_owned()))
    };
    let metadata: BTreeMap<_, _> = headers.iter().filter_map(own).collect();
    Object {
        generation: 0,
        content_type: header(headers, "content-type").to_owned(),
        cache_control: header(headers, "cache-control").to_owned(),
        metadata,
        body,
    }
}

/// An answer that says why not.
pub(super) fn error(status: StatusCode, code: &str) -> Answer {
    with(status, &[], format!("<Error><Code>{code}</Code></Error>"))
}
