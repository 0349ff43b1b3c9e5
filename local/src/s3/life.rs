//! The life cycle of the work bucket: what lies there is forgotten after a day, as
//! `terraform/modules/buckets` has it. Steps that still need it are done again.

use std::{
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::buckets::Buckets;

/// How long an object is kept.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// How often to look.
const EVERY: Duration = Duration::from_secs(3_600);

/// Looks for what is too old, again and again.
pub(super) async fn run(buckets: Arc<Buckets>, bucket: String) {
    loop {
        let (buckets, bucket) = (buckets.clone(), bucket.clone());
        match tokio::task::spawn_blocking(move || forget(&buckets, &bucket)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => tracing::info!(count, "old objects of the work bucket deleted"),
            Ok(Err(error)) => tracing::warn!("the work bucket cannot be cleaned: {error}"),
            Err(panic) => tracing::error!("cleaning the work bucket panicked: {panic}"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Deletes what is too old; says how many objects those were.
fn forget(buckets: &Buckets, bucket: &str) -> io::Result<usize> {
    let now = SystemTime::now();
    let mut count = 0;
    for (key, content) in buckets.list(bucket, "")? {
        if is_old(content.modified()?, now) {
            buckets.delete(bucket, &key)?;
            count += 1;
        }
    }
    Ok(count)
}

fn is_old(modified: SystemTime, now: SystemTime) -> bool {
    now.duration_since(modified).is_ok_and(|age| age > KEPT)
}
