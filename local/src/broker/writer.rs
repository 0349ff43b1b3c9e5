//! The one thread that writes: whatever waits when it looks goes to the disk together.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

use super::{
    BrokerError,
    queue::{Change, Ledger, Owed, Queue},
};

/// How many changes one commit takes at most.
const BATCH: usize = 512;
/// How long to wait after the disk refused a commit.
const REFUSED_WAIT: Duration = Duration::from_secs(1);

struct Request {
    change: Change,
    /// Told once the change is on the disk; dropped where it cannot be.
    written: Option<oneshot::Sender<()>>,
}

/// Hands changes to the writing thread.
#[derive(Clone)]
pub(crate) struct Writer(mpsc::Sender<Request>);

impl Writer {
    /// Starts the thread; `dispatch` gets what is owed once it is on the disk. The thread ends when
    /// all clones of the writer are gone.
    pub(crate) fn start(
        queue: Arc<Queue>,
        ledger: Ledger,
        dispatch: impl Fn(Owed) + Send + 'static,
    ) -> Result<(Self, thread::JoinHandle<()>), BrokerError> {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("broker-writer".to_owned())
            .spawn(move || write(&queue, ledger, &receiver, dispatch))?;
        Ok((Self(sender), thread))
    }

    /// Writes new events; returns when they are on the disk.
    pub(crate) async fn accept(&self, change: Change) -> Result<(), BrokerError> {
        let (written, is_written) = oneshot::channel();
        let request = Request {
            change,
            written: Some(written),
        };
        self.0.send(request).map_err(|_| BrokerError::Stopped)?;
        is_written.await.map_err(|_| BrokerError::NotWritten)
    }

    /// Writes what an attempt changed, sooner or later. It is not lost when the runner is killed
    /// before: then the attempt has not happened.
    pub(crate) fn settle(&self, change: Change) {
        // A failed send means that the broker has stopped: the next one makes the attempt again.
        drop(self.0.send(Request {
            change,
            written: None,
        }));
    }
}

fn write(
    queue: &Queue,
    mut ledger: Ledger,
    requests: &mpsc::Receiver<Request>,
    dispatch: impl Fn(Owed),
) {
    let mut batch = Vec::new();
    while let Some(()) = fill(&mut batch, requests) {
        let changes: Vec<&Change> = batch.iter().map(|request| &request.change).collect();
        match queue.commit(&mut ledger, &changes) {
            Ok(owed) => {
                owed.into_iter().for_each(&dispatch);
                for request in batch.drain(..) {
                    // A sender that has gone away does not want to know.
                    request.written.map(|written| written.send(()));
                }
            }
            Err(error) => {
                tracing::error!(%error, "the broker cannot write to its file: free space on the disk, then start again");
                // New events are refused, their senders try again; what attempts changed stays here.
                batch.retain(|request| request.written.is_none());
                thread::sleep(REFUSED_WAIT);
                match requests.try_recv() {
                    Ok(request) => batch.push(request),
                    // What is not on the disk as done will be done again.
                    Err(mpsc::TryRecvError::Disconnected) => return,
                    Err(mpsc::TryRecvError::Empty) => {}
                }
            }
        }
    }
}

/// Waits for a request, and takes those that wait with it; `None` when there will be no more.
fn fill(batch: &mut Vec<Request>, requests: &mpsc::Receiver<Request>) -> Option<()> {
    if batch.is_empty() {
        batch.push(requests.recv().ok()?);
    }
    while batch.len() < BATCH {
        match requests.try_recv() {
            Ok(request) => batch.push(request),
            Err(mpsc::TryRecvError::Empty | mpsc::TryRecvError::Disconnected) => break,
        }
    }
    Some(())
}
