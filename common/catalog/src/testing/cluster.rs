//! A private cluster that ends with this process.

use std::{
    io::{self, BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
};

/// Runs beside the server. It ends the server when its standard input closes, which the system does
/// for it whenever the test process ends, even by SIGKILL.
const KEEPER: &str = r#"
set -eu
bin=$1
home=$(mktemp -d "${TMPDIR:-/tmp}/reeldrop-postgres.XXXXXX")
trap 'rm -rf "$home"' EXIT
cd "$home"
"$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >log 2>&1 || { cat log >&2; exit 1; }
"$bin/postgres" -D data -k "$home" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c autovacuum=off -c shared_buffers=64MB -c max_connections=300 >log 2>&1 </dev/null &
server=$!
until "$bin/pg_isready" -q -h "$home"; do
    kill -0 "$server" 2>/dev/null || { cat log >&2; exit 1; }
    sleep 0.05
done
echo "$home"
cat >/dev/null || true
kill -INT "$server"
wait "$server" || true
"#;

/// The keeper, whose standard input this process holds open until it ends.
static KEEPER_PROCESS: Mutex<Option<Child>> = Mutex::new(None);

/// Starts the cluster and says its address.
pub(super) fn start() -> io::Result<String> {
    let bin = server_programs()?;
    let mut command = match running_as_root() {
        // PostgreSQL refuses to run as root.
        true => {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        }
        false => Command::new("sh"),
    };
    command.args(["-c", KEEPER, "sh"]).arg(bin);
    // A group of its own: Ctrl-C ends the tests, and their end ends the server.
    command.process_group(0);
    let mut keeper = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut socket = String::new();
    if let Some(output) = keeper.stdout.take() {
        BufReader::new(output).read_line(&mut socket)?;
    }
    let socket = socket.trim();
    if socket.is_empty() {
        return Err(io::Error::other("initdb or postgres failed, see above"));
    }
    if let Ok(mut kept) = KEEPER_PROCESS.lock() {
        *kept = Some(keeper);
    }
    Ok(format!(
        "postgres://postgres@{}/postgres",
        socket.replace('/', "%2F")
    ))
}

fn running_as_root() -> bool {
    std::fs::metadata("/proc/self")
        .is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}

/// The folder of `initdb` and `postgres`: on Debian one for each version, not in the path.
fn server_programs() -> io::Result<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    folders.sort_by_key(|folder| version(folder));
    folders.reverse();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").exists())
        .ok_or_else(|| io::Error::other("PostgreSQL's initdb is not installed"))
}

fn version(folder: &Path) -> Option<u32> {
    folder.parent()?.file_name()?.to_str()?.parse().ok()
}
