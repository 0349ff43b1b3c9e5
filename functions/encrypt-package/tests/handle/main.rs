//! The function against a real S3 endpoint and a real PostgreSQL.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod documents;
mod publish;
mod repackage;
mod rows;
mod segments;
mod title;

use std::collections::BTreeMap;

use encrypt_package::{Config, EncryptPackage, Input};
use reeldrop_catalog::{KeyStore, MasterKey, testing::TestDatabase};
use reeldrop_events::{Events, Payload, StepFailed};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Bucket, Store, testing::TestBuckets};

/// Everything around the function.
struct World {
    buckets: TestBuckets,
    database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        Self {
            buckets: TestBuckets::start().await,
            database: TestDatabase::of("encrypt-package").await,
        }
    }

    fn keys(&self) -> KeyStore {
        KeyStore::new(self.database.catalog.clone(), MasterKey::new(&[7; 32]))
    }

    /// Keeps what a key server says of an upload's key, as the portal does, and the function may not.
    async fn describe_upload(&self, object: &str, document: &str) {
        let statement = "insert into upload_documents (object, document) values ($1, $2)";
        let client = self.database.client().await;
        let kept = client.execute(statement, &[&object, &document]).await;
        kept.unwrap();
    }

    /// A process of its own: it knows nothing that another one has learnt.
    fn function(&self) -> EncryptPackage {
        self.function_at(self.buckets.store.clone())
    }

    fn function_at(&self, store: Store) -> EncryptPackage {
        let config = Config {
            portal_url: "https://portal.example".to_owned(),
        };
        EncryptPackage::new(store, self.database.catalog.clone(), self.keys(), config)
    }

    /// Every object of the media bucket by its key.
    fn published(&self) -> BTreeMap<String, Vec<u8>> {
        self.buckets.objects(Bucket::Media)
    }

    async fn handle(&self, input: Input) -> Result<Events, Failure> {
        self.function().handle(input).await
    }
}

/// The one event of a kind.
fn only<P: Payload>(events: &Events) -> P {
    let [event] = events.as_slice() else {
        panic!("one event, not {}", events.as_slice().len());
    };
    assert_eq!(event.ty, P::TYPE);
    serde_json::from_value(event.data.clone()).unwrap()
}

/// The report of a failure that trying again cannot help.
fn step_failed(failure: Failure) -> StepFailed {
    let Failure::Permanent {
        report: Some(report),
        ..
    } = failure
    else {
        panic!("a reported failure, not {failure:?}");
    };
    serde_json::from_value(report.data).unwrap()
}
