//! An S3 endpoint over a folder, in this process.

use std::collections::BTreeMap;

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use reeldrop_store::{AccessKey, Location, ObjectInfo, Settings, Store};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;

const ID: &str = "test";
const SECRET: &str = "not a secret";

pub(crate) struct Buckets {
    pub(crate) store: Store,
    folder: TempDir,
}

impl Buckets {
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
            store: Store::connect(settings(address)).await,
            folder,
        }
    }

    pub(crate) async fn put(&self, bucket: &str, object: &str, body: &[u8]) {
        let at = location(bucket, object);
        let body =
            futures::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::copy_from_slice(body))]);
        self.store
            .put_stream(&at, body, Some("video/iso.segment"), &BTreeMap::new())
            .await
            .unwrap();
    }

    /// Names of the uploaded objects, as the folder shows them.
    pub(crate) fn uploads(&self) -> Vec<String> {
        let folder = self.folder.path().join("uploads");
        let names = |path: &std::path::Path| -> Vec<String> {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name().into_string().unwrap());
            names.filter(|name| !name.starts_with('.')).collect()
        };
        let uploads = names(&folder);
        let objects = uploads.iter().flat_map(|upload| {
            let files = names(&folder.join(upload));
            files
                .into_iter()
                .map(move |file| format!("{upload}/{file}"))
        });
        objects.collect()
    }

    pub(crate) async fn head(&self, bucket: &str, object: &str) -> Option<ObjectInfo> {
        self.store.head(&location(bucket, object)).await.unwrap()
    }
}

pub(crate) fn location(bucket: &str, object: &str) -> Location {
    Location {
        bucket: bucket.to_owned(),
        object: object.to_owned(),
    }
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

/// Puts a body where the portal said, as a browser would; answers with the ETag.
pub(crate) async fn put(url: &Value, headers: &Value, body: Vec<u8>) -> String {
    let mut request = reqwest::Client::new().put(url.as_str().unwrap()).body(body);
    for (name, value) in headers.as_object().into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap());
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    response.headers()["etag"].to_str().unwrap().to_owned()
}
