//! The JSON interface: downloads and uploads.

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{
    objects::{Object, Objects, Place},
    route::{Answer, header, value, with},
};

/// Resumable uploads come in multiples of this, but for the end.
const QUANTUM: usize = 256 << 10;

/// Downloads an object, or a range of it.
pub(super) fn media(objects: &Objects, place: &Place, request: &Request<Bytes>) -> Answer {
    let Some(object) = objects.get(place) else {
        return missing(place);
    };
    let wanted = value(request, "ifGenerationMatch");
    if wanted.is_some_and(|wanted| wanted != object.generation.to_string()) {
        return error(StatusCode::PRECONDITION_FAILED, "conditionNotMet");
    }
    media_of(&object, request)
}

/// An object's bytes with its headers: what JSON's and XML's downloads have in common.
pub(super) fn media_of(object: &Object, request: &Request<Bytes>) -> Answer {
    let size = object.body.len();
    let mut headers = vec![
        ("content-type", object.content_type.clone()),
        ("x-goog-generation", object.generation.to_string()),
        ("x-goog-metageneration", "1".to_owned()),
        ("x-goog-stored-content-length", size.to_string()),
    ];
    let own: Vec<_> = object
        .metadata
        .iter()
        .map(|(name, value)| (format!("x-goog-meta-{name}"), value.clone()))
        .collect();
    headers.extend(
        own.iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    );
    let range = header(request.headers(), "range");
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|r| r.split_once('-')) else {
        return with(StatusCode::OK, &headers, object.body.clone());
    };
    let first: usize = first.parse().unwrap();
    if first >= size {
        return error(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "requestedRangeNotSatisfiable",
        );
    }
    let last = last
        .parse::<usize>()
        .map_or(size - 1, |last| last.min(size - 1));
    headers.push(("content-range", format!("bytes {first}-{last}/{size}")));
    let body = object.body.slice(first..=last);
    with(StatusCode::PARTIAL_CONTENT, &headers, body)
}

/// Begins an upload, or does all of it in one request.
pub(super) fn begin(objects: &Objects, bucket: String, request: &Request<Bytes>) -> Answer {
    let place = (bucket, value(request, "name").unwrap_or_default());
    if value(request, "uploadType").as_deref() == Some("resumable") {
        let resource = serde_json::from_slice(request.body()).unwrap();
        let id = objects.begin(place.clone(), described(&resource, Bytes::new()));
        let location = url::Url::parse_with_params(
            &format!("{}/upload/storage/v1/b/{}/o", objects.endpoint, place.0),
            [("uploadType", "resumable"), ("upload_id", &id)],
        );
        return with(
            StatusCode::OK,
            &[("location", location.unwrap().to_string())],
            "",
        );
    }
    let [resource, media] = related(request);
    let object = described(&serde_json::from_slice(&resource).unwrap(), media);
    let only = value(request, "ifGenerationMatch").map(|only| only.parse().unwrap());
    match objects.put(place.clone(), object, only) {
        Some(object) => written(&place, &object),
        None => error(StatusCode::PRECONDITION_FAILED, "conditionNotMet"),
    }
}

/// The first two parts of a `multipart/related` body (RFC 2387).
fn related(request: &Request<Bytes>) -> [Bytes; 2] {
    let kind = header(request.headers(), "content-type");
    let (_, boundary) = kind.split_once("boundary=").unwrap();
    let delimiter = format!("\r\n--{boundary}");
    let body = request.body();
    let mut at = 0;
    [(); 2].map(|()| {
        let start = at + find(&body[at..], b"\r\n\r\n") + 4;
        let end = start + find(&body[start..], delimiter.as_bytes());
        at = end;
        body.slice(start..end)
    })
}

fn find(body: &[u8], wanted: &[u8]) -> usize {
    let mut windows = body.windows(wanted.len());
    windows.position(|window| window == wanted).unwrap()
}

/// Takes the next piece of a resumable upload.
pub(super) fn go_on(objects: &Objects, request: &Request<Bytes>) -> Answer {
    let id = value(request, "upload_id").unwrap_or_default();
    let range = header(request.headers(), "content-range");
    let (piece, total) = range
        .strip_prefix("bytes ")
        .and_then(|range| range.split_once('/'))
        .unwrap();
    let mut uploads = objects.uploads();
    let Some(upload) = uploads.get_mut(&id) else {
        return error(StatusCode::NOT_FOUND, "there is no such upload");
    };
    if let Some((first, _)) = piece.split_once('-') {
        assert_eq!(
            first,
            upload.received.len().to_string(),
            "pieces come in order"
        );
        upload.received.extend_from_slice(request.body());
    }
    let received = upload.received.len();
    if total == received.to_string() {
        let mut upload = uploads.remove(&id).unwrap();
        upload.object.body = upload.received.freeze();
        let object = objects.put(upload.place.clone(), upload.object, None);
        return written(&upload.place, &object.unwrap());
    }
    if !received.is_multiple_of(QUANTUM) {
        return error(StatusCode::BAD_REQUEST, "pieces are multiples of 256 KiB");
    }
    let range = (received > 0).then(|| ("range", format!("bytes=0-{}", received - 1)));
    with(StatusCode::PERMANENT_REDIRECT, range.as_slice(), "")
}

fn described(resource: &Value, body: Bytes) -> Object {
    let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
    let metadata = resource["metadata"].as_object();
    let own = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap().to_owned());
    Object {
        generation: 0,
        content_type: text("contentType"),
        cache_control: text("cacheControl"),
        metadata: metadata.into_iter().flatten().map(own).collect(),
        body,
    }
}

fn written((bucket, name): &Place, object: &Object) -> Answer {
    let resource = json!({
        "kind": "storage#object",
        "bucket": bucket,
        "name": name,
        "generation": object.generation.to_string(),
        "size": object.body.len().to_string(),
        "contentType": object.content_type,
        "cacheControl": object.cache_control,
        "metadata": object.metadata,
    });
    with(StatusCode::OK, &json_type(), resource.to_string())
}

fn missing((bucket, object): &Place) -> Answer {
    let known = ["uploads", "work", "media"].contains(&bucket.as_str());
    let message = if known {
        format!("No such object: {bucket}/{object}")
    } else {
        "The specified bucket does not exist.".to_owned()
    };
    error(StatusCode::NOT_FOUND, &message)
}

fn error(status: StatusCode, message: &str) -> Answer {
    let body = json!({"error": {"code": status.as_u16(), "message": message}});
    with(status, &json_type(), body.to_string())
}

fn json_type() -> [(&'static str, String); 1] {
    [("content-type", "application/json".to_owned())]
}
