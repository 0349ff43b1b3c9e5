//! Manifests that were final before captions or the storyboard came are written again.

use deadpool_postgres::Transaction;
use reeldrop_events::{Events, ManifestsPlanned, PackageNo};

use crate::{Error, title::Title};

/// Of every other package the last run is still to be announced, and its manifests name what is there
/// by then: both are decided under the title's lock.
const FINAL: &str = "
    select package from packages where asset = $1 and advanced_complete order by package";

/// Why manifests are written again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum New<'a> {
    /// A caption track of this name has come.
    Captions(&'a str),
    /// A storyboard has come.
    Storyboard,
    /// It did not work before, or what is known of the key has changed.
    Nothing,
}

/// Asks for the final manifests of all packages, which are to name what is new, too.
pub(crate) async fn again(
    transaction: &Transaction<'_>,
    title: &Title,
    new: New<'_>,
) -> Result<Events, Error> {
    let mut events = Events::none();
    let query = transaction.prepare_cached(FINAL).await?;
    for row in transaction.query(&query, &[&title.asset.0]).await? {
        let package: i32 = row.try_get("package")?;
        let captions = match new {
            New::Captions(name) => name,
            New::Storyboard | New::Nothing => "",
        };
        events = events.and(&ManifestsPlanned {
            asset: title.asset,
            package: PackageNo(package.unsigned_abs()),
            captions: captions.to_owned(),
            storyboard: matches!(new, New::Storyboard),
        });
    }
    Ok(events)
}
