//! An S3 endpoint over a folder, in this process, and the function before it.

use std::path::Path;

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use reeldrop_events::{
    AssetId, AudioPlanned, AudioTranscoded, ChunkPlanned, ChunkTranscoded, Events, Payload, Source,
};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::{AccessKey, Key, Location, Settings, Store};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::net::TcpListener;
use transcode::{Config, Input, Transcode};

const ID: &str = "test";
const SECRET: &str = "not a secret";
const LIMIT_BYTES: u64 = 1 << 30;

pub(crate) struct Endpoint {
    pub(crate) store: Store,
    pub(crate) function: Transcode,
    folder: TempDir,
}

impl Endpoint {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        for bucket in ["uploads", "work", "media"] {
            std::fs::create_dir(folder.path().join(bucket)).unwrap();
        }
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(ID, SECRET));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let builder = Builder::new(TokioExecutor::new());
                    let _ = builder
                        .serve_connection(TokioIo::new(socket), service)
                        .await;
                });
            }
        });
        let store = Store::connect(settings(address)).await;
        let function = Transcode::new(store.clone(), Config::default());
        Self {
            store,
            function,
            folder,
        }
    }

    /// Makes a file an upload.
    pub(crate) async fn upload(&self, file: &Path) -> Source {
        let object = format!("{} ü+%.clip", uuid::Uuid::new_v4());
        std::fs::copy(file, self.folder.path().join("uploads").join(&object)).unwrap();
        let at = Location {
            bucket: "uploads".to_owned(),
            object,
        };
        let info = self.store.head(&at).await.unwrap().unwrap();
        Source {
            bucket: at.bucket,
            object: at.object,
            version: info.version,
            size_bytes: info.size_bytes,
        }
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

fn settings(endpoint: String) -> Settings {
    Settings {
        endpoint: Some(endpoint),
        public_endpoint: None,
        region: None,
        credentials: Some(AccessKey {
            id: ID.to_owned(),
            secret: SECRET.to_owned(),
            session_token: None,
        }),
        uploads_bucket: "uploads".to_owned(),
        work_bucket: "work".to_owned(),
        media_bucket: "media".to_owned(),
    }
}
