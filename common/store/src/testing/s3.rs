//! A real S3 endpoint over a folder that goes with the test.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use futures::stream;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use reeldrop_events::Source;
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{name, settings};
use crate::{AccessKey, Bucket, Location, Provider, Settings, Store};

const ID: &str = "test";
const SECRET: &str = "not a secret";

/// Three empty buckets behind an S3 endpoint of their own.
#[derive(Debug)]
pub struct TestBuckets {
    /// What a function is given.
    pub store: Store,
    folder: TempDir,
}

impl TestBuckets {
    /// Makes the buckets and starts the endpoint.
    ///
    /// # Panics
    /// Where there is no room for a folder or no free port: a test cannot go on without.
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        for bucket in [Bucket::Uploads, Bucket::Work, Bucket::Media] {
            fs::create_dir(folder.path().join(name(bucket))).unwrap();
        }
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(ID, SECRET));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, service.build()));
        Self {
            store: store(address).await,
            folder,
        }
    }

    /// A store that nobody answers for.
    pub async fn unreachable() -> Store {
        // Nothing listens on port 1, tcpmux.
        store("http://127.0.0.1:1".to_owned()).await
    }

    /// An object of any name, whether it is there or not.
    #[must_use]
    pub fn location(bucket: Bucket, object: &str) -> Location {
        Location {
            bucket: name(bucket).to_owned(),
            object: object.to_owned(),
        }
    }

    /// Stores an object with what its writer says of it, and says which one it is.
    ///
    /// # Panics
    /// Where the endpoint refuses it.
    pub async fn put(
        &self,
        at: &Location,
        content_type: Option<&str>,
        metadata: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Source {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        let metadata = metadata.iter().map(owned).collect();
        let body = stream::iter([Ok::<_, Infallible>(body.into())]);
        let stored = self.store.put_stream(at, body, content_type, &metadata);
        stored.await.unwrap();
        self.source(at).await
    }

    /// Makes a file of this machine an upload named `object`, without sending it.
    ///
    /// # Panics
    /// Where the file cannot be copied.
    pub async fn upload(&self, file: &Path, object: &str) -> Source {
        let at = Self::location(Bucket::Uploads, object);
        fs::copy(file, self.folder.path().join(&at.bucket).join(object)).unwrap();
        self.source(&at).await
    }

    /// The bytes of every object of a bucket, by name.
    ///
    /// # Panics
    /// Where an object goes while they are read.
    #[must_use]
    pub fn objects(&self, bucket: Bucket) -> BTreeMap<String, Vec<u8>> {
        let folder = self.folder.path().join(name(bucket));
        let names = self.names(bucket).into_iter();
        names
            .map(|object| {
                let body = fs::read(folder.join(&object)).unwrap();
                (object, body)
            })
            .collect()
    }

    /// The name of every object of a bucket, in no order.
    ///
    /// # Panics
    /// Where the bucket's folder cannot be read.
    #[must_use]
    pub fn names(&self, bucket: Bucket) -> Vec<String> {
        let bucket = self.folder.path().join(name(bucket));
        let (mut names, mut folders) = (Vec::new(), vec![bucket.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path: PathBuf = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let object = path.strip_prefix(&bucket).unwrap();
                    names.push(object.to_str().unwrap().to_owned());
                }
            }
        }
        names
    }

    async fn source(&self, at: &Location) -> Source {
        let info = self.store.head(at).await.unwrap().unwrap();
        Source {
            bucket: at.bucket.clone(),
            object: at.object.clone(),
            version: info.version,
            size_bytes: info.size_bytes,
        }
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    while let Ok((socket, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            // A client that goes away is no failure of the endpoint.
            let _ = builder
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn store(endpoint: String) -> Store {
    let settings = Settings {
        endpoint: Some(endpoint),
        credentials: Some(AccessKey {
            id: ID.to_owned(),
            secret: SECRET.to_owned(),
            session_token: None,
        }),
        ..settings(Provider::S3)
    };
    Store::connect(settings).await.unwrap()
}
