//! An S3 endpoint over a folder, in this process.

use std::{collections::BTreeMap, path::Path, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use reeldrop_events::{Source, UploadFinalized};
use reeldrop_store::{AccessKey, Location, Settings, Store};
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
        let store = Store::connect(settings(Some(address))).await;
        Self { store, folder }
    }

    /// A store that nobody answers for.
    pub(crate) async fn unreachable() -> Store {
        Store::connect(settings(Some("http://127.0.0.1:1".to_owned()))).await
    }

    /// Where an object of the uploads bucket lies on this machine.
    pub(crate) fn path(&self, object: &str) -> std::path::PathBuf {
        self.folder.path().join("uploads").join(object)
    }

    /// Puts a file into the uploads bucket, and says what bucket-source would.
    pub(crate) async fn upload(&self, file: &Path) -> UploadFinalized {
        let object = file.file_name().unwrap().to_string_lossy().into_owned();
        self.put(&object, &[], std::fs::read(file).unwrap()).await
    }

    pub(crate) fn finalized(&self, object: &str) -> UploadFinalized {
        let size_bytes = std::fs::metadata(self.path(object)).unwrap().len();
        let (bucket, version) = ("uploads".to_owned(), "1".to_owned());
        UploadFinalized {
            source: Source {
                bucket,
                object: object.to_owned(),
                version,
                size_bytes,
            },
        }
    }

    /// Puts an object with metadata, as an uploader would.
    pub(crate) async fn put(
        &self,
        object: &str,
        metadata: &[(&str, &str)],
        body: Vec<u8>,
    ) -> UploadFinalized {
        let at = Location {
            bucket: "uploads".to_owned(),
            object: object.to_owned(),
        };
        let metadata: BTreeMap<_, _> = metadata
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let ttl = Duration::from_secs(60);
        let signed = self
            .store
            .presign_put(&at, None, &metadata, ttl)
            .await
            .unwrap();
        let mut request = reqwest::Client::new().put(&signed.url).body(body);
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }
        assert_eq!(request.send().await.unwrap().status(), 200);
        self.finalized(object)
    }
}

fn settings(endpoint: Option<String>) -> Settings {
    Settings {
        endpoint,
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
