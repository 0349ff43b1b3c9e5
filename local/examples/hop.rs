//! Measures the event hop: from a publisher's request to the handler, and from 202 to the handler.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{Router, http::HeaderMap, routing::post};
use reeldrop::{
    broker::{Broker, Event, FixedAddresses, serve},
    manifests::{ManifestFile, Topology},
};
use tokio::net::TcpListener;

const EVENTS: usize = 500;

const MANIFESTS: [&str; 3] = [
    "{apiVersion: eventing.knative.dev/v1, kind: Broker, metadata: {name: b}}",
    "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: f}, spec: {template: {spec: \
     {containers: [{image: i}]}}}}",
    "{apiVersion: eventing.knative.dev/v1, kind: Trigger, metadata: {name: t}, spec: {broker: b, \
     subscriber: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: f}}}}",
];

type Handled = Arc<Mutex<HashMap<String, Instant>>>;
/// An event's id, when it was sent, and when it was accepted.
type Sent = (String, Instant, Instant);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let handled = Handled::default();
    let function = function(handled.clone()).await?;
    let file = |text: &&str| ManifestFile {
        path: "example".to_owned(),
        text: (*text).to_owned(),
    };
    let topology = Topology::of(&MANIFESTS.iter().map(file).collect::<Vec<_>>())?;
    let folder = std::env::temp_dir().join(format!("reeldrop-hop-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let addresses = Arc::new(FixedAddresses(BTreeMap::from([("f".to_owned(), function)])));
    let broker = Arc::new(Broker::open(
        &folder.join("queue"),
        Arc::new(topology),
        addresses,
    )?);
    let ingress = TcpListener::bind("127.0.0.1:0").await?;
    let sink = format!("http://{}/", ingress.local_addr()?);
    tokio::spawn(serve(broker.clone(), ingress, std::future::pending()));
    let sent = send(&sink).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    report(
        &sent,
        &handled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone(),
    );
    broker.stop(Duration::from_secs(1)).await;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// A handler that notes when it was called; gives its address.
async fn function(handled: Handled) -> std::io::Result<String> {
    let handler = async move |headers: HeaderMap| {
        let id = headers
            .get("ce-id")
            .and_then(|id| id.to_str().ok())
            .unwrap_or_default();
        let mut handled = handled.lock().unwrap_or_else(PoisonError::into_inner);
        handled.insert(id.to_owned(), Instant::now());
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, Router::new().route("/", post(handler))).await });
    Ok(url)
}

async fn send(sink: &str) -> Result<Vec<Sent>, reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut times = Vec::new();
    for number in 0..EVENTS {
        let event = Event::new("a", "/hop", &number.to_string());
        let event = event.with_data("application/json", vec![b' '; 2_000]);
        let sent = Instant::now();
        let request = client.post(sink).headers(event.headers()).body(event.data);
        request.send().await?.error_for_status()?;
        times.push((number.to_string(), sent, Instant::now()));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(times)
}

#[expect(
    clippy::print_stdout,
    reason = "the numbers are what this program is for"
)]
fn report(times: &[Sent], handled: &HashMap<String, Instant>) {
    let at = |id: &String| handled.get(id).copied().unwrap_or_else(Instant::now);
    let accepted = times
        .iter()
        .map(|(_, sent, accepted)| *accepted - *sent)
        .collect();
    let whole = times.iter().map(|(id, sent, _)| at(id) - *sent).collect();
    let hop = times
        .iter()
        .map(|(id, _, accepted)| at(id).saturating_duration_since(*accepted));
    println!("{EVENTS} events of 2 kB       p50      p95      p99");
    println!("sent to accepted         {}", percentiles(accepted));
    println!("accepted to handler      {}", percentiles(hop.collect()));
    println!("sent to handler          {}", percentiles(whole));
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
    format!("{:6.2} ms {:6.2} ms {:6.2} ms", ms(50), ms(95), ms(99))
}
