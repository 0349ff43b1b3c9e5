//! Large uploads, part by part. The object appears when the last step is done, whole.

use std::{collections::BTreeMap, fmt::Display};

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};

use crate::{Location, ObjectInfo, Store, StoreError, object::unquoted};

const PART_BYTES: usize = 8 << 20;
/// S3 takes 10,000 parts: they double in size every so many, which makes 496 GiB with at most 128 MiB in memory.
const PARTS_PER_SIZE: u32 = 2_000;

impl Store {
    /// Begins a multipart upload and returns its id. Metadata as in [`Store::presign_put`].
    ///
    /// # Errors
    /// What befell the store.
    pub async fn create_multipart(
        &self,
        at: &Location,
        content_type: Option<&str>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<String, StoreError> {
        let metadata = metadata.clone().into_iter().collect();
        let output = self
            .client
            .create_multipart_upload()
            .bucket(&at.bucket)
            .key(&at.object)
            .set_content_type(content_type.map(str::to_owned))
            .set_metadata(Some(metadata))
            .send()
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        output
            .upload_id
            .ok_or_else(|| StoreError::unavailable(at, "the upload got no id"))
    }

    /// Joins the parts (number from 1, ETag) into the object.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the upload is unknown, or complete already.
    pub async fn complete_multipart(
        &self,
        at: &Location,
        upload_id: &str,
        parts: Vec<(i32, String)>,
    ) -> Result<(), StoreError> {
        let part = |(number, etag)| {
            CompletedPart::builder()
                .part_number(number)
                .e_tag(etag)
                .build()
        };
        let parts = parts.into_iter().map(part).collect();
        self.client
            .complete_multipart_upload()
            .bucket(&at.bucket)
            .key(&at.object)
            .upload_id(upload_id)
            .multipart_upload(
                CompletedMultipartUpload::builder()
                    .set_parts(Some(parts))
                    .build(),
            )
            .send()
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        Ok(())
    }

    /// Drops a multipart upload; one that is unknown is as good as dropped.
    ///
    /// # Errors
    /// What befell the store.
    pub async fn abort_multipart(&self, at: &Location, upload_id: &str) -> Result<(), StoreError> {
        let request = self
            .client
            .abort_multipart_upload()
            .bucket(&at.bucket)
            .key(&at.object);
        let sent = request.upload_id(upload_id).send().await;
        match sent.map_err(|error| StoreError::of(at, &error)) {
            Ok(_) | Err(StoreError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Stores what comes from `body` as one object, however long, with one part of it in memory.
    ///
    /// # Errors
    /// [`StoreError::Body`] where `body` breaks off, or what befell the store; there is no object then.
    pub async fn put_stream<E: Display>(
        &self,
        at: &Location,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
        content_type: Option<&str>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<ObjectInfo, StoreError> {
        let mut parts = Parts::new(at, body);
        let first = parts.next().await?;
        if first.len() < PART_BYTES {
            self.put_at(at, first, content_type, metadata).await?;
        } else {
            let upload_id = self.create_multipart(at, content_type, metadata).await?;
            let sent = self.send_parts(at, &upload_id, first, &mut parts).await;
            if let Err(error) = sent {
                // What counts is why it failed; a forgotten upload is removed by the bucket's life cycle.
                let _ = self.abort_multipart(at, &upload_id).await;
                return Err(error);
            }
        }
        self.head(at)
            .await?
            .ok_or_else(|| StoreError::NotFound(at.clone()))
    }

    async fn send_parts(
        &self,
        at: &Location,
        upload_id: &str,
        first: Bytes,
        parts: &mut Parts<'_>,
    ) -> Result<(), StoreError> {
        let mut done = Vec::new();
        let mut part = first;
        while !part.is_empty() {
            let number = i32::try_from(done.len() + 1).unwrap_or(i32::MAX);
            let etag = self.put_part(at, upload_id, number, part).await?;
            done.push((number, etag));
            part = parts.next().await?;
        }
        self.complete_multipart(at, upload_id, done).await
    }

    async fn put_part(
        &self,
        at: &Location,
        upload_id: &str,
        number: i32,
        body: Bytes,
    ) -> Result<String, StoreError> {
        let output = self
            .client
            .upload_part()
            .bucket(&at.bucket)
            .key(&at.object)
            .upload_id(upload_id)
            .part_number(number)
            .body(ByteStream::from(body))
            .customize()
            .disable_payload_signing()
            .send()
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        Ok(unquoted(output.e_tag()))
    }

    async fn put_at(
        &self,
        at: &Location,
        body: Bytes,
        content_type: Option<&str>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        self.client
            .put_object()
            .bucket(&at.bucket)
            .key(&at.object)
            .set_content_type(content_type.map(str::to_owned))
            .set_metadata(Some(metadata.clone().into_iter().collect()))
            .body(ByteStream::from(body))
            .customize()
            .disable_payload_signing()
            .send()
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        Ok(())
    }
}

/// Cuts a stream into parts.
struct Parts<'a> {
    body: BoxStream<'a, Result<Bytes, StoreError>>,
    /// What came beyond the last part.
    rest: Bytes,
    cut: u32,
}

impl<'a> Parts<'a> {
    fn new<E: Display>(
        at: &'a Location,
        body: impl Stream<Item = Result<Bytes, E>> + Send + 'a,
    ) -> Self {
        let broke_off = move |error: E| StoreError::Body {
            at: at.clone(),
            reason: error.to_string(),
        };
        Self {
            body: body.map_err(broke_off).boxed(),
            rest: Bytes::new(),
            cut: 0,
        }
    }

    /// The next part: shorter than planned only at the end, empty after it.
    async fn next(&mut self) -> Result<Bytes, StoreError> {
        let planned = part_bytes(self.cut);
        self.cut += 1;
        let mut part = BytesMut::new();
        loop {
            let room = planned - part.len();
            if self.rest.len() >= room {
                part.extend_from_slice(&self.rest.split_to(room));
                return Ok(part.freeze());
            }
            part.extend_from_slice(&self.rest);
            match self.body.try_next().await? {
                Some(piece) => self.rest = piece,
                None => {
                    self.rest = Bytes::new();
                    return Ok(part.freeze());
                }
            }
        }
    }
}

/// Size of the part that follows `cut` others.
fn part_bytes(cut: u32) -> usize {
    PART_BYTES << (cut / PARTS_PER_SIZE).min(4)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[tokio::test]
    async fn parts_are_the_stream_whatever_its_pieces() {
        let at = Location {
            bucket: "b".to_owned(),
            object: "o".to_owned(),
        };
        let pieces = [3 << 20, 0, 14 << 20, 1, 5].map(|length| Bytes::from(vec![7_u8; length]));
        let total: usize = pieces.iter().map(Bytes::len).sum();
        let body = futures::stream::iter(pieces.map(Ok::<_, Infallible>));
        let mut parts = Parts::new(&at, body);
        let lengths = [
            parts.next().await.unwrap().len(),
            parts.next().await.unwrap().len(),
            parts.next().await.unwrap().len(),
            parts.next().await.unwrap().len(),
        ];
        assert_eq!(lengths, [PART_BYTES, PART_BYTES, total - 2 * PART_BYTES, 0]);
    }

    #[test]
    fn ten_thousand_parts_hold_the_largest_upload() {
        let total: u64 = (0..10_000).map(|cut| part_bytes(cut) as u64).sum();
        assert!(total > 480 << 30, "{total} bytes");
    }
}
