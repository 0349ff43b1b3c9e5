//! Packaging with a caller's key, as the older platform offers it.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use reeldrop_catalog::{Package, PackageState};
use reeldrop_events::{AssetId, Scheme};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::content;
use crate::{Error, Portal, addresses::Addresses, body::Body, error::Problem, key_text};

/// How long a request may take to become a package with a number.
const NUMBERED_WITHIN: Duration = Duration::from_secs(60);

/// How long an answer may take: Knative Serving ends requests after ten minutes.
const READY_WITHIN: Duration = Duration::from_secs(570);

/// What to package with which key.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PackageRequest {
    /// From the ingest.
    #[schema(example = 17)]
    input_content_id: i64,
    /// Content key: 16 bytes as base64url or hex.
    #[schema(example = "hyN9IKGfWKdAwFaE5pm0qg")]
    key: Option<String>,
    /// Key id: 16 bytes as base64url or hex.
    #[schema(example = "oW5AK5BW43HzbTSKpiu3SQ")]
    kid: Option<String>,
}

/// The packaged content is ready.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Packaged {
    packaged_content_id: Vec<i64>,
    url: Vec<String>,
}

/// The packaged content is being made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Packaging {
    packaged_content_id: Vec<i64>,
    #[schema(example = "Ingested")]
    status: &'static str,
}

/// Packages a content with this key, and answers when it is done.
#[utoipa::path(post, path = "/packaging/packaged_content", tag = "packaging",
    params(("Prefer" = Option<String>, Header, description = "`respond-async` answers at once")),
    request_body = PackageRequest, responses(
    (status = 200, description = "It is ready", body = Packaged),
    (status = 202, description = "It is under way", body = Packaging),
    (status = 400, description = "The key or the KID is wrong", body = Problem),
    (status = 404, description = "There is no such input content", body = Problem),
    (status = 409, description = "The KID names another key, or the file is unusable", body = Problem),
    (status = 422, description = "It has failed", body = Problem),
))]
pub(super) async fn packaged_content(
    State(portal): State<Portal>,
    addresses: Addresses,
    headers: HeaderMap,
    Body(request): Body<PackageRequest>,
) -> Result<Response, Error> {
    let key = key_text::content_key(request.key.as_deref(), request.kid.as_deref())?;
    let key = key.ok_or_else(|| {
        Error::invalid("There is no key to package with.", "Send `key` and `kid`.")
    })?;
    let number = request.input_content_id;
    let asset = portal.catalog.asset_by_number(number).await?;
    let asset = asset
        .ok_or_else(|| Error::Unknown(format!("input content {number}")))?
        .id;
    let scheme = portal.package_again(asset, &key, None).await?;
    let package = numbered(&portal, asset, key.kid, scheme).await?;
    if prefers_async(&headers) {
        return under_way(&portal, package).await;
    }
    let deadline = Instant::now() + READY_WITHIN;
    let done = portal
        .live
        .until(deadline, || done(&portal, package.number))
        .await?;
    match done {
        Some(package) => Ok(packaged(&package, &addresses)),
        None => under_way(&portal, package).await,
    }
}

/// The package that the request becomes.
async fn numbered(
    portal: &Portal,
    asset: AssetId,
    kid: Uuid,
    scheme: Scheme,
) -> Result<Package, Error> {
    let look = async || Ok(portal.catalog.package_by_key(asset, kid, scheme).await?);
    let deadline = Instant::now() + NUMBERED_WITHIN;
    portal.live.until(deadline, look).await?.ok_or(Error::Slow)
}

/// The package once it is ready; an error once it never will be.
async fn done(portal: &Portal, number: i64) -> Result<Option<Package>, Error> {
    let gone = || Error::Unknown(format!("packaged content {number}"));
    let package = portal
        .catalog
        .package_by_number(number)
        .await?
        .ok_or_else(gone)?;
    if package.state == PackageState::Ready {
        return Ok(Some(package));
    }
    let asset = portal
        .catalog
        .asset(package.asset)
        .await?
        .ok_or_else(gone)?;
    match content::reason(&asset, &package) {
        Some(reason) => Err(Error::Failed(reason)),
        None => Ok(None),
    }
}

/// RFC 7240, 4.1.
fn prefers_async(headers: &HeaderMap) -> bool {
    let wishes = headers
        .get_all("prefer")
        .iter()
        .filter_map(|wish| wish.to_str().ok());
    let mut wishes = wishes.flat_map(|wishes| wishes.split(','));
    wishes.any(|wish| wish.trim().eq_ignore_ascii_case("respond-async"))
}

async fn under_way(portal: &Portal, package: Package) -> Result<Response, Error> {
    let number = package.number;
    let asset = portal.asset(package.asset).await?;
    let body = Packaging {
        packaged_content_id: vec![number],
        status: content::status(&asset, &package),
    };
    let headers = [
        (
            header::LOCATION,
            format!("/packaging/packaged_content/{number}"),
        ),
        (
            header::HeaderName::from_static("preference-applied"),
            "respond-async".to_owned(),
        ),
    ];
    Ok((StatusCode::ACCEPTED, headers, Json(body)).into_response())
}

fn packaged(package: &Package, addresses: &Addresses) -> Response {
    let url = package
        .dash
        .iter()
        .map(|key| addresses.manifest(package.asset, key))
        .collect();
    Json(Packaged {
        packaged_content_id: vec![package.number],
        url,
    })
    .into_response()
}
