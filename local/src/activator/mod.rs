//! Knative Services as processes: started by their first request, stopped when idle.

mod environment;
mod process;
mod spawner;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::{sync::Mutex, task::JoinSet, time::sleep};

pub use environment::{MissingValue, Values, environment};
pub use process::Logs;
pub(crate) use spawner::{Spawner, guarded};

use crate::broker::{Lease, Subscribers};
use process::{Hold, Process};

/// How often idle and ended processes are looked for.
const TEND_EVERY: Duration = Duration::from_millis(250);

/// Why a Service has no running process.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// No manifest names it.
    #[error("there is no Service {0}")]
    Unknown(String),
    /// The program cannot be run.
    #[error("{name} cannot be started: {source}")]
    Spawn {
        /// Name of the Service.
        name: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The process ended before it was ready.
    #[error("{name} ended before it was ready; see {log}")]
    Ended {
        /// Name of the Service.
        name: String,
        /// Its log.
        log: String,
    },
    /// The process lives, but does not get ready.
    #[error("{name} was not ready within {seconds} s; see {log}")]
    NotReady {
        /// Name of the Service.
        name: String,
        /// How long it was given.
        seconds: u64,
        /// Its log.
        log: String,
    },
    /// The runner is stopping.
    #[error("the runner is stopping")]
    Stopping,
    /// Threads cannot be had.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] reqwest::Error),
}

/// How to run one Service.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Name of the Service.
    pub name: String,
    /// Its program.
    pub program: PathBuf,
    /// Its environment, beside what all programs inherit.
    pub env: Vec<(String, String)>,
    /// The port that it must have; a free one where it does not matter.
    pub port: Option<u16>,
    /// The niceness that it runs at.
    pub nice: Option<i32>,
    /// How long a process stays without work; `None`: one stays always.
    pub idle: Option<Duration>,
    /// How many requests one process takes at a time; `None` is no limit.
    pub concurrency: Option<usize>,
    /// How many processes there may be at a time; another is started when all are full.
    pub instances: usize,
}

/// Starts and stops processes as they are needed.
pub struct Activator {
    slots: BTreeMap<String, Slot>,
    spawner: Spawner,
    client: reqwest::Client,
    logs: Logs,
    grace: Duration,
}

struct Slot {
    launch: Launch,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    processes: Vec<Arc<Process>>,
    /// The runner is going down: nothing starts any more.
    closed: bool,
}

impl State {
    /// The process with most room, where it has room or there may be no other.
    fn with_room(&self, launch: &Launch) -> Option<&Arc<Process>> {
        let freest = self
            .processes
            .iter()
            .min_by_key(|process| process.in_flight())?;
        let has_room = launch
            .concurrency
            .is_none_or(|limit| freest.in_flight() < limit);
        (has_room || self.processes.len() >= launch.instances).then_some(freest)
    }
}

impl Activator {
    /// Prepares Services; none is started yet. A process that is told to stop gets `grace` for it.
    ///
    /// Must be called in a Tokio runtime.
    ///
    /// # Errors
    /// Where threads or the HTTP client cannot be had.
    pub fn new(launches: Vec<Launch>, logs: Logs, grace: Duration) -> Result<Self, ActivateError> {
        let slot = |launch: Launch| {
            (
                launch.name.clone(),
                Slot {
                    launch,
                    state: Mutex::default(),
                },
            )
        };
        Ok(Self {
            slots: launches.into_iter().map(slot).collect(),
            spawner: Spawner::start()?,
            client: reqwest::Client::builder().no_proxy().build()?,
            logs,
            grace,
        })
    }

    /// Keeps the processes that are always on running, and stops idle ones, for ever.
    pub async fn tend(&self) {
        loop {
            for slot in self.slots.values() {
                self.tend_one(slot).await;
            }
            sleep(TEND_EVERY).await;
        }
    }

    /// Starts a Service if it is not running; for those that must be there before anything asks.
    ///
    /// # Errors
    /// [`ActivateError`] where it does not get ready.
    pub async fn start(&self, service: &str) -> Result<(), ActivateError> {
        self.hold(service).await.map(drop)
    }

    /// Stops all processes, and starts none any more.
    pub async fn stop(&self) {
        let mut stopping = JoinSet::new();
        for slot in self.slots.values() {
            let mut state = slot.state.lock().await;
            state.closed = true;
            for process in state.processes.drain(..) {
                let grace = self.grace;
                stopping.spawn(async move { process.stop(grace).await });
            }
        }
        stopping.join_all().await;
    }

    /// Process ids by Service, of those that run.
    pub async fn running(&self) -> BTreeMap<String, Vec<u32>> {
        let mut running: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for (name, slot) in &self.slots {
            for process in &slot.state.lock().await.processes {
                if !process.has_ended() {
                    running.entry(name.clone()).or_default().push(process.pid());
                }
            }
        }
        running
    }

    async fn tend_one(&self, slot: &Slot) {
        // Whoever holds the state is starting a process: there is nothing to tend.
        let Ok(mut state) = slot.state.try_lock() else {
            return;
        };
        state.processes.retain(|process| !process.has_ended());
        match slot.launch.idle {
            Some(idle) => {
                for process in state.processes.extract_if(.., |p| p.is_idle(idle)) {
                    let grace = self.grace;
                    tokio::spawn(async move { process.stop(grace).await });
                }
            }
            None if state.processes.is_empty() && !state.closed => {
                drop(state);
                self.start_or_log(slot).await;
            }
            None => {}
        }
    }

    async fn start_or_log(&self, slot: &Slot) {
        if let Err(error) = self.start(&slot.launch.name).await {
            tracing::error!("{error}");
        }
    }

    async fn hold(&self, service: &str) -> Result<Hold, ActivateError> {
        let unknown = || ActivateError::Unknown(service.to_owned());
        let slot = self.slots.get(service).ok_or_else(unknown)?;
        let mut state = slot.state.lock().await;
        if state.closed {
            return Err(ActivateError::Stopping);
        }
        state.processes.retain(|process| !process.has_ended());
        if let Some(process) = state.with_room(&slot.launch) {
            return Ok(process.hold());
        }
        let started = Instant::now();
        let process = Process::start(&slot.launch, &self.spawner, &self.client, &self.logs).await?;
        let ms = started.elapsed().as_millis();
        tracing::debug!(service, ms, "started");
        let hold = process.hold();
        state.processes.push(process);
        Ok(hold)
    }
}

#[async_trait]
impl Subscribers for Activator {
    async fn lease(&self, service: &str) -> Result<Lease, String> {
        let hold = self
            .hold(service)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Lease::new(hold.url(), hold))
    }

    fn instances(&self, service: &str) -> usize {
        self.slots
            .get(service)
            .map_or(1, |slot| slot.launch.instances)
    }
}
