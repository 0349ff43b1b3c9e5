//! Small functions for the broker to call, and manifests for them.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, http::HeaderMap, response::Response, routing::post};
use reeldrop::{
    broker::{Broker, Event, FixedAddresses},
    manifests::{ManifestError, ManifestFile, Topology},
};
use tokio::net::TcpListener;

/// What an event was when it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) event: Event,
    pub(crate) at: Instant,
}

/// A function that notes what it gets, and answers as the test says.
#[derive(Clone)]
pub(crate) struct Subscriber {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    most: Arc<AtomicUsize>,
}

impl Subscriber {
    /// `answer` gets the event and how many came before it.
    pub(crate) async fn start<F>(wait: Duration, answer: F) -> Self
    where
        F: Fn(&Event, usize) -> Response + Clone + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let subscriber = Self {
            address,
            seen: Arc::default(),
            most: Arc::default(),
        };
        let (seen, most) = (subscriber.seen.clone(), subscriber.most.clone());
        let running = Arc::new(AtomicUsize::new(0));
        let handle = move |headers: HeaderMap, body: Bytes| async move {
            let event = Event::from_http(&headers, &body).unwrap().unwrap();
            let now = running.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            let before = {
                let mut seen = seen.lock().unwrap();
                seen.push(Seen {
                    event: event.clone(),
                    at: Instant::now(),
                });
                seen.len() - 1
            };
            tokio::time::sleep(wait).await;
            running.fetch_sub(1, Ordering::SeqCst);
            answer(&event, before)
        };
        let router = Router::new().route("/", post(handle));
        tokio::spawn(async move { axum::serve(listener, router).await });
        subscriber
    }

    /// What came so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Types of what came so far.
    pub(crate) fn types(&self) -> Vec<String> {
        let ty = |seen: Seen| seen.event.attribute("type").unwrap().to_owned();
        self.seen().into_iter().map(ty).collect()
    }

    /// The most requests that were under way at a time.
    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// Waits until `count` have come.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Seen> {
        for _ in 0..1_000 {
            if self.seen().len() >= count {
                return self.seen();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!(
            "{} of {count} events came: {:?}",
            self.seen().len(),
            self.types()
        );
    }
}

/// An answer without a body.
pub(crate) fn status(code: u16) -> Response {
    Response::builder()
        .status(code)
        .body(axum::body::Body::empty())
        .unwrap()
}

/// Manifests of a broker, of Services with this `containerConcurrency`, and of Triggers, given as
/// name, subscriber and the rest of the spec.
pub(crate) fn topology(
    services: &[(&str, u32)],
    triggers: &[(&str, &str, &str)],
) -> Result<Topology, ManifestError> {
    let file = |path: String, text: String| ManifestFile { path, text };
    let broker = "{apiVersion: eventing.knative.dev/v1, kind: Broker, metadata: {name: b}}";
    let mut files = vec![file("broker.yaml".to_owned(), broker.to_owned())];
    for (name, limit) in services {
        let text = format!(
            "{{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {{name: {name}}}, spec: \
             {{template: {{spec: {{containerConcurrency: {limit}, containers: [{{image: i}}]}}}}}}}}"
        );
        files.push(file(format!("{name}.yaml"), text));
    }
    for (name, subscriber, spec) in triggers {
        let text = format!(
            "apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {{name: {name}}}\nspec:\n  \
             broker: b\n  subscriber: {{ref: {{apiVersion: serving.knative.dev/v1, kind: Service, \
             name: {subscriber}}}}}\n{spec}"
        );
        files.push(file(format!("{name}.yaml"), text));
    }
    Topology::of(&files)
}

/// A delivery with a dead-letter sink and quick retries.
pub(crate) fn delivery(retry: u32, policy: &str, delay: &str, sink: &str) -> String {
    format!(
        "  delivery:\n    retry: {retry}\n    backoffPolicy: {policy}\n    backoffDelay: {delay}\n    \
         timeout: PT0.3S\n    deadLetterSink:\n      ref: {{apiVersion: serving.knative.dev/v1, \
         kind: Service, name: {sink}}}\n"
    )
}

/// A broker over these functions.
pub(crate) fn broker(
    path: &std::path::Path,
    topology: Topology,
    subscribers: &[(&str, &Subscriber)],
) -> Arc<Broker> {
    let address = |(name, subscriber): &(&str, &Subscriber)| {
        (
            (*name).to_owned(),
            format!("http://{}/", subscriber.address),
        )
    };
    let addresses: BTreeMap<String, String> = subscribers.iter().map(address).collect();
    let addresses = Arc::new(FixedAddresses(addresses));
    Arc::new(Broker::open(path, Arc::new(topology), addresses).unwrap())
}

/// An event of this type.
pub(crate) fn event(ty: &str, id: &str) -> Event {
    Event::new(ty, "/test", id).with_data("application/json", "{}")
}
