//! Ingest: a file in a form, as the older platform takes it.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request, State, multipart::MultipartError,
    },
    response::Html,
};
use reeldrop_store::{Bucket, Location, StoreError};
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Error, Portal, error::Problem, object_name};

/// How long the announcement of an upload may take to reach the catalog.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(60);

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form; it is read as a stream")]
pub(super) struct FileForm {
    /// The video.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Ingests a file; the page that answers names its `input_content_id`.
#[utoipa::path(post, path = "/packaging/success", tag = "packaging",
    request_body(content = FileForm, content_type = "multipart/form-data"), responses(
    (status = 200, body = String, content_type = "text/html", description = "`input_content_id: 17`"),
    (status = 400, description = "The form has no file", body = Problem),
))]
pub(super) async fn success(
    State(portal): State<Portal>,
    mut request: Request,
) -> Result<Html<String>, Error> {
    // The file streams through: its size is the store's concern, not memory's.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|rejection| broken(&rejection.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(|error| said(&error))? {
        if field.name() != Some("file") {
            continue;
        }
        let upload = Uuid::now_v7();
        let object = object_name::of(upload, field.file_name().unwrap_or_default())?;
        let kind = field.content_type().map(str::to_owned);
        let at = Location {
            bucket: portal.store.bucket_name(Bucket::Uploads).to_owned(),
            object,
        };
        let stored = portal
            .store
            .put_stream(&at, field, kind.as_deref(), &BTreeMap::new())
            .await;
        stored.map_err(refused)?;
        return page(&portal, upload).await;
    }
    Err(broken("it has no field `file`"))
}

fn refused(error: StoreError) -> Error {
    if let StoreError::Body { reason, .. } = &error {
        return broken(reason);
    }
    Error::Store(error)
}

fn said(error: &MultipartError) -> Error {
    broken(&error.body_text())
}

fn broken(reason: &str) -> Error {
    Error::invalid(
        format!("The form cannot be read: {reason}."),
        "Send multipart/form-data with the file in the field `file`.",
    )
}

async fn page(portal: &Portal, upload: Uuid) -> Result<Html<String>, Error> {
    let deadline = Instant::now() + ANNOUNCED_WITHIN;
    let found = portal
        .live
        .until(deadline, || portal.asset_of_upload(upload))
        .await?;
    let number = found.ok_or(Error::Slow)?.number;
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Ingested</title>\
         <p>input_content_id: {number}</p></html>"
    )))
}
