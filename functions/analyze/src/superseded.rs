//! Whether a newer request has taken the place of the one that is worked on.

use std::time::Duration;

use bytes::Bytes;
use reeldrop_events::{AnalysisPlanned, ReanalysisPlanned};
use reeldrop_store::{Key, Store};

use crate::Error;

/// How often is looked for a newer request while a part is looked at.
const EVERY: Duration = Duration::from_secs(2);

/// Tells whoever works on earlier requests of the title.
pub(crate) async fn tell(store: &Store, planned: &ReanalysisPlanned) -> Result<(), Error> {
    let asked = Key::AnalysisAsked {
        asset: planned.probed.asset,
        revision: planned.revision,
    };
    Ok(store.put(&asked, Bytes::from_static(b"{}")).await?)
}

/// Whether somebody has asked anew since this part was planned. Requests are counted one by one.
pub(crate) async fn is(store: &Store, planned: &AnalysisPlanned) -> Result<bool, Error> {
    let next = Key::AnalysisAsked {
        asset: planned.asset,
        revision: planned.analysis.revision.saturating_add(1),
    };
    Ok(store.head(&store.at(&next)).await?.is_some())
}

/// Waits until somebody asks anew, perhaps for ever. A store that does not answer has said nothing new.
pub(crate) async fn wait(store: &Store, planned: &AnalysisPlanned) {
    loop {
        tokio::time::sleep(EVERY).await;
        if is(store, planned).await.unwrap_or(false) {
            return;
        }
    }
}
