//! A fake of Google Cloud Storage, in memory. It is not Google's, and no emulator: it knows the
//! requests that this crate sends, answers them as Google documents it, and refuses all others.
//!
//! | interface | what |
//! |---|---|
//! | JSON | media downloads with ranges and generations, uploads in one request and resumable ones |
//! | gRPC | `GetObject`, `ListObjects` (in small pages), `DeleteObject` |
//! | XML | signed `GET` and `PUT`, multipart uploads |
//!
//! Requests need its token or a signature over exactly what was sent. It signs with a secret instead
//! of IAM's `signBlob`, and looks at no clock: signatures last for ever.

mod identity;
mod json;
mod objects;
mod route;
mod rpc;
mod xml;

use std::sync::Arc;

use google_cloud_auth::{credentials::Credentials, signer::Signer};
use http::Request;
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::net::TcpListener;

use self::{identity::Fake, objects::Objects};
use super::{name, settings};
use crate::{Bucket, Location, Provider, Store, google::Google};

/// Three empty buckets behind a fake of Google Cloud Storage: see the module's own words.
#[derive(Debug)]
pub struct GoogleBuckets {
    /// What a function is given.
    pub store: Store,
}

impl GoogleBuckets {
    /// Starts the fake.
    ///
    /// # Panics
    /// Where there is no free port: a test cannot go on without.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, Arc::new(Objects::new(&endpoint))));
        let credentials = Credentials::from(Fake);
        let google = Google::with(&endpoint, credentials, Ok(Signer::from(Fake)));
        let google = google.await.unwrap();
        Self {
            store: Store::of(Arc::new(google), settings(Provider::Google)),
        }
    }

    /// An object of any name, whether it is there or not.
    #[must_use]
    pub fn location(bucket: Bucket, object: &str) -> Location {
        Location {
            bucket: name(bucket).to_owned(),
            object: object.to_owned(),
        }
    }
}

async fn serve(listener: TcpListener, objects: Arc<Objects>) {
    while let Ok((socket, _)) = listener.accept().await {
        let objects = objects.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let objects = objects.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                let request = Request::from_parts(head, body);
                Ok::<_, hyper::Error>(route::answer(&objects, &request))
            }
        });
        tokio::spawn(async move {
            // A client that goes away is no failure of the endpoint.
            let _ = Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}
