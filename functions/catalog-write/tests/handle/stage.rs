//! The function on a database of its own.

use catalog_write::{CatalogWrite, Input};
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use reeldrop_catalog::{Asset, testing::TestDatabase};
use reeldrop_events::Incoming;
use reeldrop_runtime::{Failure, Function};

use crate::{broker::Broker, story::Story};

/// Columns that say when, or how often.
const TIMES: &str = "array['created_at', 'updated_at', 'playable_at', 'ready_at', 'planned_at',
    'transcoded_at', 'packaged_at', 'failed_at', 'deleted_at', 'seen_at', 'advances']";

const TABLES: [&str; 20] = [
    "analyses",
    "analyzed_parts",
    "detections",
    "assets",
    "tracks",
    "packages",
    "parts",
    "renditions",
    "segments",
    "key_frames",
    "thumbnails",
    "transcripts",
    "speech_parts",
    "captions",
    "cues",
    "failures",
    "dead_letters",
    "content_keys",
    "outbox",
    "seen_events",
];

pub(crate) struct Stage {
    pub(crate) database: TestDatabase,
    pub(crate) function: CatalogWrite,
    pub(crate) broker: Broker,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::of("catalog-write").await;
        let (broker, publisher) = Broker::start().await;
        let function = CatalogWrite::new(database.catalog.clone(), publisher);
        Self {
            database,
            function,
            broker,
        }
    }

    pub(crate) async fn try_handle(&self, event: &Event) -> Result<(), Failure> {
        let input = Input::decode(event).unwrap();
        self.function
            .handle(input)
            .await
            .map(|events| assert!(events.as_slice().is_empty()))
    }

    pub(crate) async fn handle(&self, event: Event) {
        self.try_handle(&event).await.unwrap();
    }

    pub(crate) async fn handle_all(&self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.handle(event).await;
        }
    }

    /// Half a minute later.
    pub(crate) async fn sweep(&self) {
        let client = self.database.client().await;
        client
            .execute(
                "update outbox set created_at = created_at - interval '30 seconds'",
                &[],
            )
            .await
            .unwrap();
        let ping = EventBuilderV10::new()
            .id("1")
            .ty("dev.knative.sources.ping")
            .source("/ping")
            .build()
            .unwrap();
        self.handle(ping).await;
    }

    pub(crate) async fn asset(&self, story: Story) -> Asset {
        self.database
            .catalog
            .asset(story.asset())
            .await
            .unwrap()
            .unwrap()
    }

    /// State, failed step and reason.
    pub(crate) async fn state(&self, story: Story) -> (String, String, String) {
        let asset = self.asset(story).await;
        (
            asset.state.to_string(),
            asset.failed_step.unwrap_or_default(),
            asset.reason.unwrap_or_default(),
        )
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let client = self.database.client().await;
        client
            .query_one(&format!("select count(*) from {table}"), &[])
            .await
            .unwrap()
            .get(0)
    }

    /// All rows of all tables, but for times.
    pub(crate) async fn dump(&self) -> String {
        let client = self.database.client().await;
        let mut dump = String::new();
        for table in TABLES {
            let rows = client
                .query(
                    &format!("select (to_jsonb(t) - {TIMES})::text from {table} t order by 1"),
                    &[],
                )
                .await
                .unwrap();
            for row in rows {
                dump += &format!("{table} {}\n", row.get::<_, &str>(0));
            }
        }
        dump
    }
}
