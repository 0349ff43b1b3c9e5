//! Uploads in parts that browsers send: the XML interface's multipart uploads.
//! <https://cloud.google.com/storage/docs/xml-api/post-object-multipart>

use std::fmt::Write;

use percent_encoding::utf8_percent_encode;
use quick_xml::{Reader, events::Event};
use reqwest::Method;

use super::{Google, xml::PATH};
use crate::{Location, StoreError, backend::Description};

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
        let sent = self.send(at, request.header("content-length", 0)).await;
        upload_id(&sent.answer?).ok_or_else(|| StoreError::unavailable(at, "the upload got no id"))
    }

    pub(super) async fn complete(
        &self,
        at: &Location,
        upload_id: &str,
        parts: Vec<(i32, String)>,
    ) -> Result<(), StoreError> {
        let query = format!("uploadId={}", utf8_percent_encode(upload_id, PATH));
        let request = self.request(Method::POST, at, &query);
        let sent = self.send(at, request.body(joined(&parts))).await;
        match sent.answer {
            Ok(_) => Ok(()),
            // The try whose answer got lost has made the object, and ended the upload with it.
            Err(StoreError::NotFound(_))
                if sent.was_tried_before && self.look(at).await?.is_some() =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn abort(&self, at: &Location, upload_id: &str) -> Result<(), StoreError> {
        let query = format!("uploadId={}", utf8_percent_encode(upload_id, PATH));
        let request = self.request(Method::DELETE, at, &query);
        let sent = self.send(at, request).await;
        match sent.answer {
            Ok(_) => Ok(()),
            Err(StoreError::NotFound(_)) if sent.was_tried_before => Ok(()),
            Err(error) => Err(error),
        }
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
