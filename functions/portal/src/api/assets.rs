//! Titles: list, show, retry, delete.

use axum::{Json, extract::State, http::StatusCode, response::Redirect};
use reeldrop_catalog::{AnalysisState, Asset, AssetState, ListAssets, TranscriptState};
use reeldrop_events::{AssetDeleted, AssetId, Events, RetryRequested, Source};
use reeldrop_store::{Bucket, Location};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    Error, Portal,
    addresses::Addresses,
    body::{Ids, Question},
    error::Problem,
    title::{Title, TitleDetail},
};

const DOWNLOAD_WITHIN: Duration = Duration::from_secs(3600);

/// Which titles to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Listing {
    /// How many, 1 to 200; 50 where it is left out.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only titles in this state.
    #[param(value_type = Option<String>)]
    state: Option<AssetState>,
}

/// A page of titles, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TitleList {
    assets: Vec<Title>,
    /// What to ask for as `cursor` for the next page, where there is one.
    next: Option<String>,
}

/// What was asked for is under way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Accepted {
    asset: Uuid,
}

/// Lists titles, the newest first.
#[utoipa::path(get, path = "/api/assets", tag = "assets", params(Listing), responses(
    (status = 200, body = TitleList),
    (status = 400, description = "The cursor or the state is wrong", body = Problem),
))]
pub(super) async fn list(
    State(portal): State<Portal>,
    addresses: Addresses,
    Question(listing): Question<Listing>,
) -> Result<Json<TitleList>, Error> {
    let before = listing.cursor.map(|cursor| cursor.parse()).transpose();
    let before = before.map_err(|_| {
        Error::invalid(
            "The cursor is none of a list.",
            "Send `next` of the page before.",
        )
    })?;
    let page = ListAssets {
        state: listing.state,
        before,
        limit: listing.limit.unwrap_or(0),
    };
    let page = portal.catalog.list(&page).await?;
    Ok(Json(TitleList {
        assets: page
            .assets
            .into_iter()
            .map(|asset| Title::new(asset, &addresses))
            .collect(),
        next: page.next.map(|number| number.to_string()),
    }))
}

/// Shows a title.
#[utoipa::path(get, path = "/api/assets/{id}", tag = "assets", params(("id" = Uuid, Path)), responses(
    (status = 200, body = TitleDetail),
    (status = 404, description = "There is no such title", body = Problem),
))]
pub(super) async fn show(
    State(portal): State<Portal>,
    addresses: Addresses,
    Ids(asset): Ids<AssetId>,
) -> Result<Json<TitleDetail>, Error> {
    Ok(Json(TitleDetail::new(
        portal.detail(asset).await?,
        &addresses,
    )))
}

/// Runs what failed of a title again.
#[utoipa::path(post, path = "/api/assets/{id}/retry", tag = "assets", params(("id" = Uuid, Path)), responses(
    (status = 202, body = Accepted),
    (status = 404, description = "There is no such title", body = Problem),
    (status = 409, description = "Nothing of it has failed", body = Problem),
))]
pub(super) async fn retry(
    State(portal): State<Portal>,
    Ids(asset): Ids<AssetId>,
) -> Result<(StatusCode, Json<Accepted>), Error> {
    let detail = portal.detail(asset).await?;
    let stuck = detail.asset.failed_step.is_some() || !detail.dead_letters.is_empty();
    let unheard = detail.transcript.is_some_and(|transcript| {
        matches!(
            transcript.state,
            TranscriptState::Skipped | TranscriptState::Failed
        )
    });
    let unseen = detail.analysis.is_some_and(|analysis| {
        matches!(
            analysis.state,
            AnalysisState::Skipped | AnalysisState::Failed
        )
    });
    if detail.asset.state != AssetState::Failed && !stuck && !unheard && !unseen {
        return Err(Error::Conflict {
            error: format!(
                "The title is {}: nothing of it has failed.",
                detail.asset.state
            ),
            next: "Wait, or look at what it is doing.",
        });
    }
    let retry = RetryRequested {
        asset,
        request: Uuid::now_v7(),
    };
    portal.publisher.send(Events::of(&retry)).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { asset: asset.0 })))
}

/// Leads to the uploaded file.
#[utoipa::path(get, path = "/api/assets/{id}/source", tag = "assets", params(("id" = Uuid, Path)), responses(
    (status = 307, description = "At the signed address in `Location`, for an hour"),
    (status = 404, description = "There is no such title, or its file is gone", body = Problem),
))]
pub(super) async fn source(
    State(portal): State<Portal>,
    Ids(asset): Ids<AssetId>,
) -> Result<Redirect, Error> {
    let source = portal.asset(asset).await?.source;
    let source = source.ok_or_else(|| Error::Unknown(format!("file of title {asset}")))?;
    let at = Location::from(&source);
    if !is_there(&portal, &source, &at).await? {
        return Err(Error::Unknown(format!("file of title {asset}")));
    }
    let signed = portal.store.presign_get(&at, DOWNLOAD_WITHIN).await?;
    Ok(Redirect::temporary(&signed.url))
}

/// Deletes a title: its files, its upload, its keys.
#[utoipa::path(delete, path = "/api/assets/{id}", tag = "assets", params(("id" = Uuid, Path)), responses(
    (status = 204, description = "It is gone"),
    (status = 404, description = "There is no such title", body = Problem),
))]
pub(super) async fn delete(
    State(portal): State<Portal>,
    Ids(asset): Ids<AssetId>,
) -> Result<StatusCode, Error> {
    let title = portal.asset(asset).await?;
    // Before the word, since after it the title cannot be named again where this fails; and after
    // it, for what was still under way.
    remove_objects(&portal, &title).await?;
    portal
        .publisher
        .send(Events::of(&AssetDeleted { asset }))
        .await?;
    remove_objects(&portal, &title).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_objects(portal: &Portal, title: &Asset) -> Result<(), Error> {
    let prefix = format!("{}/", title.id);
    portal.store.delete_prefix(Bucket::Media, &prefix).await?;
    portal.store.delete_prefix(Bucket::Work, &prefix).await?;
    if let Some(source) = &title.source {
        let at = Location::from(source);
        if is_there(portal, source, &at).await? {
            portal.store.delete(&at).await?;
        }
    }
    Ok(())
}

/// Whether the title's upload is there, and not another version of it: that is another title's.
async fn is_there(portal: &Portal, source: &Source, at: &Location) -> Result<bool, Error> {
    let info = portal.store.head(at).await?;
    Ok(info.is_some_and(|info| info.version == source.version))
}
