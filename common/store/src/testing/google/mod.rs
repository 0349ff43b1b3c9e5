//! A fake of Google Cloud Storage, in memory. It is not Google's, and no emulator: it knows the
//! requests that this crate sends, answers them as Google documents it, and refuses all others.
//!
//! | interface | what |
//! |---|---|
//! | JSON | media downloads with ranges and generations, uploads in one request and resumable ones |
//! | gRPC | `GetObject`, `ListObjects` (in small pages), `DeleteObject` |
//! | XML | signed `GET` and `PUT`, multipart uploads |
//!
//! A test can have requests fail: see [`Fault`].
//!
//! Requests need its token or a signature over exactly what was sent. It signs with a secret instead
//! of IAM's `signBlob`, and looks at no clock: signatures last for ever.

mod faults;
mod identity;
mod json;
mod objects;
mod route;
mod rpc;
mod xml;

use std::{io, sync::Arc};

use bytes::Bytes;
use google_cloud_auth::{credentials::Credentials, signer::Signer};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::net::TcpListener;

pub use self::faults::Fault;
use self::{
    faults::Faults,
    identity::{Fake, Unable},
    objects::Objects,
    route::Answer,
};
use super::{name, settings};
use crate::{Bucket, Location, Provider, Store, google::Google};

/// Three empty buckets behind a fake of Google Cloud Storage: see the module's own words.
#[derive(Debug)]
pub struct GoogleBuckets {
    /// What a function is given.
    pub store: Store,
    faults: Arc<Faults>,
}

impl GoogleBuckets {
    /// Starts the fake.
    ///
    /// # Panics
    /// Where there is no free port: a test cannot go on without.
    pub async fn start() -> Self {
        Self::start_with(Signer::from(Fake)).await
    }

    /// Starts the fake for credentials that IAM lets not sign: it answers with this HTTP status.
    ///
    /// # Panics
    /// As [`GoogleBuckets::start`].
    pub async fn start_unable_to_sign(status: u16) -> Self {
        Self::start_with(Signer::from(Unable(status))).await
    }

    async fn start_with(signer: Signer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let faults = Arc::new(Faults::default());
        let objects = Arc::new(Objects::new(&endpoint));
        tokio::spawn(serve(listener, objects, faults.clone()));
        let credentials = Credentials::from(Fake);
        let google = Google::with(&endpoint, credentials, Ok(signer));
        let google = google.await.unwrap();
        Self {
            store: Store::of(Arc::new(google), settings(Provider::Google)),
            faults,
        }
    }

    /// The next `times` requests whose method and address have `of` in them meet this fault.
    pub fn fail(&self, of: &str, times: usize, fault: Fault) {
        self.faults.plan(of, times, fault);
    }

    /// How many requests came whose method and address have `of` in them.
    #[must_use]
    pub fn requests(&self, of: &str) -> usize {
        self.faults.count(of)
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

async fn serve(listener: TcpListener, objects: Arc<Objects>, faults: Arc<Faults>) {
    while let Ok((socket, _)) = listener.accept().await {
        let (objects, faults) = (objects.clone(), faults.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (objects, faults) = (objects.clone(), faults.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
                let request = Request::from_parts(head, body);
                answer(&objects, faults.of(&request), &request)
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

/// Where this is an error the connection ends.
fn answer(objects: &Objects, fault: Option<Fault>, request: &Request<Bytes>) -> io::Result<Answer> {
    match fault {
        None => Ok(route::answer(objects, request)),
        Some(Fault::Status(status)) => {
            Ok(xml::error(StatusCode::from_u16(status).unwrap(), "Fault"))
        }
        Some(Fault::Grpc(code)) => Ok(rpc::status(code, "a fault")),
        Some(Fault::BreaksOff) => Err(io::Error::other("the connection breaks off")),
        Some(Fault::AnswerLost) => {
            route::answer(objects, request);
            Err(io::Error::other("the answer is lost"))
        }
    }
}
