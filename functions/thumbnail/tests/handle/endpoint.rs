//! An S3 endpoint over a folder, in this process.

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use reeldrop_events::Source;
use reeldrop_store::{AccessKey, Location, Settings, Store};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;

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
        service.set_auth(SimpleAuth::from_single("test", "not a secret"));
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
            store: Store::connect(settings(address)).await,
            folder,
        }
    }

    /// A clip as an upload.
    pub(crate) async fn upload(&self, clip: &std::path::Path) -> Source {
        let object = clip.file_name().unwrap().to_str().unwrap().to_owned();
        std::fs::copy(clip, self.folder.path().join("uploads").join(&object)).unwrap();
        let at = Location {
            bucket: "uploads".to_owned(),
            object: object.clone(),
        };
        let info = self.store.head(&at).await.unwrap().unwrap();
        Source {
            bucket: at.bucket,
            object,
            version: info.version,
            size_bytes: info.size_bytes,
        }
    }

    pub(crate) async fn get(&self, object: &str) -> Vec<u8> {
        let at = Location {
            bucket: "media".to_owned(),
            object: object.to_owned(),
        };
        self.store.get(&at, 50_000_000).await.unwrap().to_vec()
    }
}

fn settings(endpoint: String) -> Settings {
    Settings {
        endpoint: Some(endpoint),
        public_endpoint: None,
        region: None,
        credentials: Some(AccessKey {
            id: "test".to_owned(),
            secret: "not a secret".to_owned(),
            session_token: None,
        }),
        uploads_bucket: "uploads".to_owned(),
        work_bucket: "work".to_owned(),
        media_bucket: "media".to_owned(),
    }
}
