//! Large uploads, part by part. The object appears when the last step is done, whole.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::Bytes;

use super::{
    S3,
    objects::unquoted,
    parts::{PART_BYTES, Parts},
};
use crate::{
    Location, StoreError,
    backend::{Body, Description},
};

impl S3 {
    pub(super) async fn create(
        &self,
        at: &Location,
        description: Description<'_>,
    ) -> Result<String, StoreError> {
        let metadata = description.metadata.cloned().unwrap_or_default();
        let output = self
            .client
            .create_multipart_upload()
            .bucket(&at.bucket)
            .key(&at.object)
            .set_content_type(description.content_type.map(str::to_owned))
            .set_metadata(Some(metadata.into_iter().collect()))
            .send()
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        output
            .upload_id
            .ok_or_else(|| StoreError::unavailable(at, "the upload got no id"))
    }

    pub(super) async fn complete(
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

    pub(super) async fn abort(&self, at: &Location, upload_id: &str) -> Result<(), StoreError> {
        let request = self
            .client
            .abort_multipart_upload()
            .bucket(&at.bucket)
            .key(&at.object);
        let sent = request.upload_id(upload_id).send().await;
        sent.map_err(|error| StoreError::of(at, &error))?;
        Ok(())
    }

    pub(super) async fn write_stream(
        &self,
        at: &Location,
        body: Body<'_>,
        description: Description<'_>,
    ) -> Result<(), StoreError> {
        let mut parts = Parts::new(body);
        let first = parts.next().await?;
        if first.len() < PART_BYTES {
            return self.write(at, first, description, None).await;
        }
        let upload_id = self.create(at, description).await?;
        let sent = self.send_parts(at, &upload_id, first, &mut parts).await;
        if sent.is_err() {
            // What counts is why it failed; a forgotten upload is removed by the bucket's life cycle.
            let _ = self.abort(at, &upload_id).await;
        }
        sent
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
        self.complete(at, upload_id, done).await
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
}
