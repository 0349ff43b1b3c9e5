//! The gRPC interface, as far as it is needed: single requests over HTTP/2, each one message long.
//! The messages are those of google/storage/v2/storage.proto, with the fields that matter here.

use std::collections::HashMap;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::{BodyExt, Full};
use prost::Message;

use super::{
    objects::{Object, Objects, Place},
    route::Answer,
};

/// Small, so that every test of a listing turns a page.
const PAGE: usize = 5;

#[derive(Message)]
struct GetObjectRequest {
    #[prost(string, tag = "1")]
    bucket: String,
    #[prost(string, tag = "2")]
    object: String,
}

#[derive(Message)]
struct ListObjectsRequest {
    #[prost(string, tag = "1")]
    parent: String,
    #[prost(string, tag = "3")]
    page_token: String,
    #[prost(string, tag = "6")]
    prefix: String,
}

#[derive(Message)]
struct ListObjectsResponse {
    #[prost(message, repeated, tag = "1")]
    objects: Vec<ObjectMessage>,
    #[prost(string, tag = "3")]
    next_page_token: String,
}

#[derive(Message)]
struct ObjectMessage {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    bucket: String,
    #[prost(int64, tag = "3")]
    generation: i64,
    #[prost(int64, tag = "6")]
    size: i64,
    #[prost(string, tag = "9")]
    cache_control: String,
    #[prost(string, tag = "13")]
    content_type: String,
    #[prost(map = "string, string", tag = "22")]
    metadata: HashMap<String, String>,
}

/// Answers a call.
pub(super) fn answer(objects: &Objects, method: &str, body: &Bytes) -> Answer {
    // A flag and four bytes of length come before the message.
    let message = body.slice(5..);
    match method {
        "GetObject" => {
            let place = place(message);
            match objects.get(&place) {
                Some(object) => found(&described(place, object)),
                None => missing(&place),
            }
        }
        "ListObjects" => found(&list(
            objects,
            &ListObjectsRequest::decode(message).unwrap(),
        )),
        "DeleteObject" => {
            let place = place(message);
            match objects.objects().remove(&place) {
                Some(_) => found(&()),
                None => missing(&place),
            }
        }
        _ => status(12, "the fake does not know it"),
    }
}

/// `GetObject` and `DeleteObject` name their object in the same fields.
fn place(message: Bytes) -> Place {
    let request = GetObjectRequest::decode(message).unwrap();
    (bucket(&request.bucket), request.object)
}

fn bucket(name: &str) -> String {
    name.strip_prefix("projects/_/buckets/").unwrap().to_owned()
}

fn list(objects: &Objects, request: &ListObjectsRequest) -> ListObjectsResponse {
    let bucket = bucket(&request.parent);
    let stored = objects.objects();
    let mut named = stored
        .iter()
        .filter(|((of, name), _)| *of == bucket && name.starts_with(&request.prefix))
        .filter(|((_, name), _)| *name > request.page_token);
    let page: Vec<_> = named
        .by_ref()
        .take(PAGE)
        .map(|(place, object)| described(place.clone(), object.clone()))
        .collect();
    let last = page.last().map(|object| object.name.clone());
    let more = named.next().is_some();
    ListObjectsResponse {
        objects: page,
        next_page_token: last.filter(|_| more).unwrap_or_default(),
    }
}

fn described((bucket, name): Place, object: Object) -> ObjectMessage {
    ObjectMessage {
        name,
        bucket: format!("projects/_/buckets/{bucket}"),
        generation: object.generation,
        size: i64::try_from(object.body.len()).unwrap(),
        cache_control: object.cache_control,
        content_type: object.content_type,
        metadata: object.metadata.into_iter().collect(),
    }
}

fn found(message: &impl Message) -> Answer {
    let mut body = BytesMut::new();
    body.put_u8(0);
    body.put_u32(u32::try_from(message.encoded_len()).unwrap());
    message.encode(&mut body).unwrap();
    let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from(0))]);
    let body = Full::new(body.freeze()).with_trailers(async move { Some(Ok(trailers)) });
    grpc().body(body.boxed_unsync()).unwrap()
}

fn missing((bucket, object): &Place) -> Answer {
    status(5, &format!("No such object: {bucket}/{object}"))
}

pub(super) fn status(code: u16, message: &str) -> Answer {
    let message =
        percent_encoding::utf8_percent_encode(message, percent_encoding::NON_ALPHANUMERIC);
    grpc()
        .header("grpc-status", code)
        .header("grpc-message", message.to_string())
        .body(Full::default().boxed_unsync())
        .unwrap()
}

fn grpc() -> http::response::Builder {
    Response::builder().header("content-type", "application/grpc")
}
