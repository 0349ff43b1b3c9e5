//! Sends what a crash left in the outbox, and forgets what is too old to come again.

use reeldrop_runtime::Failure;

use crate::{CatalogWrite, Error, outbox::Pending};

/// Events sent between two looks into the outbox.
const BATCH: usize = 200;

/// Events that are old enough not to be on their way already.
const LEFT_BEHIND: &str = "
    select position, asset, id, type, data from outbox
    where created_at < now() - interval '5 seconds'
    order by position limit $1";

/// Brokers keep an event for hours; one that comes later still changes nothing, as rows are the same.
const FORGET: &str = "delete from seen_events where seen_at < now() - interval '7 days'";

/// Those of titles have been copied to the titles' keys; an upload that takes longer was given up.
const FORGET_UPLOADS: &str =
    "delete from upload_documents where created_at < now() - interval '30 days'";

impl CatalogWrite {
    pub(crate) async fn sweep(&self) -> Result<(), Failure> {
        loop {
            let pending = self.left_behind().await?;
            let last = pending.len() < BATCH;
            self.publish(pending).await?;
            if last {
                break;
            }
        }
        Ok(self.forget_old().await?)
    }

    async fn left_behind(&self) -> Result<Pending, Error> {
        let connection = self.catalog.connection().await?;
        let limit = BATCH as i64;
        Pending::read(&connection.query(LEFT_BEHIND, &[&limit]).await?)
    }

    async fn forget_old(&self) -> Result<(), Error> {
        let connection = self.catalog.connection().await?;
        connection.execute(FORGET, &[]).await?;
        connection.execute(FORGET_UPLOADS, &[]).await?;
        Ok(())
    }
}
