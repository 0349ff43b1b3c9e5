//! Looking at a title again.

use axum::{Json, extract::State, http::StatusCode};
use reeldrop_events::{AnalysisMode, AnalysisRequested, AssetId, Events};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Error, Portal,
    body::{Body, Ids},
    error::Problem,
};

/// Longest name of a model, characters.
const LONGEST_NAME: usize = 100;

/// How to look. What is left out is as whoever looks is set.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Wanted {
    /// `batch`, thoroughly, or `realtime`, as fast as the title plays: some pictures may be left out.
    #[schema(value_type = Option<String>, example = "realtime")]
    mode: Option<AnalysisMode>,
    /// Name of the model that finds things.
    #[schema(example = "nanodet-m")]
    objects: Option<String>,
}

/// The title is looked at again: its `analysis` says when that is done, and shows what was seen before until
/// then.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Requested {
    asset: Uuid,
    /// How thoroughly, where that was asked for.
    #[schema(value_type = Option<String>, example = "realtime")]
    mode: Option<AnalysisMode>,
}

/// Looks at a title again, or in another mode at what is not yet looked at. Asking again for what is under way
/// changes nothing.
#[utoipa::path(post, path = "/api/assets/{id}/analysis", tag = "detections", params(("id" = Uuid, Path)),
    request_body = Wanted, responses(
    (status = 202, body = Requested),
    (status = 400, description = "There is no such mode", body = Problem),
    (status = 404, description = "There is no such title", body = Problem),
    (status = 409, description = "What the file is, is not known yet", body = Problem),
))]
pub(super) async fn request(
    State(portal): State<Portal>,
    Ids(asset): Ids<AssetId>,
    Body(wanted): Body<Wanted>,
) -> Result<(StatusCode, Json<Requested>), Error> {
    if portal.asset(asset).await?.duration_ms.is_none() {
        return Err(Error::Conflict {
            error: "What the file is, is not known yet.".to_owned(),
            next: "Try again when it is being encoded.",
        });
    }
    let objects = wanted.objects.filter(|name| !name.is_empty());
    let is_name =
        |name: &String| name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    if objects.as_ref().is_some_and(|name| !is_name(name)) {
        return Err(Error::invalid(
            "That is no model's name.",
            "Name one that `reeldrop models list` shows.",
        ));
    }
    let mode = wanted.mode;
    let requested = AnalysisRequested {
        asset,
        request: Uuid::now_v7(),
        mode,
        objects,
    };
    portal.publisher.send(Events::of(&requested)).await?;
    let asset = asset.0;
    Ok((StatusCode::ACCEPTED, Json(Requested { asset, mode })))
}
