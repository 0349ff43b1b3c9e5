//! Uploads in parts that browsers send: the XML interface's multipart uploads.
//! <https://cloud.google.com/storage/docs/xml-api/post-object-multipart>

use std::fmt::Write;

use google_cloud_auth::credentials::CacheableResource;
use http::Extensions;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::{Reader, events::Event};
use reqwest::{Method, RequestBuilder};

use super::Google;
use crate::{Location, StoreError, backend::Description};

/// What RFC 3986 calls reserved, but for the slash.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

impl Google {
    pub(super) async fn create(
        &self,
        at: &Location,
        description: Description<'_>,
    ) -> Result<String, StoreError> {
        let mut request = self.request(Method::POST, at, "uploads");
        if let Some(content_type) = description.content_type {
            request = request.header("content-type", content_type);
        }
        for (name, value) in description.metadata.into_iter().flatten() {
            request = request.header(format!("x-goog-meta-{name}"), value);
        }
        let answer = self.send(at, request.header("content-length", 0)).await?;
        upload_id(&answer).ok_or_else(|| StoreError::unavailable(at, "the upload got no id"))
    }

    pub(super) async fn complete(
        &self,
        at: &Location,
        upload_id: &str,
        parts: Vec<(i32, String)>,
    ) -> Result<(), StoreError> {
        let query = format!("uploadId={}", utf8_percent_encode(upload_id, PATH));
        let request = self.request(Method::POST, at, &query);
        self.send(at, request.body(joined(&parts))).await?;
        Ok(())
    }

    pub(super) async fn abort(&self, at: &Location, upload_id: &str) -> Result<(), StoreError> {
        let query = format!("uploadId={}", utf8_percent_encode(upload_id, PATH));
        self.send(at, self.request(Method::DELETE, at, &query))
            .await?;
        Ok(())
    }

    fn request(&self, method: Method, at: &Location, query: &str) -> RequestBuilder {
        let object = utf8_percent_encode(&at.object, PATH);
        let url = format!("{}/{}/{object}?{query}", self.endpoint, at.bucket);
        self.http.request(method, url)
    }

    /// Sends a request in the name of these credentials, and returns the answer's body.
    async fn send(&self, at: &Location, request: RequestBuilder) -> Result<String, StoreError> {
        let unavailable = |error: &dyn std::error::Error| StoreError::unavailable(at, error);
        let headers = self.credentials.headers(Extensions::new()).await;
        let request = match headers.map_err(|error| unavailable(&error))? {
            CacheableResource::New { data, .. } => request.headers(data),
            CacheableResource::NotModified => request,
        };
        let sent = request.send().await.map_err(|error| unavailable(&error))?;
        let status = sent.status();
        let body = sent.text().await.map_err(|error| unavailable(&error))?;
        if status.is_success() {
            return Ok(body);
        }
        Err(StoreError::of_answer(at, status.as_u16(), &body))
    }
}

/// The body that names the parts.
fn joined(parts: &[(i32, String)]) -> String {
    let mut body = "<CompleteMultipartUpload>".to_owned();
    for (number, etag) in parts {
        let etag = quick_xml::escape::escape(etag.as_str());
        // Writing to a string does not fail.
        let _ = write!(
            body,
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        );
    }
    body + "</CompleteMultipartUpload>"
}

/// The text of `UploadId` in what begins an upload.
fn upload_id(answer: &str) -> Option<String> {
    let mut reader = Reader::from_str(answer);
    loop {
        let event = reader.read_event().ok()?;
        if matches!(event, Event::Eof) {
            return None;
        }
        let Event::Start(start) = event else {
            continue;
        };
        if start.local_name().as_ref() == "UploadId" {
            let text = reader.read_text(start.name()).ok()?;
            return Some(text.trim().to_owned()).filter(|id| !id.is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_an_upload_is_found_and_a_page_of_something_else_has_none() {
        let answer = "<?xml version='1.0' encoding='UTF-8'?>\n<InitiateMultipartUploadResult \
                      xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Bucket>b</Bucket><Key>o</Key>\
                      <UploadId>VXBsb2Fk-_x</UploadId></InitiateMultipartUploadResult>";
        assert_eq!(upload_id(answer).as_deref(), Some("VXBsb2Fk-_x"));
        for wrong in ["", "<html><p>sorry</html>", "<UploadId></UploadId>"] {
            assert_eq!(upload_id(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn parts_are_named_in_their_order_and_escaped() {
        let parts = [(1, "\"a\"".to_owned()), (2, "b&".to_owned())];
        assert_eq!(
            joined(&parts),
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;</ETag></Part>\
             <Part><PartNumber>2</PartNumber><ETag>b&amp;</ETag></Part></CompleteMultipartUpload>"
        );
    }
}
