//! The end of the process: no new requests, those under way finish.

use std::{io, sync::LazyLock};

use tokio::{
    select,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

static BEGUN: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// Resolves when the process was asked to stop.
///
/// A response that would go on for ever, such as a stream of server-sent events, ends then.
pub async fn draining() {
    // The sender is static, so that waiting cannot fail.
    let _ = BEGUN.subscribe().wait_for(|begun| *begun).await;
}

pub(crate) fn begun() -> bool {
    *BEGUN.borrow()
}

/// Watches for SIGTERM (Knative, the local runner) and SIGINT (a terminal).
pub(crate) fn watch_signals() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        BEGUN.send_replace(true);
    });
    Ok(())
}
