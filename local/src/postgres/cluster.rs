//! Where the cluster lies, whose it is, and how it is made.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::PostgresError;

/// The user that the server runs as when the runner is root.
const USER: &str = "postgres";
/// Where clusters lie that another user could not reach in their data folder.
const ELSEWHERE: &str = "/var/lib/reeldrop";
/// The database and the role that owns it.
pub(super) const DATABASE: &str = "reeldrop";
/// The longest path of a Unix socket, with PostgreSQL's own file name taken off (`unix(7)`).
const SOCKET_PATH_LIMIT: usize = 107 - "/.s.PGSQL.5432.lock".len();

/// A cluster on the disk.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(super) programs: PathBuf,
    pub(super) data: PathBuf,
    pub(super) sockets: PathBuf,
    pub(super) user: Option<User>,
}

/// Another user, whom the server runs as.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: &'static str,
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Finds PostgreSQL, and the cluster under `folder`; makes it where there is none. Where the
    /// server's user cannot reach the folder, the cluster lies elsewhere under the name `id`.
    ///
    /// # Errors
    /// [`PostgresError`] saying what to do.
    pub fn open(folder: &Path, id: &str) -> Result<Self, PostgresError> {
        let user = User::needed()?;
        let place = place(folder, id, user.as_ref())?;
        let mut cluster = Self {
            programs: programs().ok_or(PostgresError::NotInstalled)?,
            data: place.join("cluster"),
            sockets: place.join("socket"),
            user,
        };
        if cluster.sockets.as_os_str().len() > SOCKET_PATH_LIMIT {
            cluster.sockets = std::env::temp_dir().join(format!("reeldrop-{id}"));
        }
        cluster.own(&place)?;
        cluster.own(&cluster.sockets)?;
        if cluster.data.join("PG_VERSION").exists() {
            cluster.check_version()?;
        } else {
            cluster.make()?;
        }
        Ok(cluster)
    }

    /// The address of the database, for `tokio-postgres` and `psql`.
    #[must_use]
    pub fn url(&self) -> String {
        let sockets = self.sockets.to_string_lossy();
        let host =
            percent_encoding::utf8_percent_encode(&sockets, percent_encoding::NON_ALPHANUMERIC);
        format!("postgresql://{DATABASE}@{host}/{DATABASE}")
    }

    /// `initdb` beside the final place, so that a cluster that is there is complete.
    fn make(&self) -> Result<(), PostgresError> {
        let draft = self.data.with_extension("new");
        if draft.exists() {
            fs::remove_dir_all(&draft)?;
        }
        self.own(&draft)?;
        let mut initdb = self.command("initdb");
        initdb
            .args([
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-instructions",
            ])
            .args(["--username", DATABASE, "--pgdata"])
            .arg(&draft);
        run("initdb", initdb.output()?)?;
        let mut create = self.command("postgres");
        create.args(["--single", "-D"]).arg(&draft).arg("postgres");
        create
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = create.spawn()?;
        if let Some(stdin) = &mut child.stdin {
            io::Write::write_all(stdin, format!("CREATE DATABASE {DATABASE};\n").as_bytes())?;
        }
        run("postgres", child.wait_with_output()?)?;
        fs::rename(draft, &self.data)?;
        Ok(())
    }

    fn check_version(&self) -> Result<(), PostgresError> {
        let made = fs::read_to_string(self.data.join("PG_VERSION"))?
            .trim()
            .to_owned();
        let output = self.command("postgres").arg("--version").output()?;
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        // `postgres (PostgreSQL) 15.8 (Debian 15.8-0)`
        let version = output.split_whitespace().nth(2).unwrap_or_default();
        let installed = version.split('.').next().unwrap_or_default().to_owned();
        if made == installed {
            return Ok(());
        }
        Err(PostgresError::Version {
            folder: self.data.display().to_string(),
            made,
            installed,
        })
    }

    /// A program of PostgreSQL, as the right user.
    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let mut command = match &self.user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args([
                    "--reuid",
                    user.name,
                    "--regid",
                    user.name,
                    "--init-groups",
                    "--",
                ]);
                command.arg(path);
                command
            }
            None => Command::new(path),
        };
        // The current folder may be one that the other user cannot enter.
        command
            .current_dir("/")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// Makes a folder that only the server's user can enter, and gives it to that user.
    fn own(&self, folder: &Path) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        if let Some(user) = &self.user {
            chown(folder, Some(user.uid), Some(user.gid))?;
        }
        let owner = match &self.user {
            Some(user) => user.uid,
            None => rustix::process::geteuid().as_raw(),
        };
        // In a folder that others may write to, somebody may have been there first.
        if fs::metadata(folder)?.uid() != owner {
            let reason = format!("{} belongs to somebody else", folder.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
        }
        Ok(())
    }
}

impl User {
    /// `None` where the runner is not root, and the server can run as the same user.
    fn needed() -> Result<Option<Self>, PostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd")?;
        let line = users
            .lines()
            .find_map(|line| line.strip_prefix("postgres:"));
        let mut fields = line.ok_or(PostgresError::NoUser)?.split(':').skip(1);
        let mut id = || {
            fields
                .next()
                .and_then(|id| id.parse().ok())
                .ok_or(PostgresError::NoUser)
        };
        Ok(Some(Self {
            name: USER,
            uid: id()?,
            gid: id()?,
        }))
    }
}

/// The folder for the cluster: in the data folder, unless another user must reach it and cannot.
fn place(folder: &Path, id: &str, user: Option<&User>) -> io::Result<PathBuf> {
    let folder = folder.canonicalize()?;
    // Others' right to pass is enough for every user; it is what folders outside a home have.
    let passable =
        |folder: &Path| fs::metadata(folder).is_ok_and(|folder| folder.mode() & 0o001 != 0);
    if user.is_none() || folder.ancestors().all(passable) {
        return Ok(folder.join("postgres"));
    }
    let elsewhere = Path::new(ELSEWHERE).join(id);
    DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(ELSEWHERE)?;
    Ok(elsewhere)
}

/// The newest of the distribution's server programs, or those on the path.
fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    versions
        .map(|entry| entry.path().join("bin"))
        .filter(|path| path.join("postgres").exists() && path.join("initdb").exists())
        .max_by_key(version)
        .or_else(|| {
            let path = std::env::var_os("PATH")?;
            std::env::split_paths(&path).find(|path| path.join("postgres").exists())
        })
}

fn run(program: &str, output: Output) -> Result<(), PostgresError> {
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(PostgresError::Program {
        program: program.to_owned(),
        message,
    })
}
