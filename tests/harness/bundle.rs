//! `reeldrop up` and its command line, as a person would use them.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tempfile::TempDir;

/// How long starting may take: a private database is made the first time.
const START: Duration = Duration::from_secs(60);

/// A running bundle; ended when dropped.
pub struct Bundle {
    data: TempDir,
    manifests: Option<PathBuf>,
    environment: Vec<(String, String)>,
    port: u16,
    child: Option<Child>,
}

/// What `reeldrop add --json` says of one file.
#[derive(Clone, Debug, Deserialize)]
pub struct Added {
    /// The file as named on the command line.
    pub file: String,
    /// Id of the title.
    pub asset: Option<String>,
    /// Final state.
    pub state: String,
    /// Why it was rejected or failed.
    pub reason: Option<String>,
    /// Length of the title in milliseconds.
    pub duration_ms: Option<u64>,
    /// Address of the HLS playlist.
    pub hls: Option<String>,
    /// Address of the DASH manifest.
    pub dash: Option<String>,
    /// Address of the watch page.
    pub watch: Option<String>,
    /// From adding to the first moment at which it plays, milliseconds.
    pub first_playable_ms: Option<u64>,
    /// From adding to ready, milliseconds.
    pub ready_ms: Option<u64>,
}

/// What `reeldrop list --json` and `show --json` say of a title.
#[derive(Clone, Debug, Deserialize)]
pub struct Listed {
    /// Id of the title.
    pub asset: String,
    /// The file's name.
    pub file: String,
    /// Its state.
    pub state: String,
    /// Why it was rejected or failed.
    pub reason: Option<String>,
}

/// The built program of that name, beside the test's own.
fn program(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.ancestors().find(|folder| folder.join(name).is_file());
    let folder =
        folder.with_context(|| format!("{name} is not built: cargo build --workspace --bins"))?;
    Ok(folder.join(name))
}

/// Two free ports in a row: the portal's, and the S3 endpoint's beside it.
///
/// Below those that the kernel gives to outgoing connections (32768 and up on Linux): one of these may take
/// a port while what listens on it starts again, and who connects to such a port may get itself.
fn free_ports() -> Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    for _ in 0..1_000 {
        // Tests of other processes begin elsewhere.
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let pair = std::process::id().wrapping_mul(31).wrapping_add(next) % 11_000;
        let port = u16::try_from(10_000 + 2 * pair)?;
        if is_free(port) && is_free(port + 1) {
            return Ok(port);
        }
    }
    bail!("no two free ports in a row")
}

impl Bundle {
    /// Starts the bundle on an empty folder and waits until its page answers.
    ///
    /// # Errors
    /// Where a program is missing or it does not start in time.
    pub fn start() -> Result<Self> {
        Self::start_with(None)
    }

    /// As [`Bundle::start`], with settings of its own.
    ///
    /// # Errors
    /// As [`Bundle::start`].
    pub fn start_with_env(env: &[(&str, &str)]) -> Result<Self> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::start_in(None, env.iter().map(owned).collect())
    }

    /// As [`Bundle::start`], with the topology in a folder of one's own.
    ///
    /// # Errors
    /// As [`Bundle::start`].
    pub fn start_with(manifests: Option<PathBuf>) -> Result<Self> {
        Self::start_in(manifests, Vec::new())
    }

    /// As [`Bundle::start`], with further variables in the environment of all its programs.
    ///
    /// # Errors
    /// As [`Bundle::start`].
    pub fn start_in(
        manifests: Option<PathBuf>,
        environment: Vec<(String, String)>,
    ) -> Result<Self> {
        let data = tempfile::tempdir()?;
        // The database server runs as another user, who must be able to reach its own folder.
        fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755))?;
        let mut bundle = Self {
            data,
            manifests,
            environment,
            port: free_ports()?,
            child: None,
        };
        bundle.restart()?;
        Ok(bundle)
    }

    /// Starts it (again) on the same folder.
    ///
    /// # Errors
    /// Where it does not start in time.
    pub fn restart(&mut self) -> Result<()> {
        let times = self.times_ready();
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.data.path().join("up.log"))?;
        let child = Command::new(program("reeldrop")?)
            .arg("up")
            .arg("--data")
            .arg(self.data.path())
            .args(["--port", &self.port.to_string()])
            .args(self.manifests.iter().flat_map(|folder| {
                let option: [&std::ffi::OsStr; 2] = ["--manifests".as_ref(), folder.as_ref()];
                option
            }))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.child = Some(child);
        self.wait_until_ready(times)
    }

    /// Asking the page is no use: a page of before that is being killed may still answer.
    fn wait_until_ready(&mut self, times: usize) -> Result<()> {
        let end = Instant::now() + START;
        while Instant::now() < end {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                bail!("reeldrop up ended with {status}:\n{}", self.log());
            }
            if self.times_ready() > times {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("reeldrop up was not ready in {START:?}:\n{}", self.log())
    }

    fn times_ready(&self) -> usize {
        self.log().matches("Reeldrop is ready: ").count()
    }

    /// What it has printed.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.data.path().join("up.log")).unwrap_or_default()
    }

    /// Its folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Process id of the runner, 0 when it does not run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Runs a client command against it.
    ///
    /// # Errors
    /// Where the program cannot be started.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.run_with_env(&[], arguments)
    }

    /// As [`Bundle::run`], with further variables in its environment.
    ///
    /// # Errors
    /// As [`Bundle::run`].
    pub fn run_with_env(&self, env: &[(&str, &str)], arguments: &[&str]) -> Result<Output> {
        Command::new(program("reeldrop")?)
            .args(arguments)
            .env("REELDROP_URL", self.url())
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .output()
            .context("reeldrop does not start")
    }

    /// Adds files and waits for each one's end.
    ///
    /// # Errors
    /// Where the command says nothing that can be read.
    pub fn add(&self, arguments: &[&str]) -> Result<Vec<Added>> {
        let output = self.run(&[&["add", "--json"], arguments].concat())?;
        let lines = String::from_utf8(output.stdout)?;
        let added: Vec<Added> = lines
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?;
        ensure!(
            !added.is_empty(),
            "reeldrop add said nothing: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(added)
    }

    /// The titles.
    ///
    /// # Errors
    /// Where the command says nothing that can be read.
    pub fn list(&self) -> Result<Vec<Listed>> {
        let output = self.run(&["list", "--json"])?;
        String::from_utf8(output.stdout)?
            .lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    }

    /// Drops a file into the uploads folder under `name`, as a person would.
    ///
    /// # Errors
    /// Where it cannot be copied.
    pub fn drop_file(&self, file: &Path, name: &str) -> Result<()> {
        let folder = self.data.path().join("uploads");
        fs::create_dir_all(&folder)?;
        fs::copy(file, folder.join(name))?;
        Ok(())
    }

    /// Waits until the title made of the file of that name is ready, rejected or failed.
    ///
    /// # Errors
    /// Where that does not happen in `limit`.
    pub fn wait_for(&self, name: &str, limit: Duration) -> Result<Listed> {
        let end = Instant::now() + limit;
        let mut last = Vec::new();
        while Instant::now() < end {
            // While the runner is being restarted the list cannot be had.
            last = self.list().unwrap_or(last);
            let found = last.iter().find(|title| title.file == name);
            if let Some(title) = found
                .filter(|title| matches!(title.state.as_str(), "ready" | "rejected" | "failed"))
            {
                return Ok(title.clone());
            }
            thread::sleep(Duration::from_millis(200));
        }
        bail!("{name} did not end in {limit:?}: {last:?}\n{}", self.log())
    }

    /// Kills the runner as the kernel would, without a chance to clean up.
    ///
    /// # Errors
    /// Where it does not run.
    pub fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("not running")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Ends the runner as Ctrl-C does, and says whether it ended well.
    ///
    /// # Errors
    /// Where it does not run or does not end in 30 seconds.
    pub fn stop(&mut self) -> Result<bool> {
        let mut child = self.child.take().context("not running")?;
        signal(child.id(), "INT")?;
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            if let Some(status) = child.try_wait()? {
                return Ok(status.success());
            }
            thread::sleep(Duration::from_millis(20));
        }
        child.kill()?;
        child.wait()?;
        bail!("reeldrop up did not stop in 30 s:\n{}", self.log())
    }
}

/// Sends a signal to a process that this test started.
///
/// # Errors
/// Where the process is gone.
pub fn signal(pid: u32, name: &str) -> Result<()> {
    let status = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .status()?;
    ensure!(status.success(), "kill -{name} {pid} failed");
    Ok(())
}

impl Drop for Bundle {
    fn drop(&mut self) {
        if self.child.is_some() {
            // A test that has failed already has its own message to show.
            let _ = self.stop();
        }
    }
}
