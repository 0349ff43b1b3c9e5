//! Whole objects: look, read, write, delete.

use std::ops::Range;

use aws_sdk_s3::{
    operation::get_object::{GetObjectOutput, builders::GetObjectFluentBuilder},
    primitives::ByteStream,
    types::{Delete, ObjectIdentifier},
};
use bytes::Bytes;
use futures::{StreamExt, stream};

use super::S3;
use crate::{
    Location, ObjectInfo, StoreError,
    backend::{Description, Opened},
};

impl S3 {
    pub(super) async fn look(&self, at: &Location) -> Result<Option<ObjectInfo>, StoreError> {
        let sent = self
            .client
            .head_object()
            .bucket(&at.bucket)
            .key(&at.object)
            .send()
            .await;
        let output = match sent.map_err(|error| StoreError::of(at, &error)) {
            Ok(output) => output,
            Err(StoreError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(ObjectInfo {
            size_bytes: bytes_of(output.content_length()),
            version: unquoted(output.e_tag()),
            content_type: output.content_type().map(str::to_owned),
            cache_control: output.cache_control().map(str::to_owned),
            metadata: output.metadata.unwrap_or_default().into_iter().collect(),
        }))
    }

    pub(super) async fn read(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
    ) -> Result<Opened, StoreError> {
        let request = self.client.get_object().bucket(&at.bucket).key(&at.object);
        let request = match range {
            // RFC 9110, 14.1.2: the last byte is included.
            Some(range) => request.range(format!(
                "bytes={}-{}",
                range.start,
                range.end.saturating_sub(1)
            )),
            None => request,
        };
        let sent = GetObjectFluentBuilder::send(request).await;
        let output = sent.map_err(|error| StoreError::of(at, &error))?;
        Ok(Opened {
            info: info_of(&output),
            length_bytes: bytes_of(output.content_length()),
            body: pieces(output.body, at.clone()).boxed(),
        })
    }

    /// Writes an object: whatever is there is replaced, or, with `*`, none must be there.
    pub(super) async fn write(
        &self,
        at: &Location,
        body: Bytes,
        description: Description<'_>,
        if_none_match: Option<&str>,
    ) -> Result<(), StoreError> {
        let metadata = description.metadata.cloned().unwrap_or_default();
        self.client
            .put_object()
            .bucket(&at.bucket)
            .key(&at.object)
            .set_content_type(description.content_type.map(str::to_owned))
            .set_cache_control(description.cache_control.map(str::to_owned))
            .set_metadata(Some(metadata.into_iter().collect()))
            .set_if_none_match(if_none_match.map(str::to_owned))
            .body(ByteStream::from(body))
            .customize()
            // A signature over the body would hash it: see `client`.
            .disable_payload_signing()
            .send()
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        Ok(())
    }

    pub(super) async fn remove(&self, at: &Location) -> Result<(), StoreError> {
        self.client
            .delete_object()
            .bucket(&at.bucket)
            .key(&at.object)
            .send()
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        Ok(())
    }

    pub(super) async fn remove_prefix(&self, at: &Location) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            // Always the first page: what it names is gone before the next is asked for.
            let request = self
                .client
                .list_objects_v2()
                .bucket(&at.bucket)
                .prefix(&at.object);
            let page = request
                .send()
                .await
                .map_err(|error| StoreError::of(at, &error))?;
            let names = page
                .contents()
                .iter()
                .filter_map(|object| object.key())
                .collect::<Vec<_>>();
            if names.is_empty() {
                return Ok(deleted);
            }
            self.remove_all(at, &names).await?;
            deleted += names.len() as u64;
        }
    }

    async fn remove_all(&self, at: &Location, names: &[&str]) -> Result<(), StoreError> {
        let objects = names
            .iter()
            .map(|name| ObjectIdentifier::builder().key(*name).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| StoreError::refused(at, error))?;
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build();
        let delete = delete.map_err(|error| StoreError::refused(at, error))?;
        let request = self
            .client
            .delete_objects()
            .bucket(&at.bucket)
            .delete(delete);
        let output = request
            .send()
            .await
            .map_err(|error| StoreError::of(at, &error))?;
        let Some(first) = output.errors().first() else {
            return Ok(());
        };
        let reason = first.message().or(first.code()).unwrap_or("no reason");
        Err(StoreError::refused(at, reason))
    }
}

fn pieces(
    body: ByteStream,
    at: Location,
) -> impl futures::Stream<Item = Result<Bytes, StoreError>> + Send + 'static {
    stream::try_unfold((body, at), |(mut body, at)| async move {
        match body.next().await {
            Some(Ok(piece)) => Ok(Some((piece, (body, at)))),
            Some(Err(error)) => Err(StoreError::unavailable(&at, error)),
            None => Ok(None),
        }
    })
}

fn info_of(output: &GetObjectOutput) -> ObjectInfo {
    let metadata = output.metadata.clone().unwrap_or_default();
    ObjectInfo {
        size_bytes: total_bytes(output),
        version: unquoted(output.e_tag()),
        content_type: output.content_type().map(str::to_owned),
        cache_control: output.cache_control().map(str::to_owned),
        metadata: metadata.into_iter().collect(),
    }
}

/// Size of the whole object: the number after the slash of `bytes 0-1/1234` (RFC 9110, 14.4).
fn total_bytes(output: &GetObjectOutput) -> u64 {
    let total = output
        .content_range()
        .and_then(|range| range.rsplit_once('/'));
    total
        .and_then(|(_, total)| total.parse().ok())
        .unwrap_or_else(|| bytes_of(output.content_length()))
}

fn bytes_of(length: Option<i64>) -> u64 {
    length
        .and_then(|length| u64::try_from(length).ok())
        .unwrap_or_default()
}

pub(super) fn unquoted(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}
