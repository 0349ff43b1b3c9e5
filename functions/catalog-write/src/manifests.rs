//! Manifests that were final before the captions came are written again.

use deadpool_postgres::Transaction;
use reeldrop_events::{Events, ManifestsPlanned, PackageNo};

use crate::{Error, title::Title};

/// Of every other package the last run is still to be announced, and its manifests name the captions
/// that are there by then: both are decided under the title's lock.
const FINAL: &str = "
    select package from packages where asset = $1 and advanced_complete order by package";

/// Asks for the final manifests of all packages, which are to name the track `captions`, too.
pub(crate) async fn again(
    transaction: &Transaction<'_>,
    title: &Title,
    captions: &str,
) -> Result<Events, Error> {
    let mut events = Events::none();
    let query = transaction.prepare_cached(FINAL).await?;
    for row in transaction.query(&query, &[&title.asset.0]).await? {
        let package: i32 = row.try_get("package")?;
        events = events.and(&ManifestsPlanned {
            asset: title.asset,
            package: PackageNo(package.unsigned_abs()),
            captions: captions.to_owned(),
        });
    }
    Ok(events)
}
