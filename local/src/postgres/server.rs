//! The server process: started again when it dies.

use std::{fs, path::Path, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::{
    process::Child,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Cluster, PostgresError};
use crate::activator::{Logs, Spawner, guarded};

/// How long the server may take to get ready: after a kill it reads its log first.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a server from before gets to end.
const LEFTOVER_WITHIN: Duration = Duration::from_secs(20);
/// How long the server gets to stop.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// Small and safe: what the bundle needs on one machine. Each process of a function may hold 16
/// connections, and there are as many processes as the machine carries.
const SETTINGS: &[(&str, &str)] = &[
    ("listen_addresses", ""),
    ("shared_buffers", "16MB"),
    ("max_connections", "1000"),
    ("wal_level", "minimal"),
    ("max_wal_senders", "0"),
    ("max_wal_size", "256MB"),
    ("jit", "off"),
    ("fsync", "on"),
    ("logging_collector", "off"),
];

/// A running server, and the task that keeps it running.
pub struct Server {
    stop: CancellationToken,
    keeper: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Starts the server and waits until it takes connections.
    ///
    /// # Errors
    /// [`PostgresError`] where it does not get ready.
    pub(crate) async fn start(
        cluster: Cluster,
        spawner: Spawner,
        logs: Logs,
    ) -> Result<Self, PostgresError> {
        let child = launch(&cluster, &spawner, &logs).await?;
        let stop = CancellationToken::new();
        let keeper = tokio::spawn(keep(cluster, spawner, logs, child, stop.clone()));
        Ok(Self { stop, keeper })
    }

    /// Ends connections and stops the server with everything on the disk.
    pub async fn stop(self) {
        self.stop.cancel();
        // The keeper only ends by returning.
        drop(self.keeper.await);
    }
}

async fn keep(
    cluster: Cluster,
    spawner: Spawner,
    logs: Logs,
    mut child: Child,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return shut_down(&mut child).await,
            status = child.wait() => {
                tracing::warn!(?status, "PostgreSQL ended; starting it again");
            }
        }
        let again = stop.run_until_cancelled(relaunch(&cluster, &spawner, &logs));
        match again.await {
            Some(started) => child = started,
            None => return,
        }
    }
}

async fn relaunch(cluster: &Cluster, spawner: &Spawner, logs: &Logs) -> Child {
    loop {
        match launch(cluster, spawner, logs).await {
            Ok(child) => return child,
            Err(error) => tracing::error!("{error}"),
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// "Fast" shutdown first, "immediate" when that takes too long (postgres(1)).
async fn shut_down(child: &mut Child) {
    for signal in [Signal::INT, Signal::QUIT] {
        if let Some(pid) = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            let _ = kill_process(pid, signal);
        }
        if timeout(STOP_WITHIN, child.wait()).await.is_ok() {
            return;
        }
    }
    drop(child.kill().await);
}

/// Starts the server; again where what a killed one left behind (processes, shared memory) is only
/// just going away.
async fn launch(cluster: &Cluster, spawner: &Spawner, logs: &Logs) -> Result<Child, PostgresError> {
    clear_leftover(&cluster.data).await?;
    let deadline = Instant::now() + READY_WITHIN;
    loop {
        let user = cluster.user.as_ref().map(|user| user.name);
        let mut command = guarded(&cluster.programs.join("postgres"), "INT", None, user);
        command
            .arg("-D")
            .arg(&cluster.data)
            .arg("-k")
            .arg(&cluster.sockets);
        for (name, value) in SETTINGS {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command
            .current_dir("/")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawner.spawn(command).await?;
        logs.follow("postgres", &mut child)?;
        while Instant::now() < deadline {
            if child.try_wait()?.is_some() {
                break;
            }
            if is_ready(&cluster.data, child.id()) {
                return Ok(child);
            }
            sleep(Duration::from_millis(10)).await;
        }
        if Instant::now() >= deadline {
            return Err(PostgresError::NotReady(READY_WITHIN.as_secs()));
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// The server writes its state into the eighth line of its lock file, as `pg_ctl` reads it.
fn is_ready(data: &Path, pid: Option<u32>) -> bool {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let owner = lines.first().and_then(|pid| pid.parse().ok());
    owner == pid && lines.get(7) == Some(&"ready")
}

/// Ends a server that a killed runner left behind; removes a lock file whose process id belongs to
/// somebody else by now.
async fn clear_leftover(data: &Path) -> Result<(), PostgresError> {
    let lock = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&lock) else {
        return Ok(());
    };
    let number = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse::<i32>().ok());
    let Some(pid) = number.and_then(Pid::from_raw) else {
        return Ok(());
    };
    let lives = || test_kill_process(pid).is_ok() && serves(pid, data);
    for signal in [Signal::INT, Signal::QUIT] {
        let deadline = Instant::now() + LEFTOVER_WITHIN;
        if lives() {
            let _ = kill_process(pid, signal);
        }
        while lives() && Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
        }
    }
    if lives() {
        return Err(PostgresError::Occupied(pid.as_raw_nonzero().get()));
    }
    match fs::remove_file(lock) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether the process is a server on this folder: a server works in its data folder.
fn serves(pid: Pid, data: &Path) -> bool {
    let folder = fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
    folder.is_ok_and(|folder| folder == data)
}
