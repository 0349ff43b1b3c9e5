//! News of titles, from one connection to all who wait for them.

use std::{pin::pin, time::Duration};

use futures::StreamExt;
use reeldrop_catalog::{Catalog, Change};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::Instant,
};

use crate::Error;

/// News that a slow listener may lag behind; after that it is told to look at everything again.
const BACKLOG: usize = 1024;

/// A busy title says many things at once: what comes sooner than this after what was told is gathered.
const GATHER: Duration = Duration::from_millis(100);

/// Who waits for something looks at least this often, since news are lost while a connection is down.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// News of all titles.
#[derive(Clone, Debug)]
pub(crate) struct Live(broadcast::Sender<Change>);

impl Live {
    /// Begins to listen, for as long as the process runs.
    pub(crate) fn start(catalog: &Catalog) -> Self {
        let (sender, _) = broadcast::channel(BACKLOG);
        let changes = catalog.changes();
        let news = sender.clone();
        tokio::spawn(async move {
            let mut changes = pin!(changes);
            while let Some(change) = changes.next().await {
                // Nobody listening is fine.
                let _ = news.send(change);
            }
        });
        Self(sender)
    }

    /// News from now on.
    pub(crate) fn subscribe(&self) -> News {
        News {
            changes: self.0.subscribe(),
            told: None,
        }
    }

    /// Looks until `look` finds something or the time is over.
    pub(crate) async fn until<T, F>(
        &self,
        deadline: Instant,
        mut look: impl FnMut() -> F,
    ) -> Result<Option<T>, Error>
    where
        F: Future<Output = Result<Option<T>, Error>>,
    {
        let mut news = self.subscribe();
        loop {
            if let Some(found) = look().await? {
                return Ok(Some(found));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            let wait = Instant::now() + LOOK_AGAIN;
            // Whether there was news or not: look again.
            let _ = tokio::time::timeout_at(wait.min(deadline), news.next()).await;
        }
    }
}

/// The news that one listener has not read yet.
pub(crate) struct News {
    changes: broadcast::Receiver<Change>,
    /// When some were told last.
    told: Option<Instant>,
}

impl News {
    /// What changed since the last call, each title once; ends when nothing more comes.
    pub(crate) async fn next(&mut self) -> Option<Vec<Change>> {
        let mut changes = vec![self.one().await?];
        if let Some(told) = self.told {
            tokio::time::sleep_until(told + GATHER).await;
        }
        while let Ok(change) = self.changes.try_recv() {
            if !changes.contains(&change) {
                changes.push(change);
            }
        }
        self.told = Some(Instant::now());
        Some(changes)
    }

    async fn one(&mut self) -> Option<Change> {
        match self.changes.recv().await {
            Ok(change) => Some(change),
            // Whatever was missed: look at everything.
            Err(RecvError::Lagged(_)) => Some(Change::Listening),
            Err(RecvError::Closed) => None,
        }
    }
}
