//! Uploads: signed addresses, so that files go straight to the store.

use axum::{Json, extract::State, http::StatusCode};
use reeldrop_events::AssetId;
use reeldrop_store::{Bucket, Location};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Error, Portal,
    body::{Body, Ids},
    error::Problem,
    object_name,
};

use super::{
    new_upload::NewUpload,
    signing::{self, Part, UploadPlan},
};

/// Parts whose addresses have expired.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PartsToSign {
    upload_id: String,
    object: String,
    /// Numbers of the parts.
    numbers: Vec<u32>,
}

/// Fresh addresses.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedParts {
    parts: Vec<Part>,
}

/// What is sent of a multipart upload.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SentParts {
    upload_id: String,
    object: String,
    parts: Vec<SentPart>,
}

/// A part that the store has.
#[derive(Debug, Deserialize, ToSchema)]
struct SentPart {
    number: u32,
    /// The `ETag` that the store answered with.
    etag: String,
}

/// A multipart upload.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Started {
    upload_id: String,
    object: String,
}

/// Where an upload stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UploadState {
    upload: Uuid,
    /// The title that it has become.
    #[schema(value_type = Option<Uuid>)]
    asset: Option<AssetId>,
    /// The title's state; `uploading` while there is no title.
    #[schema(example = "processing")]
    state: &'static str,
}

/// Begins an upload.
#[utoipa::path(post, path = "/api/uploads", tag = "uploads", request_body = NewUpload, responses(
    (status = 201, description = "How to send the file", body = UploadPlan),
    (status = 400, description = "The key, the name or the size is wrong", body = Problem),
))]
pub(super) async fn create(
    State(portal): State<Portal>,
    Body(new): Body<NewUpload>,
) -> Result<(StatusCode, Json<UploadPlan>), Error> {
    new.check_size()?;
    let (key, scheme) = new.encryption.read()?;
    let upload = Uuid::now_v7();
    let at = location(&portal, object_name::of(upload, &new.name)?);
    if let Some(document) = key.as_ref().and_then(|key| key.document.as_ref()) {
        portal.keys.describe_upload(&at.object, document).await?;
    }
    let metadata = new.metadata(key.as_ref(), scheme, portal.keys.master());
    let plan = signing::plan(&portal.store, upload, &at, &new, &metadata).await?;
    Ok((StatusCode::CREATED, Json(plan)))
}

/// Where an upload stands, and which title it has become.
#[utoipa::path(get, path = "/api/uploads/{id}", tag = "uploads", params(("id" = Uuid, Path)), responses(
    (status = 200, body = UploadState),
))]
pub(super) async fn state(
    State(portal): State<Portal>,
    Ids(upload): Ids<Uuid>,
) -> Result<Json<UploadState>, Error> {
    let found = portal.asset_of_upload(upload).await?;
    Ok(Json(UploadState {
        upload,
        asset: found.as_ref().map(|asset| asset.id),
        state: found.map_or("uploading", |asset| asset.state.as_str()),
    }))
}

/// Signs parts again whose addresses have expired.
#[utoipa::path(post, path = "/api/uploads/{id}/parts", tag = "uploads", params(("id" = Uuid, Path)),
    request_body = PartsToSign, responses(
    (status = 200, body = SignedParts),
    (status = 400, description = "The object is not the upload's", body = Problem),
))]
pub(super) async fn sign_parts(
    State(portal): State<Portal>,
    Ids(upload): Ids<Uuid>,
    Body(wanted): Body<PartsToSign>,
) -> Result<Json<SignedParts>, Error> {
    let at = own_location(&portal, upload, wanted.object)?;
    let parts = signing::sign(&portal.store, &at, &wanted.upload_id, wanted.numbers).await?;
    Ok(Json(SignedParts { parts }))
}

/// Joins the parts into the file: the title begins.
#[utoipa::path(post, path = "/api/uploads/{id}/complete", tag = "uploads", params(("id" = Uuid, Path)),
    request_body = SentParts, responses(
    (status = 200, body = UploadState),
    (status = 400, description = "The object is not the upload's", body = Problem),
    (status = 404, description = "The upload is unknown to the store", body = Problem),
))]
pub(super) async fn complete(
    State(portal): State<Portal>,
    Ids(upload): Ids<Uuid>,
    Body(sent): Body<SentParts>,
) -> Result<Json<UploadState>, Error> {
    let at = own_location(&portal, upload, sent.object)?;
    let mut parts = sent
        .parts
        .into_iter()
        .map(|part| Ok((signing::number(part.number)?, part.etag)))
        .collect::<Result<Vec<_>, Error>>()?;
    parts.sort_by_key(|(number, _)| *number);
    if let Err(error) = portal
        .store
        .complete_multipart(&at, &sent.upload_id, parts)
        .await
    {
        // Said again after an answer that was lost: the object is whole then, or not there at all.
        if portal.store.head(&at).await?.is_none() {
            return Err(error.into());
        }
    }
    state(State(portal), Ids(upload)).await
}

/// Gives a multipart upload up and frees what was stored of it.
#[utoipa::path(post, path = "/api/uploads/{id}/abort", tag = "uploads", params(("id" = Uuid, Path)),
    request_body = Started, responses(
    (status = 204, description = "It is gone"),
    (status = 400, description = "The object is not the upload's", body = Problem),
))]
pub(super) async fn abort(
    State(portal): State<Portal>,
    Ids(upload): Ids<Uuid>,
    Body(started): Body<Started>,
) -> Result<StatusCode, Error> {
    let at = own_location(&portal, upload, started.object)?;
    portal
        .store
        .abort_multipart(&at, &started.upload_id)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn location(portal: &Portal, object: String) -> Location {
    Location {
        bucket: portal.store.bucket_name(Bucket::Uploads).to_owned(),
        object,
    }
}

fn own_location(portal: &Portal, upload: Uuid, object: String) -> Result<Location, Error> {
    match object_name::belongs(&object, upload) {
        true => Ok(location(portal, object)),
        false => Err(Error::invalid(
            "The object does not belong to this upload.",
            "Send the object that the upload was answered with.",
        )),
    }
}
