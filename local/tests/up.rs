//! The runner as a process: a database, buckets and a page, all gone with it however it ends.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    thread::sleep,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::{TempDir, tempdir};

const BROKER: &str = "{apiVersion: eventing.knative.dev/v1, kind: Broker, metadata: {name: b}}";
const PORTAL: &str = "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: portal}, spec: \
    {template: {metadata: {annotations: {autoscaling.knative.dev/min-scale: '1'}}, spec: {containers: \
    [{image: i, env: [{name: GREETING, value: hello}, {name: DATABASE, valueFrom: {configMapKeyRef: \
    {name: reeldrop, key: database-url-file}}}]}]}}}}";

/// A runner whose only function is the example that plays one.
struct Runner {
    folder: TempDir,
    port: u16,
    child: Child,
}

fn start(folder: &Path, port: u16) -> Child {
    Command::new(env!("CARGO_BIN_EXE_reeldrop"))
        .args(["up", "--port", &port.to_string(), "--data"])
        .arg(folder.join("data"))
        .arg("--manifests")
        .arg(folder)
        .arg("--programs")
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

impl Runner {
    fn start() -> Self {
        Self::start_on(free_ports()).ready()
    }

    fn start_on(port: u16) -> Self {
        let folder = tempdir().unwrap();
        // The database server runs as another user, who must be able to pass.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for (file, text) in [
            ("triggers/base/broker.yaml", BROKER),
            ("knative/base/portal.yaml", PORTAL),
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let test = std::env::current_exe().unwrap();
        let program = test
            .ancestors()
            .nth(2)
            .unwrap()
            .join("examples/tiny-function");
        symlink(program, folder.path().join("portal")).unwrap();
        let child = start(folder.path(), port);
        Self {
            folder,
            port,
            child,
        }
    }

    fn ready(self) -> Self {
        wait_until("the page answers", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
        });
        self
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Process ids of the page and of the database server.
    fn children(&self) -> Vec<u32> {
        let lock = fs::read_to_string(self.data().join("postgres/cluster/postmaster.pid")).unwrap();
        let mut children = vec![lock.lines().next().unwrap().parse().unwrap()];
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u32>().ok());
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            let port = format!("PORT={}", self.port);
            if environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == port.as_bytes())
            {
                children.extend(pid);
            }
        }
        assert_eq!(children.len(), 2, "a page and a database server");
        children
    }
}

/// Two in a row, below those that the kernel gives to outgoing connections: who waits for a program by
/// connecting to one of these may get itself.
fn free_ports() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    loop {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let pair = std::process::id().wrapping_mul(31).wrapping_add(next) % 11_000;
        let port = u16::try_from(10_000 + 2 * pair).unwrap();
        if is_free(port) && is_free(port + 1) {
            return port;
        }
    }
}

fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_500 {
        if is_so() {
            return;
        }
        sleep(Duration::from_millis(20));
    }
    panic!("not in 30 seconds: {what}");
}

#[test]
fn it_takes_everything_with_it_when_killed_and_starts_again() {
    let mut runner = Runner::start();
    let children = runner.children();
    runner.signal(Signal::KILL);
    runner.child.wait().unwrap();
    wait_until("nothing outlives the runner", || {
        !children.iter().any(|pid| lives(*pid))
    });

    runner.child = start(runner.folder.path(), runner.port);
    let mut runner = runner.ready();
    let children = runner.children();
    runner.signal(Signal::INT);
    assert!(runner.child.wait().unwrap().success(), "an orderly end");
    assert!(!children.iter().any(|pid| lives(*pid)), "nothing is left");
    assert!(
        !runner
            .data()
            .join("postgres/cluster/postmaster.pid")
            .exists(),
        "the database is shut down"
    );
}

#[test]
fn told_to_stop_while_it_starts_it_stops_in_order() {
    let mut runner = Runner::start_on(free_ports());
    let lock = runner.data().join("postgres/cluster/postmaster.pid");
    wait_until("the database is there", || lock.exists());
    runner.signal(Signal::TERM);
    assert!(runner.child.wait().unwrap().success(), "an orderly end");
    assert!(!lock.exists(), "the database is shut down");
}

#[test]
fn it_waits_for_ports_that_a_killed_runner_still_holds() {
    let port = free_ports();
    let held = [port, port + 1].map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap());
    let mut runner = Runner::start_on(port);
    thread::sleep(Duration::from_millis(500));
    assert!(runner.child.try_wait().unwrap().is_none(), "it waits");
    drop(held);
    let mut runner = runner.ready();
    runner.signal(Signal::TERM);
    assert!(runner.child.wait().unwrap().success());
}

#[test]
fn a_taken_port_is_named() {
    let port = free_ports();
    let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let ended = Runner::start_on(port).child.wait_with_output().unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        said.contains(&format!("port {port}, for the page, is taken")),
        "{said}"
    );
}

#[test]
fn a_second_runner_is_refused_and_a_killed_database_comes_back() {
    let mut runner = Runner::start();
    let second = start(runner.folder.path(), free_ports())
        .wait_with_output()
        .unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        said.contains("another `reeldrop up` already uses"),
        "{said}"
    );

    let database = runner.children()[0];
    kill_process(Pid::from_raw(database as i32).unwrap(), Signal::KILL).unwrap();
    let lock = runner.data().join("postgres/cluster/postmaster.pid");
    wait_until("another database server is ready", || {
        let text = fs::read_to_string(&lock).unwrap_or_default();
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        lines.first() != Some(&database.to_string().as_str()) && lines.get(7) == Some(&"ready")
    });
    runner.signal(Signal::TERM);
    assert!(runner.child.wait().unwrap().success());
}
