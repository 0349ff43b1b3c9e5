//! An S3 endpoint over a folder, in this process.

use std::{collections::BTreeMap, path::PathBuf};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use reeldrop_store::{AccessKey, Settings, Store};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;

const ID: &str = "test";
const SECRET: &str = "not a secret";

pub(crate) struct Endpoint {
    pub(crate) store: Store,
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
        Self {
            store: store(address).await,
            folder,
        }
    }

    /// Every object of the media bucket by its key.
    pub(crate) fn published(&self) -> BTreeMap<String, Vec<u8>> {
        let bucket = self.folder.path().join("media");
        let mut found = BTreeMap::new();
        let mut folders = vec![bucket.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path: PathBuf = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let key = path.strip_prefix(&bucket).unwrap().display().to_string();
                    found.insert(key, std::fs::read(&path).unwrap());
                }
            }
        }
        found
    }
}

/// A store at an address, where something may listen.
pub(crate) async fn store(endpoint: String) -> Store {
    Store::connect(Settings {
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
    })
    .await
}
