//! Tells bucket-source of new uploads, as an S3 service tells its webhook: until it listens.

use std::{collections::HashSet, path::Path, sync::Arc, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use redb::{Database, ReadableDatabase, TableDefinition};
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use super::{OnChange, S3Error, object::Attributes};
use crate::broker::{Broker, Event, Subscribers};

/// The Service that takes notifications.
const SERVICE: &str = "bucket-source";
/// ETags of what has been announced, by object name.
const ANNOUNCED: TableDefinition<&str, &str> = TableDefinition::new("announced");
/// How much of the file redb keeps in memory, bytes.
const CACHE_BYTES: usize = 2 << 20;
/// The first wait after a failure; it doubles.
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// The longest wait after a failure.
const RETRY_MOST: Duration = Duration::from_secs(5);
/// How many notifications are under way at a time.
const AT_A_TIME: usize = 8;
/// What S3 leaves as it is in the names of its notifications; a space becomes `+`.
const KEY_ESCAPES: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b'/')
    .remove(b' ');

/// A new object in the uploads bucket.
#[derive(Clone, Debug)]
pub struct Created {
    event: &'static str,
    bucket: String,
    /// The object's name.
    pub key: String,
    /// Its version.
    pub etag: String,
    size: u64,
}

impl Created {
    pub(super) fn new(
        event: &'static str,
        bucket: &str,
        key: &str,
        attributes: &Attributes,
    ) -> Self {
        Self {
            event,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            etag: attributes.etag.clone(),
            size: attributes.size(),
        }
    }

    /// The body of the notification (Amazon S3 event message structure 2.1).
    fn body(&self) -> String {
        let key = utf8_percent_encode(&self.key, KEY_ESCAPES)
            .to_string()
            .replace(' ', "+");
        let time = OffsetDateTime::now_utc()
            .format(&Rfc3339)
            .unwrap_or_default();
        json!({"Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": time,
            "eventName": self.event,
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {"name": self.bucket, "arn": format!("arn:aws:s3:::{}", self.bucket)},
                "object": {"key": key, "size": self.size, "eTag": self.etag},
            },
        }]})
        .to_string()
    }
}

/// Which uploads have been announced, on the disk.
pub(super) struct Announced(Database);

impl Announced {
    pub(super) fn open(path: &Path) -> Result<Self, S3Error> {
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(path)
            .map_err(redb::Error::from)?;
        let announced = Self(database);
        announced.change(|_| Ok(()))?;
        Ok(announced)
    }

    pub(super) fn has(&self, key: &str, etag: &str) -> Result<bool, S3Error> {
        let read = || -> Result<bool, redb::Error> {
            let table = self.0.begin_read()?.open_table(ANNOUNCED)?;
            Ok(table
                .get(key)?
                .is_some_and(|announced| announced.value() == etag))
        };
        Ok(read()?)
    }

    fn add(&self, key: &str, etag: &str) -> Result<(), S3Error> {
        self.change(|table| {
            table.insert(key, etag)?;
            Ok(())
        })
    }

    fn forget(&self, key: &str) -> Result<(), S3Error> {
        self.change(|table| {
            table.remove(key)?;
            Ok(())
        })
    }

    fn change(
        &self,
        change: impl FnOnce(&mut redb::Table<'_, &str, &str>) -> Result<(), redb::StorageError>,
    ) -> Result<(), S3Error> {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.0.begin_write()?;
            change(&mut transaction.open_table(ANNOUNCED)?)?;
            Ok(transaction.commit()?)
        };
        Ok(write()?)
    }
}

/// Hands changes of the uploads bucket to the task that announces them.
pub(super) struct Announcer(pub(super) mpsc::UnboundedSender<Change>);

/// What has changed in the uploads bucket.
#[derive(Debug)]
pub(super) enum Change {
    Created(Created),
    Deleted(String),
}

impl OnChange for Announcer {
    fn created(&self, created: Created) {
        // While the runner stops nobody listens; the next start finds what was not announced.
        drop(self.0.send(Change::Created(created)));
    }

    fn deleted(&self, key: &str) {
        drop(self.0.send(Change::Deleted(key.to_owned())));
    }
}

/// What announcing needs.
pub(super) struct Announcing {
    pub(super) announced: Announced,
    pub(super) subscribers: Arc<dyn Subscribers>,
    pub(super) broker: Arc<Broker>,
    pub(super) client: reqwest::Client,
}

impl Announcing {
    /// Announces what comes, until dropped.
    pub(super) async fn run(self: Arc<Self>, mut changes: mpsc::UnboundedReceiver<Change>) {
        let mut running = JoinSet::new();
        let mut under_way = HashSet::new();
        loop {
            tokio::select! {
                Some(done) = running.join_next() => {
                    if let Ok(key) = done {
                        under_way.remove(&key);
                    }
                }
                Some(change) = changes.recv(), if running.len() < AT_A_TIME => match change {
                    Change::Created(created) => {
                        let id = (created.key.clone(), created.etag.clone());
                        if under_way.insert(id) {
                            running.spawn(self.clone().announce(created));
                        }
                    }
                    Change::Deleted(key) => log(self.announced.forget(&key)),
                },
                else => return,
            }
        }
    }

    async fn announce(self: Arc<Self>, created: Created) -> (String, String) {
        let mut wait = RETRY_FIRST;
        while let Err(reason) = self.try_announce(&created).await {
            tracing::warn!(
                object = created.key,
                reason,
                "an upload could not be announced yet"
            );
            sleep(wait).await;
            wait = (wait * 2).min(RETRY_MOST);
        }
        let (key, etag) = (created.key, created.etag);
        log(self.announced.add(&key, &etag));
        (key, etag)
    }

    async fn try_announce(&self, created: &Created) -> Result<(), String> {
        let lease = self.subscribers.lease(SERVICE).await?;
        let request = self
            .client
            .post(lease.url())
            .header("content-type", "application/json")
            .timeout(Duration::from_secs(30))
            .body(created.body());
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|error| error.to_string())?;
        if !status.is_success() {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)));
        }
        // Where the function answers with its event, as to a broker, the broker gets it.
        match Event::from_http(&headers, &body) {
            Ok(Some(event)) => self
                .broker
                .publish(event)
                .await
                .map_err(|error| error.to_string()),
            Ok(None) | Err(_) => Ok(()),
        }
    }
}

/// A mark that cannot be kept means that an upload is announced twice, which does no harm.
fn log(done: Result<(), S3Error>) {
    if let Err(error) = done {
        tracing::warn!(%error, "cannot keep what was announced");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_s3_writes_them() {
        let created = Created {
            event: "ObjectCreated:Put",
            bucket: "reeldrop-uploads".to_owned(),
            key: "Ünï/a b+c%d\"e.MP4".to_owned(),
            etag: "e".to_owned(),
            size: 1,
        };
        let body: serde_json::Value = serde_json::from_str(&created.body()).unwrap();
        let object = &body["Records"][0]["s3"]["object"];
        assert_eq!(object["key"], "%C3%9Cn%C3%AF/a+b%2Bc%25d%22e.MP4");
        assert_eq!(object["size"], 1);
    }
}
