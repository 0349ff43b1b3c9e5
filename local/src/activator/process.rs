//! One process of a Service.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Child,
    sync::watch,
    time::{sleep, timeout},
};

use super::{ActivateError, Launch, Spawner, guarded};

/// How long a process may take to get ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long to wait before asking again whether it is ready.
const READY_EVERY: Duration = Duration::from_millis(2);
/// The size at which a log is put aside when its Service starts, bytes.
const LOG_LIMIT: u64 = 10 << 20;
/// What the runner's own environment would wrongly tell functions.
const NOT_INHERITED: [&str; 3] = ["AWS_", "K_", "REELDROP_"];

/// Where the lines that processes print go.
#[derive(Clone, Debug)]
pub struct Logs {
    /// The folder with a file for each.
    pub folder: PathBuf,
    /// Whether they are shown on the terminal too.
    pub show: bool,
}

impl Logs {
    /// The file of one process.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// Copies what the child prints until it ends.
    pub(crate) fn follow(&self, name: &str, child: &mut Child) -> io::Result<()> {
        let path = self.path(name);
        if fs::metadata(&path).is_ok_and(|file| file.len() > LOG_LIMIT) {
            fs::rename(&path, path.with_extension("log.old"))?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        if let Some(stdout) = child.stdout.take() {
            self.copy(name, stdout, file.try_clone()?);
        }
        if let Some(stderr) = child.stderr.take() {
            self.copy(name, stderr, file);
        }
        Ok(())
    }

    fn copy(&self, name: &str, from: impl AsyncRead + Unpin + Send + 'static, mut to: fs::File) {
        let shown = self.show.then(|| name.to_owned());
        tokio::spawn(async move {
            let mut lines = BufReader::new(from).split(b'\n');
            while let Ok(Some(mut line)) = lines.next_segment().await {
                if let Some(name) = &shown {
                    eprintln!("{name}: {}", String::from_utf8_lossy(&line));
                }
                line.push(b'\n');
                // A full disk must not stop what the log is about.
                drop(to.write_all(&line));
            }
        });
    }
}

/// A process that has been ready once.
pub(crate) struct Process {
    name: String,
    port: u16,
    pid: Pid,
    ended: watch::Receiver<bool>,
    stopping: Arc<AtomicBool>,
    in_flight: AtomicUsize,
    last_used: Mutex<Instant>,
}

impl Process {
    /// Starts the program and waits until it is ready.
    pub(crate) async fn start(
        launch: &Launch,
        spawner: &Spawner,
        client: &reqwest::Client,
        logs: &Logs,
    ) -> Result<Arc<Self>, ActivateError> {
        let failed = |source| ActivateError::Spawn {
            name: launch.name.clone(),
            source,
        };
        let port = launch.port.map_or_else(free_port, Ok).map_err(failed)?;
        let mut command = guarded(&launch.program, "KILL", launch.nice, None);
        for (name, _) in std::env::vars_os() {
            if NOT_INHERITED
                .iter()
                .any(|start| name.to_string_lossy().starts_with(start))
            {
                command.env_remove(name);
            }
        }
        command
            .envs(launch.env.iter().map(|(name, value)| (name, value)))
            .env("PORT", port.to_string())
            .env("K_SERVICE", &launch.name)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = spawner.spawn(command).await.map_err(failed)?;
        logs.follow(&launch.name, &mut child).map_err(failed)?;
        let process = Self::watch(launch, port, child).map_err(failed)?;
        match timeout(READY_WITHIN, process.ready(client)).await {
            Ok(true) => Ok(process),
            Ok(false) => Err(ActivateError::Ended {
                name: launch.name.clone(),
                log: logs.path(&launch.name).display().to_string(),
            }),
            Err(_) => {
                process.stop(Duration::ZERO).await;
                Err(ActivateError::NotReady {
                    name: launch.name.clone(),
                    seconds: READY_WITHIN.as_secs(),
                    log: logs.path(&launch.name).display().to_string(),
                })
            }
        }
    }

    fn watch(launch: &Launch, port: u16, mut child: Child) -> io::Result<Arc<Self>> {
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let pid = pid.ok_or_else(|| io::Error::other("it ended at once"))?;
        let (has_ended, ended) = watch::channel(false);
        let stopping = Arc::new(AtomicBool::new(false));
        let (name, expected) = (launch.name.clone(), stopping.clone());
        tokio::spawn(async move {
            let status = child.wait().await;
            if !expected.load(Ordering::SeqCst) {
                let status =
                    status.map_or_else(|error| error.to_string(), |status| status.to_string());
                tracing::warn!(service = name, status, "ended by itself");
            }
            has_ended.send_replace(true);
        });
        Ok(Arc::new(Self {
            name: launch.name.clone(),
            port,
            pid,
            ended,
            stopping,
            in_flight: AtomicUsize::new(0),
            last_used: Mutex::new(Instant::now()),
        }))
    }

    /// Asks until it is ready; false when it ended instead.
    async fn ready(&self, client: &reqwest::Client) -> bool {
        let url = format!("{}readyz", self.url());
        while !self.has_ended() {
            let answer = client.get(&url).send().await;
            // Between choosing the port and opening it, another process may have taken it.
            if answer.is_ok_and(|answer| answer.status().is_success() && self.is_from(&answer)) {
                return true;
            }
            sleep(READY_EVERY).await;
        }
        false
    }

    fn is_from(&self, answer: &reqwest::Response) -> bool {
        let id = answer.headers().get("reeldrop-process-id");
        id.is_some_and(|id| id.as_bytes() == self.pid().to_string().as_bytes())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().cast_unsigned()
    }

    pub(crate) fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Whether nothing has been under way for that long.
    pub(crate) fn is_idle(&self, idle: Duration) -> bool {
        let last_used = self
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.in_flight() == 0 && last_used.elapsed() >= idle
    }

    /// Requests under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    /// Counts a request as under way until the hold is dropped.
    pub(crate) fn hold(self: &Arc<Self>) -> Hold {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        Hold(self.clone())
    }

    /// SIGTERM, and SIGKILL when it has not ended `grace` later.
    pub(crate) async fn stop(&self, grace: Duration) {
        self.stopping.store(true, Ordering::SeqCst);
        let mut ended = self.ended.clone();
        for (signal, wait) in [
            (Signal::TERM, grace),
            (Signal::KILL, Duration::from_secs(5)),
        ] {
            if self.has_ended() {
                return;
            }
            // It may end between the question and the signal; until it is waited for, its id is its own.
            let _ = kill_process(self.pid, signal);
            if timeout(wait, ended.wait_for(|ended| *ended)).await.is_ok() {
                return;
            }
        }
        tracing::warn!(service = self.name, "does not end");
    }
}

/// A request under way.
pub(crate) struct Hold(Arc<Process>);

impl Hold {
    pub(crate) fn url(&self) -> String {
        self.0.url()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        *self
            .0
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
