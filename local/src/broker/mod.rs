//! A durable broker with Knative's semantics: filters, retries, back-off, time limits, dead letters.
//!
//! An event is on the disk for everyone who is to get it before its sender hears 202; its answer
//! enters in the same transaction that marks it as handled. So a kill at any moment loses nothing.

mod attempt;
mod clock;
mod event;
mod ingress;
mod lane;
mod queue;
mod route;
mod subscribers;
mod writer;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::mpsc, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

pub use event::{EnvelopeError, Event};
pub use ingress::serve;
pub use subscribers::{FixedAddresses, Lease, Subscribers};

use crate::manifests::Topology;
use lane::Shared;
use queue::{Addressed, Change, Queue};
use route::Route;
use writer::Writer;

/// How many requests a Service without a limit gets at a time.
const UNLIMITED: usize = 100;

/// Why the broker cannot do what it should.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The file is damaged, locked or cannot be written.
    #[error("broker file: {0}")]
    Database(#[from] redb::Error),
    /// No thread can be started.
    #[error("broker: {0}")]
    Io(#[from] std::io::Error),
    /// The HTTP client cannot be made.
    #[error("broker: {0}")]
    Client(#[from] reqwest::Error),
    /// The event could not be written; the sender tries again.
    #[error("the event could not be written to disk")]
    NotWritten,
    /// The broker takes no more events.
    #[error("the broker has stopped")]
    Stopped,
}

macro_rules! from_redb {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for BrokerError {
            fn from(error: redb::$error) -> Self {
                Self::Database(error.into())
            }
        }
    )*};
}
from_redb!(
    DatabaseError,
    TransactionError,
    TableError,
    StorageError,
    CommitError
);

/// The broker of one machine.
pub struct Broker {
    topology: Arc<Topology>,
    routes: Arc<Vec<Route>>,
    writer: Mutex<Option<Writer>>,
    lanes: tokio::sync::Mutex<JoinSet<()>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    stop: CancellationToken,
}

impl Broker {
    /// Opens the file, or makes it, and goes on where the last one stopped.
    ///
    /// Must be called in a Tokio runtime.
    ///
    /// # Errors
    /// [`BrokerError`] where the file cannot be opened.
    pub fn open(
        path: &Path,
        topology: Arc<Topology>,
        subscribers: Arc<dyn Subscribers>,
    ) -> Result<Self, BrokerError> {
        let routes = Arc::new(Route::all(&topology));
        let names = routes.iter().map(|route| route.name.clone()).collect();
        let (queue, ledger, owed) = Queue::open(path, names)?;
        let queue = Arc::new(queue);
        let (senders, receivers) = channels(&routes);
        for one in owed {
            // The receivers are alive until the end of this function.
            let _ = senders[one.route].send(one);
        }
        let dispatch = move |one: queue::Owed| {
            let _ = senders[one.route].send(one);
        };
        let (writer, thread) = Writer::start(queue.clone(), ledger, dispatch)?;
        let shared = Arc::new(Shared {
            queue,
            writer: writer.clone(),
            routes: routes.clone(),
            subscribers,
            client: client()?,
            topology: topology.clone(),
        });
        let stop = CancellationToken::new();
        let mut lanes = JoinSet::new();
        for (service, receiver) in receivers {
            let instances = shared.subscribers.instances(&service);
            let limit = topology
                .services
                .get(&service)
                .and_then(|service| service.concurrency())
                .map_or(UNLIMITED, |each| each.saturating_mul(instances));
            lanes.spawn(lane::run(shared.clone(), limit, receiver, stop.clone()));
        }
        let writer = Mutex::new(Some(writer));
        let thread = Mutex::new(Some(thread));
        Ok(Self {
            topology,
            routes,
            writer,
            lanes: lanes.into(),
            thread,
            stop,
        })
    }

    /// Takes an event: it is on the disk for everyone who is to get it when this returns.
    ///
    /// # Errors
    /// [`BrokerError::NotWritten`] or [`BrokerError::Stopped`]: the sender has to try again.
    pub async fn publish(&self, event: Event) -> Result<(), BrokerError> {
        let routes = Route::taken(&self.routes, &self.topology, &event);
        if routes.is_empty() {
            return Ok(());
        }
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let event = Addressed {
            event: Arc::new(event),
            routes,
        };
        writer
            .ok_or(BrokerError::Stopped)?
            .accept(Change::Accept(vec![event]))
            .await
    }

    /// Starts no more attempts, waits at most `grace` for those under way, and closes the file.
    /// What is still under way then is attempted again next time.
    pub async fn stop(&self, grace: Duration) {
        self.stop.cancel();
        let mut lanes = self.lanes.lock().await;
        if timeout(grace, async { while lanes.join_next().await.is_some() {} })
            .await
            .is_err()
        {
            lanes.shutdown().await;
        }
        drop(
            self.writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // The thread ends when the last attempt has let go of its writer.
            drop(tokio::task::spawn_blocking(move || thread.join()).await);
        }
    }
}

/// A client for functions on this machine, which takes a redirection for the failure that it is.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

type Senders = Vec<mpsc::UnboundedSender<queue::Owed>>;
type Receivers = Vec<(String, mpsc::UnboundedReceiver<queue::Owed>)>;

/// One channel per Service; each route's sender is that of its subscriber.
fn channels(routes: &[Route]) -> (Senders, Receivers) {
    let mut by_service = BTreeMap::new();
    let mut receivers = Vec::new();
    for name in routes
        .iter()
        .map(|route| &route.subscriber)
        .collect::<BTreeSet<_>>()
    {
        let (sender, receiver) = mpsc::unbounded_channel();
        by_service.insert(name, sender);
        receivers.push((name.clone(), receiver));
    }
    let senders = routes
        .iter()
        .map(|route| by_service[&route.subscriber].clone())
        .collect();
    (senders, receivers)
}
