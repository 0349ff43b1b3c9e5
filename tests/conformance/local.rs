//! The local broker with the Triggers of `triggers.yaml`.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc};

use reeldrop::{
    broker::{Broker, FixedAddresses, serve},
    manifests::{ManifestFile, Topology},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TRIGGERS: &str = include_str!("triggers.yaml");

/// Starts a broker whose file is in `folder`; gives its address.
pub(crate) async fn start(folder: &Path, subscriber: SocketAddr) -> String {
    let mut addresses = BTreeMap::new();
    let mut objects = vec![json!({
        "apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "metadata": {"name": "BROKER"},
    })];
    for document in TRIGGERS.split("\n---\n") {
        let mut trigger: Value = yaml_serde::from_str(document).unwrap();
        for place in ["/spec/subscriber", "/spec/delivery/deadLetterSink"] {
            if let Some(to) = trigger.pointer_mut(place) {
                let name = to["uri"]
                    .as_str()
                    .unwrap()
                    .rsplit('/')
                    .next()
                    .unwrap()
                    .to_owned();
                addresses.insert(name.clone(), format!("http://{subscriber}/{name}"));
                *to = json!({"ref": {
                    "apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": name,
                }});
            }
        }
        objects.push(trigger);
    }
    // The one-machine runner's subscribers are Services.
    objects.extend(addresses.keys().map(|name| {
        json!({
            "apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"template": {"spec": {"containers": [{"image": "none"}]}}},
        })
    }));
    let files: Vec<_> = objects
        .into_iter()
        .map(|object| ManifestFile {
            path: "triggers.yaml".to_owned(),
            text: object.to_string(),
        })
        .collect();
    let topology = Arc::new(Topology::of(&files).unwrap());
    let subscribers = Arc::new(FixedAddresses(addresses));
    let broker = Arc::new(Broker::open(&folder.join("queue"), topology, subscribers).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(serve(broker, listener, std::future::pending()));
    url
}
