//! Where a packaged content stands, in the older platform's words.

use axum::{Json, extract::State};
use reeldrop_catalog::{Asset, AssetState, Package, PackageState};
use reeldrop_events::PackageNo;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Error, Portal, addresses::Addresses, body::Ids, error::Problem};

/// Where a packaged content stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PackagedContent {
    packaged_content_id: i64,
    /// `Ingested`, `Fragmented`, `Encrypted`, `Ready` or `Failed`.
    #[schema(example = "Ready")]
    status: &'static str,
    /// Address of the DASH manifest, once there is one.
    url: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The service is there.
#[utoipa::path(get, path = "/packaging/", tag = "packaging", responses((status = 200, body = String)))]
pub(super) async fn home() -> &'static str {
    "Reeldrop packaging\n"
}

/// Where a packaged content stands.
#[utoipa::path(get, path = "/packaging/packaged_content_id/{id}", tag = "packaging", params(("id" = i64, Path)), responses(
    (status = 200, body = PackagedContent),
    (status = 404, description = "There is no such packaged content", body = Problem),
))]
pub(super) async fn by_id(
    State(portal): State<Portal>,
    addresses: Addresses,
    Ids(number): Ids<i64>,
) -> Result<Json<PackagedContent>, Error> {
    let unknown = || Error::Unknown(format!("packaged content {number}"));
    let package = portal
        .catalog
        .package_by_number(number)
        .await?
        .ok_or_else(unknown)?;
    let asset = portal
        .catalog
        .asset(package.asset)
        .await?
        .ok_or_else(unknown)?;
    Ok(Json(PackagedContent {
        packaged_content_id: number,
        status: status(&asset, &package),
        url: package
            .dash
            .as_ref()
            .map(|key| addresses.manifest(package.asset, key)),
        reason: reason(&asset, &package),
    }))
}

/// The same under its other address.
#[utoipa::path(get, path = "/packaging/packaged_content/{id}", tag = "packaging", params(("id" = i64, Path)), responses(
    (status = 200, body = PackagedContent),
    (status = 404, description = "There is no such packaged content", body = Problem),
))]
pub(super) async fn by_content(
    state: State<Portal>,
    addresses: Addresses,
    id: Ids<i64>,
) -> Result<Json<PackagedContent>, Error> {
    by_id(state, addresses, id).await
}

/// The package's state in the older platform's words.
pub(super) fn status(asset: &Asset, package: &Package) -> &'static str {
    if failed(asset, package) {
        return "Failed";
    }
    let packaged = package.parts_total > 0 && package.parts_done == package.parts_total;
    let encoded = asset.progress.transcode.done > 0;
    match package.state {
        PackageState::Ready => "Ready",
        PackageState::Waiting | PackageState::Processing | PackageState::Playable if packaged => {
            "Encrypted"
        }
        PackageState::Playable => "Fragmented",
        PackageState::Waiting | PackageState::Processing if encoded => "Fragmented",
        PackageState::Waiting | PackageState::Processing | PackageState::Failed => "Ingested",
    }
}

/// Whether nothing more comes of the package by itself.
fn failed(asset: &Asset, package: &Package) -> bool {
    let title = match asset.state {
        AssetState::Rejected => true,
        // A further package may fail while the title plays from another, and the other way round.
        AssetState::Failed => {
            package.package == PackageNo::FIRST || package.state == PackageState::Waiting
        }
        AssetState::Received
        | AssetState::Processing
        | AssetState::Playable
        | AssetState::Ready => false,
    };
    package.state == PackageState::Failed || (title && package.state != PackageState::Ready)
}

/// Why it failed, where it has.
pub(super) fn reason(asset: &Asset, package: &Package) -> Option<String> {
    failed(asset, package).then(|| {
        let reason = package.reason.clone().or_else(|| asset.reason.clone());
        reason.unwrap_or_else(|| "The title could not be made.".to_owned())
    })
}
