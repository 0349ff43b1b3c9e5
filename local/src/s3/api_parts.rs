//! The operations on uploads in parts that look at all of them.

use s3s::{
    S3Result,
    dto::{
        CompleteMultipartUploadInput, CompleteMultipartUploadOutput, ETag, ListPartsInput,
        ListPartsOutput, Part,
    },
    s3_error,
};

use super::{
    api::{Api, etag, length},
    body::blocking,
};

impl Api {
    /// The parts so far.
    pub(super) async fn parts(&self, input: ListPartsInput) -> S3Result<ListPartsOutput> {
        let buckets = self.bucket(&input.bucket)?;
        let id = input.upload_id.clone();
        let parts = blocking(move || Ok(buckets.parts(&id)?)).await?;
        let part = |part: super::parts::Part| Part {
            part_number: Some(part.number),
            e_tag: Some(ETag::Strong(part.etag)),
            size: length(part.size),
            ..Default::default()
        };
        Ok(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            is_truncated: Some(false),
            parts: Some(parts.into_iter().map(part).collect()),
            ..Default::default()
        })
    }

    /// Joins the parts and tells of the object.
    pub(super) async fn complete(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let buckets = self.bucket(&input.bucket)?;
        let parts = input
            .multipart_upload
            .and_then(|upload| upload.parts)
            .unwrap_or_default();
        let wanted: Vec<_> = parts
            .into_iter()
            .map(|part| {
                (
                    part.part_number.unwrap_or_default(),
                    part.e_tag.map(ETag::into_value),
                )
            })
            .collect();
        if wanted.is_empty() {
            return Err(s3_error!(InvalidPart, "no parts are named"));
        }
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let complete = move || Ok(buckets.complete((&bucket, &key), &input.upload_id, &wanted)?);
        let placed = blocking(complete).await?;
        let event = "ObjectCreated:CompleteMultipartUpload";
        self.announce(event, &input.bucket, &input.key, &placed);
        Ok(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: etag(&placed),
            ..Default::default()
        })
    }
}
