//! A portal on a real PostgreSQL and a real S3 endpoint, with a broker that keeps what it is told.

mod broker;
mod bucket;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, Response, StatusCode, header},
};
use http_body_util::BodyExt;
use portal::{Config, Portal};
use reeldrop_catalog::{KeyStore, MasterKey, testing::TestDatabase};
use reeldrop_events::{AssetId, Source};
use reeldrop_runtime::Publisher;
use reeldrop_store::testing::TestBuckets;
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

pub(crate) use broker::Broker;
pub(crate) use bucket::put;

pub(crate) const KEY: &str = "hyN9IKGfWKdAwFaE5pm0qg";
pub(crate) const KEY_HEX: &str = "87237d20a19f58a740c05684e699b4aa";
pub(crate) const KID: &str = "oW5AK5BW43HzbTSKpiu3SQ";
pub(crate) const KID_HEX: &str = "a16e402b9056e371f36d348aa62bb749";

/// What the portal's keys were wrapped with before.
pub(crate) const EARLIER_MASTER_KEY: [u8; 32] = [9; 32];

/// All that a test needs.
pub(crate) struct Stage {
    pub(crate) database: TestDatabase,
    pub(crate) buckets: TestBuckets,
    pub(crate) broker: Broker,
    pub(crate) keys: KeyStore,
    router: Router,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with_media_url(None).await
    }

    pub(crate) async fn with_media_url(media_url: Option<&str>) -> Self {
        Self::with_urls(media_url, None).await
    }

    /// Players find the media bucket, and the portal analyze, at these addresses.
    pub(crate) async fn with_urls(media_url: Option<&str>, analyze_url: Option<&str>) -> Self {
        let database = TestDatabase::of("portal").await;
        let buckets = TestBuckets::start().await;
        let broker = Broker::start().await;
        let config = Config {
            database_url: database.url.clone(),
            master_key_file: String::new(),
            portal_url: None,
            client_header: None,
            media_url: media_url.map(str::to_owned),
            analyze_url: analyze_url.map(str::to_owned),
        };
        let master = MasterKey::new(&[3; 32]).or(&EARLIER_MASTER_KEY);
        let publisher = Publisher::to(portal::NAME, &broker.address).unwrap();
        let catalog = database.catalog.clone();
        let keys = KeyStore::new(catalog.clone(), master.clone());
        let portal = Portal::new(config, catalog, master, buckets.store.clone(), publisher);
        let router = portal::router(portal).await.unwrap();
        Self {
            database,
            buckets,
            broker,
            keys,
            router,
        }
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Body> {
        self.send(request(Method::GET, path, Body::empty())).await
    }

    /// Sends JSON and reads JSON.
    pub(crate) async fn json(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let body = match body.is_null() {
            true => Body::empty(),
            false => Body::from(body.to_string()),
        };
        answer(self.send(request(method, path, body)).await).await
    }

    pub(crate) async fn get_json(&self, path: &str) -> (StatusCode, Value) {
        self.json(Method::GET, path, Value::Null).await
    }

    /// Runs SQL, as the catalog's writer would.
    pub(crate) async fn sql(&self, statements: &str) {
        self.database
            .client()
            .await
            .batch_execute(statements)
            .await
            .unwrap();
    }

    /// A title as it stands in the catalog after its upload was announced.
    pub(crate) async fn received(&self, object: &str) -> AssetId {
        let source = Source {
            bucket: "uploads".to_owned(),
            object: object.to_owned(),
            version: "v1".to_owned(),
            size_bytes: 1000,
        };
        let asset = AssetId::of(&source);
        let name = object.rsplit('/').next().unwrap().to_owned();
        self.database
            .client()
            .await
            .execute(
                "insert into assets (id, bucket, object, version, name, size_bytes)
                 values ($1, 'uploads', $2, 'v1', $3, 1000)",
                &[&asset.0, &object, &name],
            )
            .await
            .unwrap();
        asset
    }

    /// Makes a received title ready, with one package.
    pub(crate) async fn make_ready(&self, asset: AssetId) {
        self.sql(&format!(
            "insert into packages (asset, package, scheme, state, hls, dash) values
               ('{asset}', 1, 'cbcs', 'ready', '{asset}/1/stream.m3u8', '{asset}/1/stream.mpd');
             update assets set state = 'ready', current_package = 1, playable_at = created_at + interval '2 s',
               ready_at = created_at + interval '9 s' where id = '{asset}';
             insert into thumbnails values
               ('{asset}', 'completed', '{asset}/poster.jpg', 640, 360, 1000, '{asset}/storyboard/index.vtt', 1, '{asset}/preview.webp')"
        ))
        .await;
        self.announce(asset).await;
    }

    /// The token that the API gives with a title.
    pub(crate) async fn token(&self, asset: AssetId) -> String {
        let (_, shown) = self.get_json(&format!("/api/assets/{asset}")).await;
        let address = shown["dash"].as_str().unwrap();
        address.split_once("?token=").unwrap().1.to_owned()
    }

    /// Says that a title changed.
    pub(crate) async fn announce(&self, asset: AssetId) {
        self.sql(&format!("notify reeldrop_assets, '{asset}'"))
            .await;
    }
}

pub(crate) fn request(method: Method, path: &str, body: Body) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "portal.example:8080")
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .unwrap()
}

pub(crate) async fn answer(response: Response<Body>) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = bytes(response).await;
    (
        status,
        serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    )
}

pub(crate) async fn bytes(response: Response<Body>) -> Vec<u8> {
    response
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes()
        .to_vec()
}

pub(crate) fn unknown() -> Uuid {
    Uuid::from_u128(404)
}
