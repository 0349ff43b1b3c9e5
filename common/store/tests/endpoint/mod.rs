//! An S3 endpoint over a folder, in this process.

use std::{collections::BTreeMap, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use reeldrop_store::{AccessKey, Location, Settings, SignedRequest, Store};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;

const ID: &str = "test";
const SECRET: &str = "not a secret";

pub(crate) struct Endpoint {
    pub(crate) store: Store,
    _folder: TempDir,
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
            store: Store::connect(settings(address)).await,
            _folder: folder,
        }
    }

    pub(crate) fn upload(object: &str) -> Location {
        Location {
            bucket: "uploads".to_owned(),
            object: object.to_owned(),
        }
    }

    /// Puts an object as an uploader would.
    pub(crate) async fn put(&self, object: &str, body: Vec<u8>) -> Location {
        let at = Self::upload(object);
        let ttl = Duration::from_secs(60);
        let signed = self
            .store
            .presign_put(&at, None, &BTreeMap::new(), ttl)
            .await
            .unwrap();
        let response = send(&signed, body).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        at
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

/// Sends a signed request, as a browser would: with the headers that it names and no others.
pub(crate) async fn send(signed: &SignedRequest, body: Vec<u8>) -> reqwest::Response {
    let method = signed.method.parse().unwrap();
    let mut request = reqwest::Client::new()
        .request(method, &signed.url)
        .body(body);
    for (name, value) in &signed.headers {
        request = request.header(name, value);
    }
    request.send().await.unwrap()
}
