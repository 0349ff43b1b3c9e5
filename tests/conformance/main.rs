//! What Reeldrop expects of a broker, as one table (`cases`), against the local broker or a real one.
//!
//! `make conformance` runs it on the local broker. `make conformance BROKER=http://… LISTEN=host:port`
//! runs it on a Knative broker that has the Triggers of `triggers.yaml`, with the subscriber here.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod cases;
mod local;
mod subscriber;

use std::{
    env,
    net::SocketAddr,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use cases::{Answer, CASES, Case, DeadLetter, FILTERED, POSTED};
use futures::future::join_all;
use reeldrop::broker::Event;
use subscriber::Subscriber;
use tempfile::TempDir;
use tokio::time::sleep;

/// How long to wait for what must come.
const LIMIT: Duration = Duration::from_secs(30);
/// How long to wait for what must not come.
const QUIET: Duration = Duration::from_millis(1_500);
/// Characters of base64 that a dead letter carries of a failure's body.
const ERROR_DATA: usize = 1_024;

/// A broker, and the subscriber of its Triggers.
struct Suite {
    broker: String,
    subscriber: Subscriber,
    client: reqwest::Client,
    run: u128,
    /// How much later than it should an attempt may come.
    slack_ms: u64,
    _folder: TempDir,
}

impl Suite {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let real = env::var("REELDROP_CONFORMANCE_BROKER")
            .ok()
            .filter(|url| !url.is_empty());
        let listen = env::var("REELDROP_CONFORMANCE_LISTEN")
            .ok()
            .filter(|_| real.is_some());
        let listen = listen.unwrap_or_else(|| "127.0.0.1:0".to_owned());
        let address: SocketAddr = listen
            .parse()
            .unwrap_or_else(|error| panic!("LISTEN={listen}: {error}"));
        let subscriber = Subscriber::start(address).await;
        let slack_ms = if real.is_some() { 1_000 } else { 180 };
        let broker = match real {
            Some(url) => url,
            None => local::start(folder.path(), subscriber.address).await,
        };
        Self {
            broker,
            subscriber,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            run: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_millis(),
            slack_ms,
            _folder: folder,
        }
    }

    fn id(&self, name: &str) -> String {
        format!("{}-{}", self.run, name.replace(' ', "-"))
    }

    async fn publish(&self, event: &Event) -> u16 {
        let request = self.client.post(&self.broker).headers(event.headers());
        let answer = request.body(event.data.clone()).send().await.unwrap();
        answer.status().as_u16()
    }

    async fn wait_for(&self, path: &str, id: &str, count: usize, name: &str) {
        let end = Instant::now() + LIMIT;
        while self.subscriber.seen(path, id).len() < count {
            let came = self.subscriber.seen(path, id).len();
            assert!(
                Instant::now() < end,
                "{name}: {came} of {count} came to {path}"
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Publishes a case's event and holds what comes against the case.
    async fn run(&self, case: &Case) {
        let id = self.id(case.name);
        self.subscriber.answer(&id, case.answers);
        let ty = format!("conformance.{}", case.trigger);
        let event = Event::new(&ty, "/conformance", &id).with_data("application/json", "{\"a\":1}");
        assert_eq!(self.publish(&event).await, 202, "{}", case.name);
        self.wait_for(case.trigger, &id, case.attempts, case.name)
            .await;
        let letters = usize::from(case.dead_letter != DeadLetter::None);
        self.wait_for("dead-letter", &id, letters, case.name).await;
        self.wait_for("replied", &format!("{id}-reply"), case.replies, case.name)
            .await;
        sleep(QUIET).await;
        self.check(case, &id, &event);
    }

    fn check(&self, case: &Case, id: &str, event: &Event) {
        let name = case.name;
        let seen = self.subscriber.seen(case.trigger, id);
        assert_eq!(seen.len(), case.attempts, "{name}: attempts");
        for one in &seen {
            assert_eq!(one.event.data, event.data, "{name}: data");
            assert_eq!(
                one.event.attribute("type"),
                event.attribute("type"),
                "{name}: type"
            );
        }
        let waits = seen
            .windows(2)
            .map(|two| (two[1].at - two[0].at).as_millis());
        for (wait, least) in waits.zip(case.waits_ms) {
            let most = u128::from(least + self.slack_ms);
            assert!(
                wait + 10 >= u128::from(*least) && wait <= most,
                "{name}: waited {wait} ms for {least}"
            );
        }
        let replies = self.subscriber.seen("replied", &format!("{id}-reply"));
        assert_eq!(replies.len(), case.replies, "{name}: replies");
        self.check_letters(case, id);
    }

    fn check_letters(&self, case: &Case, id: &str) {
        let letters = self.subscriber.seen("dead-letter", id);
        let name = case.name;
        let Some(letter) = letters.first() else {
            assert_eq!(case.dead_letter, DeadLetter::None, "{name}: no dead letter");
            return;
        };
        assert_eq!(letters.len(), 1, "{name}: dead letters");
        let attribute = |name: &str| letter.event.attribute(name).unwrap_or_default();
        let code: u16 = attribute("knativeerrorcode").parse().unwrap_or_default();
        match case.dead_letter {
            DeadLetter::None => panic!("{name}: a dead letter with code {code}"),
            DeadLetter::Code(expected) => assert_eq!(code, expected, "{name}: knativeerrorcode"),
            DeadLetter::NoAnswer => assert!((500..600).contains(&code), "{name}: code {code}"),
        }
        assert!(
            attribute("knativeerrordest").starts_with("http://"),
            "{name}: knativeerrordest {:?}",
            attribute("knativeerrordest")
        );
        if let Some(Answer::Text(of, text)) = case.answers.last()
            && *of >= 300
        {
            let data = attribute("knativeerrordata");
            assert!(
                data.len() <= ERROR_DATA,
                "{name}: {} characters",
                data.len()
            );
            let said = BASE64_STANDARD.decode(data).unwrap();
            let kept = text.len().min(ERROR_DATA / 4 * 3);
            assert_eq!(said, text.as_bytes()[..kept], "{name}: knativeerrordata");
        }
    }

    async fn filters(&self) {
        let publish = async |index: usize| {
            let (ty, colour, expected) = FILTERED[index];
            let id = self.id(&format!("filter-{index}"));
            let mut event = Event::new(ty, "/conformance", &id).with_data("application/json", "{}");
            if let Some(colour) = colour {
                event = event.with("colour", colour);
            }
            assert_eq!(self.publish(&event).await, 202);
            for path in expected {
                self.wait_for(path, &id, 1, ty).await;
            }
            sleep(QUIET).await;
            let mut paths = self.subscriber.paths(&id);
            paths.sort();
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(paths, expected, "{ty} with colour {colour:?}");
        };
        join_all((0..FILTERED.len()).map(publish)).await;
    }

    async fn posted(&self) {
        for (headers, body, expected) in POSTED {
            let mut request = self.client.post(&self.broker).body(*body);
            for (name, value) in *headers {
                request = request.header(*name, *value);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), *expected, "{headers:?} {body}");
        }
    }

    /// A broker does not remember: what is sent twice is delivered twice, and a function must bear it.
    async fn duplicates(&self) {
        let id = self.id("duplicate");
        let event = Event::new("conformance.patient", "/conformance", &id);
        for _ in 0..2 {
            assert_eq!(self.publish(&event).await, 202);
        }
        self.wait_for("patient", &id, 2, "duplicate").await;
    }

    /// A subscriber that is told to stop while it handles an event finishes it: it does not come
    /// again. What comes while nobody listens waits for the next one.
    async fn termination(&mut self) {
        let (under_way, next) = (self.id("under-way"), self.id("next"));
        self.subscriber
            .takes(&under_way, Duration::from_millis(700));
        let event = |id: &str| Event::new("conformance.patient", "/conformance", id);
        assert_eq!(self.publish(&event(&under_way)).await, 202);
        self.wait_for("patient", &under_way, 1, "termination").await;
        self.subscriber.terminate().await;
        assert_eq!(self.publish(&event(&next)).await, 202);
        sleep(Duration::from_millis(500)).await;
        self.subscriber.restart().await;
        self.wait_for("patient", &next, 1, "termination").await;
        sleep(QUIET).await;
        assert_eq!(self.subscriber.seen("patient", &under_way).len(), 1);
        for id in [&under_way, &next] {
            assert!(self.subscriber.seen("dead-letter", id).is_empty(), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_broker_behaves_as_reeldrop_expects() {
    let mut suite = Suite::start().await;
    suite.posted().await;
    let (timed, others): (Vec<&Case>, Vec<&Case>) =
        CASES.iter().partition(|case| !case.waits_ms.is_empty());
    // On an idle broker, so that the times tell of the back-off alone.
    for case in timed {
        suite.run(case).await;
    }
    join_all(others.into_iter().map(|case| suite.run(case))).await;
    suite.filters().await;
    suite.duplicates().await;
    suite.termination().await;
}
