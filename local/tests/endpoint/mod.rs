//! An S3 endpoint over a folder, and what it calls.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    primitives::ByteStream,
};
use axum::{Router, http::StatusCode, routing::post};
use reeldrop::{
    broker::{Broker, FixedAddresses},
    manifests::Topology,
    s3::{Endpoint, Settings},
};
use serde_json::Value;
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) const UPLOADS: &str = "reeldrop-uploads";

/// What plays bucket-source: keeps the bodies, and refuses the first ones.
#[derive(Clone, Default)]
pub(crate) struct Webhook(Arc<Mutex<Vec<Value>>>);

impl Webhook {
    pub(crate) async fn start(&self, refuse: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (seen, left) = (self.0.clone(), Arc::new(Mutex::new(refuse)));
        let take = async move |body: String| {
            let mut left = left.lock().unwrap();
            if *left > 0 {
                *left -= 1;
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            seen.lock()
                .unwrap()
                .push(serde_json::from_str(&body).unwrap());
            StatusCode::ACCEPTED
        };
        tokio::spawn(async { axum::serve(listener, Router::new().route("/", post(take))).await });
        url
    }

    /// Names and ETags of what was announced.
    pub(crate) fn announced(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let object = |body: &Value| {
            let object = &body["Records"][0]["s3"]["object"];
            (text(&object["key"]), text(&object["eTag"]))
        };
        self.0.lock().unwrap().iter().map(object).collect()
    }

    pub(crate) async fn wait_for(&self, count: usize) -> Vec<(String, String)> {
        for _ in 0..500 {
            if self.announced().len() >= count {
                return self.announced();
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("announced: {:?}", self.announced());
    }
}

fn settings(folder: &Path) -> Settings {
    Settings {
        root: folder.join("buckets"),
        drop: folder.join("uploads"),
        records: folder.to_owned(),
        uploads: UPLOADS.to_owned(),
        work: "reeldrop-work".to_owned(),
        media: "reeldrop-media".to_owned(),
        access_key: "access".to_owned(),
        secret_key: "secret".to_owned(),
    }
}

/// An endpoint over the folder that calls this webhook, until the guard is dropped.
pub(crate) async fn endpoint(folder: &Path, webhook: &str) -> (Client, DropGuard) {
    let addresses = BTreeMap::from([("bucket-source".to_owned(), webhook.to_owned())]);
    let addresses = Arc::new(FixedAddresses(addresses));
    let topology = Arc::new(Topology::default());
    let queue = folder.join(format!("queue-{}", uuid::Uuid::new_v4()));
    let broker = Arc::new(Broker::open(&queue, topology, addresses.clone()).unwrap());
    let endpoint = Endpoint::open(settings(folder), addresses, broker).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
        .credentials_provider(Credentials::new("access", "secret", None, None, "test"))
        .force_path_style(true)
        .build();
    let stop = CancellationToken::new();
    tokio::spawn(endpoint.serve(listener, stop.clone().cancelled_owned()));
    (Client::from_conf(config), stop.drop_guard())
}

pub(crate) fn body(text: &'static str) -> ByteStream {
    ByteStream::from_static(text.as_bytes())
}
