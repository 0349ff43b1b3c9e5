//! The S3 operations that Reeldrop, its tests and ordinary clients use.

use std::{sync::Arc, time::SystemTime};

use s3s::{
    S3, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket,
        CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyObjectInput,
        CopyObjectOutput, CopyObjectResult, CopySource, CreateMultipartUploadInput,
        CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
        DeleteObjectsOutput, DeletedObject, ETag, GetObjectInput, GetObjectOutput, HeadBucketInput,
        HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
        ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
        MetadataDirective, PutObjectInput, PutObjectOutput, Timestamp, UploadPartInput,
        UploadPartOutput,
    },
    s3_error,
};

use super::{
    Created, OnChange,
    body::{self, blocking},
    buckets::{Buckets, Found},
    listing,
    object::{Attributes, Headers},
};

/// The buckets as an S3 service.
pub(super) struct Api {
    pub(super) buckets: Arc<Buckets>,
    pub(super) on_change: Arc<dyn OnChange>,
}

impl Api {
    pub(super) async fn find(&self, bucket: &str, key: &str) -> S3Result<Found> {
        let (of, name) = (bucket.to_owned(), key.to_owned());
        let buckets = self.bucket(bucket)?;
        let found = blocking(move || Ok(buckets.find(&of, &name)?)).await?;
        found.ok_or_else(|| s3_error!(NoSuchKey))
    }

    pub(super) fn bucket(&self, bucket: &str) -> S3Result<Arc<Buckets>> {
        match self.buckets.bucket(bucket) {
            Some(_) => Ok(self.buckets.clone()),
            None => Err(s3_error!(NoSuchBucket)),
        }
    }

    /// Tells of a new object in the uploads bucket.
    pub(super) fn announce(
        &self,
        event: &'static str,
        bucket: &str,
        key: &str,
        attributes: &Attributes,
    ) {
        if bucket == self.buckets.uploads() {
            self.on_change
                .created(Created::new(event, bucket, key, attributes));
        }
    }

    async fn delete(&self, bucket: &str, key: &str) -> S3Result<()> {
        let (of, name) = (bucket.to_owned(), key.to_owned());
        let buckets = self.bucket(bucket)?;
        blocking(move || Ok(buckets.delete(&of, &name)?)).await?;
        if bucket == self.buckets.uploads() {
            self.on_change.deleted(key);
        }
        Ok(())
    }
}

pub(super) fn etag(attributes: &Attributes) -> Option<ETag> {
    Some(ETag::Strong(attributes.etag.clone()))
}

fn modified(found: &Found) -> Option<Timestamp> {
    found.content.modified().ok().map(Timestamp::from)
}

pub(super) fn length(bytes: u64) -> Option<i64> {
    i64::try_from(bytes).ok()
}

#[async_trait::async_trait]
impl S3 for Api {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let buckets = self.bucket(&input.bucket)?;
        let only_new = input
            .if_none_match
            .is_some_and(|condition| condition.is_any());
        if only_new && self.find(&input.bucket, &input.key).await.is_ok() {
            return Err(s3_error!(PreconditionFailed, "the object exists"));
        }
        let draft = body::receive(&buckets, input.body, input.content_length).await?;
        let headers = Headers {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        };
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let placed =
            blocking(move || Ok(buckets.place(&bucket, &key, draft, headers, None)?)).await?;
        self.announce("ObjectCreated:Put", &input.bucket, &input.key, &placed);
        Ok(S3Response::new(PutObjectOutput {
            e_tag: etag(&placed),
            ..Default::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let found = self.find(&input.bucket, &input.key).await?;
        if let Some(ETag::Strong(wanted)) =
            input.if_match.as_ref().and_then(|wanted| wanted.as_etag())
            && *wanted != found.attributes.etag
        {
            return Err(s3_error!(PreconditionFailed));
        }
        let size = found.content.len();
        let range = match input.range {
            Some(range) => range.check(size).map_err(|_| s3_error!(InvalidRange))?,
            None => 0..size,
        };
        let content_range = input.range.is_some().then(|| {
            format!(
                "bytes {}-{}/{size}",
                range.start,
                range.end.saturating_sub(1)
            )
        });
        let modified = modified(&found);
        let body = body::send(found.file, range.clone()).await?;
        let Attributes { etag, headers, .. } = found.attributes;
        Ok(S3Response::new(GetObjectOutput {
            body: Some(body),
            accept_ranges: Some("bytes".to_owned()),
            content_length: length(range.end - range.start),
            content_range,
            e_tag: Some(ETag::Strong(etag)),
            last_modified: modified,
            content_type: input.response_content_type.or(headers.content_type),
            content_encoding: headers.content_encoding,
            content_disposition: input
                .response_content_disposition
                .or(headers.content_disposition),
            content_language: headers.content_language,
            cache_control: input.response_cache_control.or(headers.cache_control),
            metadata: Some(headers.metadata.into_iter().collect()),
            ..Default::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let found = self.find(&input.bucket, &input.key).await?;
        let modified = modified(&found);
        let Attributes { etag, headers, .. } = found.attributes;
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: length(found.content.len()),
            e_tag: Some(ETag::Strong(etag)),
            last_modified: modified,
            content_type: headers.content_type,
            content_encoding: headers.content_encoding,
            content_disposition: headers.content_disposition,
            content_language: headers.content_language,
            cache_control: headers.cache_control,
            metadata: Some(headers.metadata.into_iter().collect()),
            ..Default::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.delete(&request.input.bucket, &request.input.key)
            .await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let mut deleted = Vec::new();
        for object in request.input.delete.objects {
            self.delete(&request.input.bucket, &object.key).await?;
            deleted.push(DeletedObject {
                key: Some(object.key),
                ..Default::default()
            });
        }
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: Some(deleted),
            ..Default::default()
        }))
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
            return Err(s3_error!(NotImplemented));
        };
        let from = self.find(bucket, key).await?;
        let buckets = self.bucket(&input.bucket)?;
        let replaces = input
            .metadata_directive
            .as_ref()
            .map(MetadataDirective::as_str)
            == Some(MetadataDirective::REPLACE);
        let headers = if replaces {
            Headers {
                content_type: input.content_type,
                content_encoding: input.content_encoding,
                content_disposition: input.content_disposition,
                content_language: input.content_language,
                cache_control: input.cache_control,
                metadata: input.metadata.unwrap_or_default().into_iter().collect(),
            }
        } else {
            from.attributes.headers
        };
        let (to, name, version) = (
            input.bucket.clone(),
            input.key.clone(),
            from.attributes.etag,
        );
        let placed = blocking(move || {
            let mut draft = buckets.draft()?;
            draft.append(&from.path)?;
            Ok(buckets.place(&to, &name, draft, headers, Some(version))?)
        })
        .await?;
        self.announce("ObjectCreated:Copy", &input.bucket, &input.key, &placed);
        let copied = CopyObjectResult {
            e_tag: etag(&placed),
            last_modified: Some(Timestamp::from(SystemTime::now())),
            ..Default::default()
        };
        let output = CopyObjectOutput {
            copy_object_result: Some(copied),
            ..Default::default()
        };
        Ok(S3Response::new(output))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let buckets = self.bucket(&input.bucket)?;
        let (bucket, prefix) = (
            input.bucket.clone(),
            input.prefix.clone().unwrap_or_default(),
        );
        let objects = blocking(move || Ok(buckets.list(&bucket, &prefix)?)).await?;
        Ok(S3Response::new(listing::page(&input, objects)))
    }

    async fn list_buckets(
        &self,
        _: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = self.buckets.clone();
        let names = blocking(move || Ok(buckets.names()?)).await?;
        let bucket = |name| Bucket {
            name: Some(name),
            ..Default::default()
        };
        let buckets = Some(names.into_iter().map(bucket).collect());
        Ok(S3Response::new(ListBucketsOutput {
            buckets,
            ..Default::default()
        }))
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        let buckets = self.bucket(&input.bucket)?;
        let headers = Headers {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            metadata: input.metadata.unwrap_or_default().into_iter().collect(),
        };
        let (bucket, key) = (input.bucket.clone(), input.key.clone());
        let id = blocking(move || Ok(buckets.begin(&bucket, &key, headers)?)).await?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..Default::default()
        }))
    }

    async fn upload_part(
        &self,
        request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        let buckets = self.bucket(&input.bucket)?;
        let draft = body::receive(&buckets, input.body, input.content_length).await?;
        let keep = move || Ok(buckets.keep_part(&input.upload_id, input.part_number, draft)?);
        let etag = Some(ETag::Strong(blocking(keep).await?));
        Ok(S3Response::new(UploadPartOutput {
            e_tag: etag,
            ..Default::default()
        }))
    }

    async fn list_parts(
        &self,
        request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        self.parts(request.input).await.map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.complete(request.input).await.map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        let buckets = self.bucket(&input.bucket)?;
        blocking(move || Ok(buckets.abort(&input.upload_id)?)).await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}
