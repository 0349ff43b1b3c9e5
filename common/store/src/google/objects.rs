//! Whole objects: look, read, delete.

use std::{collections::BTreeMap, ops::Range};

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use google_cloud_gax::{options::RequestOptionsBuilder, paginator::ItemPaginator};
use google_cloud_storage::{
    model::Object,
    model_ext::{ObjectHighlights, ReadRange},
    read_object::ReadObjectResponse,
};

use super::{Google, bucket};
use crate::{Location, ObjectInfo, StoreError, backend::Opened};

/// How many objects are deleted at a time: there is no request for many.
const DELETIONS: usize = 16;

impl Google {
    pub(super) async fn look(&self, at: &Location) -> Result<Option<ObjectInfo>, StoreError> {
        let request = self
            .control
            .get_object()
            .set_bucket(bucket(at))
            .set_object(&at.object);
        let sent = request.send().await;
        match sent.map_err(|error| StoreError::of_google(at, &error)) {
            Ok(object) => Ok(Some(info_of(object))),
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn read(
        &self,
        at: &Location,
        range: Option<Range<u64>>,
        version: Option<&str>,
    ) -> Result<Opened, StoreError> {
        let mut request = self.storage.read_object(bucket(at), &at.object);
        if let Some(range) = &range {
            let length = range.end.saturating_sub(range.start);
            request = request.set_read_range(ReadRange::segment(range.start, length));
        }
        if let Some(version) = version {
            // A version is a generation here. One that is no number was another store's.
            let generation: i64 = version
                .parse()
                .map_err(|_| StoreError::Changed(at.clone()))?;
            request = request.set_if_generation_match(generation);
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| StoreError::of_google(at, &error))?;
        let info = described(response.object());
        let range = range.unwrap_or(0..info.size_bytes);
        Ok(Opened {
            length_bytes: range.end.min(info.size_bytes).saturating_sub(range.start),
            info,
            body: pieces(response, at.clone()).boxed(),
        })
    }

    pub(super) async fn remove(&self, at: &Location) -> Result<(), StoreError> {
        let request = self
            .control
            .delete_object()
            .set_bucket(bucket(at))
            .set_object(&at.object)
            // Deleting what is deleted does no harm.
            .with_idempotency(true);
        let sent = request.send().await;
        sent.map_err(|error| StoreError::of_google(at, &error))
    }

    pub(super) async fn remove_prefix(&self, at: &Location) -> Result<u64, StoreError> {
        self.named(at)
            .map_ok(|name| async move {
                let at = Location {
                    bucket: at.bucket.clone(),
                    object: name,
                };
                match self.remove(&at).await {
                    Ok(()) => Ok(1),
                    // Somebody else was quicker.
                    Err(StoreError::NotFound(_)) => Ok(0),
                    Err(error) => Err(error),
                }
            })
            .try_buffer_unordered(DELETIONS)
            .try_fold(0, |deleted, one| async move { Ok(deleted + one) })
            .await
    }

    /// The names of all objects that begin with the location's.
    fn named<'a>(
        &self,
        at: &'a Location,
    ) -> impl Stream<Item = Result<String, StoreError>> + Send + 'a {
        let request = self
            .control
            .list_objects()
            .set_parent(bucket(at))
            .set_prefix(&at.object);
        stream::try_unfold(request.by_item(), move |mut items| async move {
            match items.next().await {
                Some(Ok(object)) => Ok(Some((object.name, items))),
                Some(Err(error)) => Err(StoreError::of_google(at, &error)),
                None => Ok(None),
            }
        })
    }
}

fn pieces(
    response: ReadObjectResponse,
    at: Location,
) -> impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static {
    stream::try_unfold((response, at), |(mut response, at)| async move {
        match response.next().await {
            Some(Ok(piece)) => Ok(Some((piece, (response, at)))),
            Some(Err(error)) => Err(StoreError::of_google(&at, &error)),
            None => Ok(None),
        }
    })
}

pub(super) fn info_of(object: Object) -> ObjectInfo {
    ObjectInfo {
        size_bytes: u64::try_from(object.size).unwrap_or_default(),
        version: object.generation.to_string(),
        content_type: said(object.content_type),
        cache_control: said(object.cache_control),
        metadata: object.metadata.into_iter().collect(),
    }
}

fn described(object: ObjectHighlights) -> ObjectInfo {
    let metadata: BTreeMap<_, _> = object.metadata.into_iter().collect();
    ObjectInfo {
        size_bytes: u64::try_from(object.size).unwrap_or_default(),
        version: object.generation.to_string(),
        content_type: said(object.content_type),
        cache_control: None,
        metadata,
    }
}

fn said(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
