//! What one Service is owed, by all Triggers together: oldest first, never more at a time than its
//! processes' `containerConcurrency`.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use http::StatusCode;
use tokio::{sync::mpsc, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Event, Subscribers,
    attempt::{self, Outcome},
    clock,
    queue::{Addressed, Change, Owed, Queue},
    route::{Next, Route},
    writer::Writer,
};
use crate::manifests::Topology;

/// How long a lane without anything to wait for sleeps.
const IDLE: Duration = Duration::from_secs(3_600);

/// What all lanes share.
pub(crate) struct Shared {
    pub(crate) queue: Arc<Queue>,
    pub(crate) writer: Writer,
    pub(crate) routes: Arc<Vec<Route>>,
    pub(crate) subscribers: Arc<dyn Subscribers>,
    pub(crate) client: reqwest::Client,
    /// Says which routes an event takes: answers enter the broker again.
    pub(crate) topology: Arc<Topology>,
}

/// Delivers what comes in until stopped, then waits for the attempts under way.
pub(crate) async fn run(
    shared: Arc<Shared>,
    limit: usize,
    mut incoming: mpsc::UnboundedReceiver<Owed>,
    stop: CancellationToken,
) {
    let mut ready = BTreeSet::new();
    let mut waiting = BTreeSet::new();
    let mut running = JoinSet::new();
    loop {
        let now = clock::now_ms();
        while waiting.first().is_some_and(|(due_ms, _)| *due_ms <= now) {
            ready.extend(waiting.pop_first().map(|(_, owed)| owed));
        }
        while running.len() < limit
            && let Some(owed) = ready.pop_first()
        {
            running.spawn(shared.clone().attempt(owed));
        }
        let pause = waiting
            .first()
            .map_or(IDLE, |(due_ms, _)| Duration::from_millis(due_ms - now));
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(finished) = running.join_next() => {
                if let Ok(Some(again)) = finished {
                    waiting.insert((again.due_ms, again));
                }
            }
            Some(owed) = incoming.recv() => { waiting.insert((owed.due_ms, owed)); }
            () = sleep(pause) => {}
        }
    }
    while running.join_next().await.is_some() {}
}

impl Shared {
    /// Makes one attempt; gives the delivery back where it is to be tried again.
    async fn attempt(self: Arc<Self>, mut owed: Owed) -> Option<Owed> {
        let route = &self.routes[owed.route];
        let event = match self.queue.event(owed.seq) {
            Ok(event) => event?,
            Err(error) => {
                tracing::error!(%error, "the broker cannot read its file");
                owed.due_ms = clock::now_ms() + 1_000;
                return Some(owed);
            }
        };
        let outcome = match self.subscribers.lease(&route.subscriber).await {
            Ok(lease) => attempt::deliver(&self.client, lease.url(), &event, route.timeout).await,
            Err(reason) => attempt::failed(StatusCode::SERVICE_UNAVAILABLE, reason),
        };
        owed.attempts += 1;
        match outcome {
            Outcome::Handled(answer) => {
                let follow = answer
                    .map(|answer| self.addressed(*answer))
                    .filter(|answer| !answer.routes.is_empty());
                self.writer.settle(Change::Done {
                    owed,
                    follow: follow.into_iter().collect(),
                });
                None
            }
            Outcome::Failed { code, body } => self.give_up_or_retry(owed, &event, code, &body),
        }
    }

    fn addressed(&self, event: Event) -> Addressed {
        Addressed {
            routes: Route::taken(&self.routes, &self.topology, &event),
            event: Arc::new(event),
        }
    }

    fn give_up_or_retry(
        &self,
        mut owed: Owed,
        event: &Event,
        code: u16,
        body: &bytes::Bytes,
    ) -> Option<Owed> {
        let route = &self.routes[owed.route];
        let next = route.after(owed.attempts, attempt::is_retriable(code));
        tracing::warn!(
            trigger = route.name,
            event.r#type = event.attribute("type"),
            event.subject = event.attribute("subject"),
            attempts = owed.attempts,
            code,
            reason = %String::from_utf8_lossy(&body[..body.len().min(300)]),
            ?next,
            "an event was not delivered"
        );
        match next {
            Next::Again(wait) => {
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                owed.due_ms = clock::now_ms().saturating_add(wait_ms);
                self.writer.settle(Change::Again(owed));
                Some(owed)
            }
            Next::DeadLetter(sink) => {
                let letter = attempt::dead_letter(event, &route.subscriber, code, body);
                let follow = vec![Addressed {
                    event: Arc::new(letter),
                    routes: vec![sink],
                }];
                self.writer.settle(Change::Done { owed, follow });
                None
            }
            Next::Drop => {
                self.writer.settle(Change::Done {
                    owed,
                    follow: Vec::new(),
                });
                None
            }
        }
    }
}
