//! Titles by what a caller knows of them.

use reeldrop_catalog::{Asset, AssetDetail};
use reeldrop_events::AssetId;
use uuid::Uuid;

use crate::{Error, Portal, body::no_title, object_name};

/// An id of version 7 has no character that `like` gives a meaning to.
const BY_UPLOAD: &str = "
    select id from assets
    where bucket = $1 and object like $2 || '%' and deleted_at is null
    order by number desc limit 1";

impl Portal {
    /// The title that an upload has become, once it has.
    pub(crate) async fn asset_of_upload(&self, upload: Uuid) -> Result<Option<Asset>, Error> {
        let bucket = self.store.bucket_name(reeldrop_store::Bucket::Uploads);
        let prefix = object_name::prefix(upload);
        let row = {
            let client = self.catalog.connection().await?;
            let query = client.prepare_cached(BY_UPLOAD).await;
            let query = query.map_err(reeldrop_catalog::CatalogError::from)?;
            let row = client.query_opt(&query, &[&bucket, &prefix]).await;
            row.map_err(reeldrop_catalog::CatalogError::from)?
        };
        match row {
            Some(row) => Ok(self.catalog.asset(AssetId(row.get("id"))).await?),
            None => Ok(None),
        }
    }

    /// A title, as lists show it.
    pub(crate) async fn asset(&self, asset: AssetId) -> Result<Asset, Error> {
        self.catalog
            .asset(asset)
            .await?
            .ok_or_else(|| no_title(asset))
    }

    /// All of a title.
    pub(crate) async fn detail(&self, asset: AssetId) -> Result<AssetDetail, Error> {
        self.catalog
            .show(asset)
            .await?
            .ok_or_else(|| no_title(asset))
    }
}
