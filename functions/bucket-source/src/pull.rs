//! Uploads out of a Pub/Sub subscription, for clusters that nothing on the internet reaches.

use std::{pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, header::CONTENT_TYPE},
};
use futures::future::join_all;
use metrics::counter;
use reeldrop_runtime::{Publisher, router};
use serde_json::json;
use tokio::{select, time::sleep};
use tower::ServiceExt;

use crate::{
    BucketSource, Subscription,
    pubsub::{PubSub, PubSubError, Received},
};

/// Messages asked for at a time, and so in hand at most.
const MOST_MESSAGES: u32 = 32;
/// After a pull that failed.
const PAUSE: Duration = Duration::from_secs(5);
/// Messages in hand for longer are kept from others for longer: the shortest deadline that a
/// subscription can have is ten seconds.
const SLOW: Duration = Duration::from_secs(5);
/// For so long: the sink has half a minute to take an event.
const LEASE: Duration = Duration::from_secs(60);

/// Pulls messages and announces what they say.
#[derive(Debug)]
pub struct Puller {
    pubsub: PubSub,
    /// The function, called as a push would call it: with the same answers, logs and metrics.
    function: Router,
}

impl Puller {
    /// Pulls from `subscription`, and sends what follows through `publisher`.
    #[must_use]
    pub fn new(subscription: Subscription, function: BucketSource, publisher: Publisher) -> Self {
        Self {
            pubsub: PubSub::new(subscription),
            function: router(function, publisher),
        }
    }

    /// Pulls until `stop` resolves, and then finishes what it has in hand. Messages of a pull that was
    /// under way come again after their deadline.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            let pulled = select! {
                () = &mut stop => return,
                pulled = self.pubsub.pull(MOST_MESSAGES) => pulled,
            };
            let done = match pulled {
                Ok(messages) => self.take(messages).await,
                Err(error) => Err(error),
            };
            let outcome = if done.is_ok() { "done" } else { "failed" };
            counter!("reeldrop_pulls_total", "outcome" => outcome).increment(1);
            let Err(error) = done else { continue };
            tracing::warn!(subscription = self.pubsub.name(), %error, "uploads cannot be pulled");
            select! {
                () = &mut stop => return,
                () = sleep(PAUSE) => {}
            }
        }
    }

    /// Acknowledges the messages whose uploads the sink has taken, and gives the others back: they come
    /// again, until the subscription's dead-letter policy takes them.
    async fn take(&mut self, messages: Vec<Received>) -> Result<(), PubSubError> {
        let ids: Vec<_> = messages.iter().map(|one| one.ack_id.clone()).collect();
        let announced = messages
            .into_iter()
            .map(|one| announce(self.function.clone(), one));
        let mut announced = pin!(join_all(announced));
        let announced = select! {
            announced = &mut announced => announced,
            () = sleep(SLOW) => {
                // Where this fails, somebody else may get them, too: the same events then follow twice.
                if let Err(error) = self.pubsub.lease(&ids, LEASE).await {
                    tracing::warn!(subscription = self.pubsub.name(), %error, "messages may come twice");
                }
                announced.await
            }
        };
        let (taken, left): (Vec<_>, Vec<_>) = announced.into_iter().partition(|(_, done)| *done);
        let ids = |of: Vec<(String, bool)>| of.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        // Both, whatever becomes of the other.
        let acknowledged = self.pubsub.acknowledge(&ids(taken)).await;
        let given_back = self.pubsub.lease(&ids(left), Duration::ZERO).await;
        acknowledged.and(given_back)
    }
}

/// Whether the sink has taken what a message says.
async fn announce(function: Router, Received { ack_id, message }: Received) -> (String, bool) {
    // A pulled message has the form of a pushed one.
    let body = Body::from(json!({"message": message}).to_string());
    let request = Request::post("/").header(CONTENT_TYPE, "application/json");
    let answer = match request.body(body) {
        Ok(request) => function.oneshot(request).await.ok(),
        Err(_) => None,
    };
    (
        ack_id,
        answer.is_some_and(|answer| answer.status().is_success()),
    )
}
