//! The function on buckets of its own.

use std::path::Path;

use reeldrop_events::{
    AssetId, AudioPlanned, AudioTranscoded, ChunkPlanned, ChunkTranscoded, Events, Payload, Source,
};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{Key, Store, testing::TestBuckets};
use serde::de::DeserializeOwned;
use transcode::{Config, Input, Transcode};

const LIMIT_BYTES: u64 = 1 << 30;

pub(crate) struct Endpoint {
    pub(crate) store: Store,
    pub(crate) function: Transcode,
    buckets: TestBuckets,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let buckets = TestBuckets::start().await;
        let store = buckets.store.clone();
        let function = Transcode::new(store.clone(), Config::default());
        Self {
            store,
            function,
            buckets,
        }
    }

    /// Makes a file an upload.
    pub(crate) async fn upload(&self, file: &Path) -> Source {
        let object = format!("{} ü+%.clip", uuid::Uuid::new_v4());
        self.buckets.upload(file, &object).await
    }

    pub(crate) async fn chunk(&self, planned: &ChunkPlanned) -> Result<ChunkTranscoded, Failure> {
        let done = self
            .function
            .handle(Input::Chunk(Box::new(planned.clone())))
            .await;
        done.map(|events| only(&events))
    }

    pub(crate) async fn audio(&self, planned: &AudioPlanned) -> Result<AudioTranscoded, Failure> {
        let done = self
            .function
            .handle(Input::Audio(Box::new(planned.clone())))
            .await;
        done.map(|events| only(&events))
    }

    pub(crate) async fn get(&self, key: &Key<'_>) -> Vec<u8> {
        self.store
            .get(&self.store.at(key), LIMIT_BYTES)
            .await
            .unwrap()
            .to_vec()
    }

    /// The header and the parts of a rendition, end to end: a fragmented MP4 file.
    pub(crate) async fn joined(
        &self,
        asset: AssetId,
        rendition: &str,
        parts: impl IntoIterator<Item = u32>,
    ) -> Vec<u8> {
        let mut file = self.get(&Key::ClearInit { asset, rendition }).await;
        for part in parts {
            file.extend(
                self.get(&Key::ClearPart {
                    asset,
                    rendition,
                    part,
                })
                .await,
            );
        }
        file
    }
}

fn only<P: Payload + DeserializeOwned>(events: &Events) -> P {
    let [event] = events.as_slice() else {
        panic!("one event, not {events:?}")
    };
    assert_eq!(event.ty, P::TYPE);
    serde_json::from_value(event.data.clone()).unwrap()
}
