//! An S3 endpoint over a folder: buckets are folders, objects are files of the same name.
//!
//! New objects in the uploads bucket are announced to bucket-source, as an S3 service calls its
//! webhook; what a kill left unannounced is found at the next start.

mod announce;
mod api;
mod api_parts;
mod body;
mod buckets;
mod dropped;
mod life;
mod listing;
mod object;
mod parts;
mod path;

use std::{future::Future, path::PathBuf, sync::Arc};

use axum::{
    Router, body::Body, extract::Request, http::StatusCode, response::IntoResponse,
    serve::ListenerExt,
};
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use tokio::{net::TcpListener, sync::mpsc};
use tower_http::cors::{Any, CorsLayer};

pub use announce::Created;

use crate::broker::{Broker, Subscribers};
use announce::{Announced, Announcer, Announcing, Change};
use api::Api;
use buckets::Buckets;
use dropped::DropFolder;

/// Why the S3 endpoint cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    /// A folder or file cannot be used.
    #[error("buckets: {0}")]
    Io(#[from] std::io::Error),
    /// One of the endpoint's own files is damaged or locked.
    #[error("buckets: {0}")]
    Database(#[from] redb::Error),
    /// The HTTP client cannot be made.
    #[error("buckets: {0}")]
    Client(#[from] reqwest::Error),
}

/// Hears of changes in the uploads bucket.
pub trait OnChange: Send + Sync + 'static {
    /// An object is there whole.
    fn created(&self, created: Created);
    /// An object is gone.
    fn deleted(&self, key: &str);
}

/// Where everything lies, and who may ask.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder of the buckets.
    pub root: PathBuf,
    /// The drop folder.
    pub drop: PathBuf,
    /// The folder for the endpoint's own records.
    pub records: PathBuf,
    /// Name of the uploads bucket.
    pub uploads: String,
    /// Name of the work bucket, whose objects are deleted after a day.
    pub work: String,
    /// Name of the media bucket.
    pub media: String,
    /// The one access key.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
}

/// The endpoint, ready to serve.
pub struct Endpoint {
    api: Api,
    settings: Settings,
    announcing: Arc<Announcing>,
    changes: mpsc::UnboundedReceiver<Change>,
    dropped: DropFolder,
}

impl Endpoint {
    /// Opens buckets and drop folder, and looks for what was not announced.
    ///
    /// # Errors
    /// [`S3Error`] where a folder or file cannot be used.
    pub fn open(
        settings: Settings,
        subscribers: Arc<dyn Subscribers>,
        broker: Arc<Broker>,
    ) -> Result<Self, S3Error> {
        let names = [&settings.uploads, &settings.work, &settings.media].map(String::as_str);
        let buckets = Arc::new(Buckets::open(&settings.root, &names, &settings.uploads)?);
        buckets.forget_abandoned()?;
        let announced = Announced::open(&settings.records.join("announced.redb"))?;
        let (sender, changes) = mpsc::unbounded_channel();
        let on_change: Arc<dyn OnChange> = Arc::new(Announcer(sender));
        for (key, _) in buckets.list(&settings.uploads, "")? {
            if let Some(found) = buckets.find(&settings.uploads, &key)?
                && !announced.has(&key, &found.attributes.etag)?
            {
                let uploads = &settings.uploads;
                on_change.created(Created::new(
                    "ObjectCreated:Put",
                    uploads,
                    &key,
                    &found.attributes,
                ));
            }
        }
        let dropped = DropFolder::open(
            &settings.drop,
            &settings.records.join("dropped.redb"),
            buckets.clone(),
            on_change.clone(),
        )?;
        let client = reqwest::Client::builder().no_proxy().build()?;
        let announcing = Arc::new(Announcing {
            announced,
            subscribers,
            broker,
            client,
        });
        Ok(Self {
            api: Api { buckets, on_change },
            settings,
            announcing,
            changes,
            dropped,
        })
    }

    /// Serves requests, announces uploads and watches the drop folder until `stop` is done.
    ///
    /// # Errors
    /// Where the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let announcing = tokio::spawn(self.announcing.run(self.changes));
        let dropped = tokio::spawn(self.dropped.run());
        let life = tokio::spawn(life::run(self.api.buckets.clone(), self.settings.work));
        let mut builder = S3ServiceBuilder::new(self.api);
        builder.set_auth(SimpleAuth::from_single(
            self.settings.access_key.as_str(),
            self.settings.secret_key.as_str(),
        ));
        let service = builder.build();
        let router = Router::new()
            .fallback(move |request| answer(service.clone(), request))
            .layer(cors());
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(stop)
            .await;
        announcing.abort();
        dropped.abort();
        life.abort();
        served
    }
}

/// Pages of any origin may use presigned addresses: it is the signature that grants access.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(Any)
        .allow_headers(Any)
        .expose_headers([http::header::ETAG])
}

async fn answer(service: S3Service, request: Request) -> axum::response::Response {
    match service.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => {
            tracing::error!(?error, "the S3 endpoint failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
