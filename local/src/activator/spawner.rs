//! Processes that do not outlive the runner, however it ends.

use std::{io, path::Path, sync::mpsc, thread};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

/// The thread that is the parent of all processes.
///
/// The kernel sends the parent-death signal when the *thread* that forked ends (`prctl(2)`), and the
/// runtime's own threads come and go.
#[derive(Clone)]
pub(crate) struct Spawner(mpsc::Sender<Request>);

struct Request {
    command: Command,
    child: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    /// Starts the thread; it ends with the last clone of the spawner.
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, requests) = mpsc::channel::<Request>();
        let runtime = Handle::current();
        thread::Builder::new()
            .name("spawner".to_owned())
            .spawn(move || {
                let _runtime = runtime.enter();
                for mut request in requests {
                    // A caller that has gone away gives up its child: kill_on_drop ends it.
                    drop(
                        request
                            .child
                            .send(request.command.kill_on_drop(true).spawn()),
                    );
                }
            })?;
        Ok(Self(sender))
    }

    /// Runs a command as a child of the thread.
    pub(crate) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let (child, answer) = oneshot::channel();
        let gone = || io::Error::other("the spawning thread has ended");
        self.0
            .send(Request { command, child })
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// A command that gets `signal` when the runner ends, in a process group of its own, so that Ctrl-C
/// at the terminal reaches the runner alone. `user` is whom to run it as.
pub(crate) fn guarded(
    program: &Path,
    signal: &str,
    nice: Option<i32>,
    user: Option<&str>,
) -> Command {
    let mut command = Command::new("setpriv");
    if let Some(user) = user {
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    command.args(["--pdeathsig", signal, "--"]);
    if let Some(nice) = nice {
        command.args(["nice", "-n", &nice.to_string()]);
    }
    command.arg(program).process_group(0);
    command
}
