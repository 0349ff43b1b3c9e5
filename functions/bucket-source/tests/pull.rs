//! Pulling, against a Pub/Sub and a metadata server in this process.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod pubsub;

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use bucket_source::{BucketSource, Callers, Config, Puller, Subscription};
use pubsub::{PubSub, listen};
use reeldrop_runtime::{Function, Publisher};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    sync::{Semaphore, mpsc, oneshot},
    time::{sleep, timeout},
};

const PUBSUB: &str = include_str!("fixtures/pubsub.json");
const LIMIT: Duration = Duration::from_secs(20);

/// A message about an upload.
fn upload() -> Value {
    serde_json::from_str::<Value>(PUBSUB).unwrap()["message"].clone()
}

/// A sink that takes an event for each permit it is given, and refuses the first few.
struct Sink {
    url: String,
    permits: Arc<Semaphore>,
    refuses: Arc<AtomicUsize>,
    taken: mpsc::UnboundedReceiver<String>,
    most_at_once: Arc<AtomicUsize>,
}

impl Sink {
    async fn start(permits: usize) -> Self {
        let permits = Arc::new(Semaphore::new(permits));
        let refuses = Arc::new(AtomicUsize::new(0));
        let most_at_once = Arc::new(AtomicUsize::new(0));
        let (events, taken) = mpsc::unbounded_channel();
        let at_once = Arc::new(AtomicUsize::new(0));
        let (permits_of, refuses_of, most_of) =
            (permits.clone(), refuses.clone(), most_at_once.clone());
        let take = async move |headers: HeaderMap| {
            let now = at_once.fetch_add(1, Ordering::SeqCst) + 1;
            most_of.fetch_max(now, Ordering::SeqCst);
            permits_of.acquire().await.unwrap().forget();
            at_once.fetch_sub(1, Ordering::SeqCst);
            let left = refuses_of.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
            if left.is_ok() {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let ty = headers["ce-type"].to_str().unwrap().to_owned();
            events.send(ty).unwrap();
            StatusCode::ACCEPTED
        };
        let take = post(move |headers: HeaderMap| {
            let take = take.clone();
            async move { take(headers).await }
        });
        Self {
            url: listen(Router::new().route("/", take)).await,
            permits,
            refuses,
            taken,
            most_at_once,
        }
    }

    async fn takes(&mut self) -> String {
        timeout(LIMIT, self.taken.recv()).await.unwrap().unwrap()
    }
}

/// A puller that goes on until what is returned is sent or dropped.
fn start(
    subscription: Subscription,
    sink: &Sink,
) -> (tokio::task::JoinHandle<()>, oneshot::Sender<()>) {
    let function = BucketSource::new(Config {
        uploads_bucket: "reeldrop-uploads".to_owned(),
        callers: Callers::Anyone,
    });
    let publisher = Publisher::to(BucketSource::NAME, &sink.url).unwrap();
    let puller = Puller::new(subscription, function, publisher);
    let (stop, stopped) = oneshot::channel();
    let run = puller.run(async {
        let _ = stopped.await;
    });
    (tokio::spawn(run), stop)
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = timeout(LIMIT, async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "never: {what}");
}

#[tokio::test]
async fn what_the_sink_has_taken_is_acknowledged_and_what_cannot_be_read_comes_again() {
    let pubsub = PubSub::default();
    pubsub.publish("broken", json!({"attributes": {}}));
    pubsub.publish("upload", upload());
    let mut sink = Sink::start(10).await;
    let (_puller, _stop) = start(pubsub.start().await, &sink);
    assert_eq!(sink.takes().await, "io.reeldrop.upload.finalized.v1");
    until("the upload is acknowledged", || {
        pubsub.waiting() == ["broken"]
    })
    .await;
    until("the other one comes again", || {
        pubsub.given_out("broken") > 2
    })
    .await;
    assert!(sink.taken.try_recv().is_err(), "announced once");
    assert_eq!(
        pubsub.tokens(),
        1,
        "a token is used for as long as it lasts"
    );
}

#[tokio::test]
async fn what_the_sink_refuses_is_given_back_at_once_and_taken_later() {
    let pubsub = PubSub::default();
    pubsub.publish("upload", upload());
    let mut sink = Sink::start(10).await;
    sink.refuses.store(2, Ordering::SeqCst);
    let (_puller, _stop) = start(pubsub.start().await, &sink);
    // Long before the subscription's deadline.
    let taken = timeout(Duration::from_secs(5), sink.takes()).await;
    assert!(taken.is_ok(), "it did not come again");
    until("it is acknowledged", || pubsub.waiting().is_empty()).await;
}

#[tokio::test]
async fn a_slow_sink_has_few_uploads_at_once_and_nobody_else_gets_them() {
    let pubsub = PubSub::default();
    for number in 0..50 {
        pubsub.publish(&format!("upload {number:02}"), upload());
    }
    let sink = Sink::start(0).await;
    let (_puller, _stop) = start(pubsub.start().await, &sink);
    until("they are kept for longer", || {
        pubsub.leased_for("upload 00") > Duration::from_secs(30)
    })
    .await;
    assert_eq!(sink.most_at_once.load(Ordering::SeqCst), 32);
    assert_eq!(pubsub.given_out("upload 00"), 1);
    assert_eq!(
        pubsub.given_out("upload 32"),
        0,
        "it waits in the subscription"
    );
    sink.permits.add_permits(100);
    until("all are acknowledged", || pubsub.waiting().is_empty()).await;
}

#[tokio::test]
async fn who_is_told_to_stop_finishes_what_is_in_hand() {
    let pubsub = PubSub::default();
    pubsub.publish("upload", upload());
    let sink = Sink::start(0).await;
    let (puller, stop) = start(pubsub.start().await, &sink);
    until("the sink has it", || {
        sink.most_at_once.load(Ordering::SeqCst) == 1
    })
    .await;
    stop.send(()).unwrap();
    sleep(Duration::from_millis(100)).await;
    assert!(!puller.is_finished(), "an upload is in hand");
    sink.permits.add_permits(1);
    timeout(LIMIT, puller).await.unwrap().unwrap();
    assert!(
        pubsub.waiting().is_empty(),
        "it was acknowledged before the end"
    );
}

#[tokio::test]
async fn a_token_that_holds_no_longer_is_exchanged() {
    let pubsub = PubSub::default();
    let mut sink = Sink::start(10).await;
    let (_puller, _stop) = start(pubsub.start().await, &sink);
    until("it pulls", || pubsub.tokens() == 1).await;
    pubsub.refuse();
    pubsub.publish("upload", upload());
    assert_eq!(sink.takes().await, "io.reeldrop.upload.finalized.v1");
    assert_eq!(pubsub.tokens(), 2);
}

/// The program itself: `/readyz`, `/metrics`, and an orderly end with an upload in hand.
#[tokio::test]
async fn the_program_pulls_tells_figures_and_drains() {
    let pubsub = PubSub::default();
    pubsub.publish("upload", upload());
    let Subscription {
        name,
        url,
        token_url,
    } = pubsub.start().await;
    let mut sink = Sink::start(0).await;
    let mut program = Command::new(env!("CARGO_BIN_EXE_bucket-source"))
        .env("K_SINK", &sink.url)
        .env("PORT", "0")
        .env("REELDROP_LISTEN_ADDRESS", "127.0.0.1")
        .env("REELDROP_LOG_FORMAT", "json")
        // Nobody calls, so that nobody need prove anything.
        .env("REELDROP_PUSH_AUDIENCE", "https://events.example.com/")
        .env("REELDROP_PUSH_ACCOUNT", "push@p.iam.gserviceaccount.com")
        .env("REELDROP_PULL_SUBSCRIPTION", name)
        .env("REELDROP_PULL_URL", url)
        .env("REELDROP_PULL_TOKEN_URL", token_url)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut log = BufReader::new(program.stderr.take().unwrap()).lines();
    let address = loop {
        let line = log.next_line().await.unwrap().unwrap();
        let entry: Value = serde_json::from_str(&line).unwrap();
        if entry["message"] == "ready" {
            break format!("http://127.0.0.1:{}", entry["port"]);
        }
    };
    let ask = async |path: &str| reqwest::get(format!("{address}{path}")).await.unwrap();
    assert_eq!(ask("/readyz").await.status(), 200);
    let pushed = reqwest::Client::new().post(&address).body(PUBSUB).send();
    assert_eq!(
        pushed.await.unwrap().status(),
        404,
        "nothing is pushed to it"
    );
    until("the sink has it", || {
        sink.most_at_once.load(Ordering::SeqCst) == 1
    })
    .await;
    let figures = ask("/metrics").await.text().await.unwrap();
    assert!(figures.contains("reeldrop_in_flight 1"), "{figures}");
    let pid = program.id().unwrap().to_string();
    Command::new("kill").arg(pid).status().await.unwrap();
    sleep(Duration::from_millis(200)).await;
    sink.permits.add_permits(1);
    assert_eq!(sink.takes().await, "io.reeldrop.upload.finalized.v1");
    let end = timeout(LIMIT, program.wait()).await.unwrap().unwrap();
    assert!(end.success(), "{end}");
    assert!(
        pubsub.waiting().is_empty(),
        "it was acknowledged before the end"
    );
}
