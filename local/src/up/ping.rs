//! The clock's events, as Knative's PingSource sends them.

use std::{sync::Arc, time::Duration};

use ::time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    broker::{Broker, Event, Subscribers},
    manifests::Ping,
};

/// How long the sink may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Sends one source's events until dropped.
pub(super) async fn run(
    ping: Ping,
    broker: Arc<Broker>,
    subscribers: Arc<dyn Subscribers>,
    client: reqwest::Client,
) {
    loop {
        let now = OffsetDateTime::now_utc();
        let Some(next) = ping.schedule.next(now) else {
            return;
        };
        sleep((next - now).try_into().unwrap_or_default()).await;
        let sent = send(&ping, &broker, &*subscribers, &client).await;
        if let Err(reason) = sent {
            // The next one comes soon enough.
            tracing::warn!(
                source = ping.source.metadata.name,
                reason,
                "a ping was not taken"
            );
        }
    }
}

async fn send(
    ping: &Ping,
    broker: &Broker,
    subscribers: &dyn Subscribers,
    client: &reqwest::Client,
) -> Result<(), String> {
    let event = event(ping);
    let sink = &ping.source.spec.sink.r#ref;
    if sink.is_broker() {
        return broker
            .publish(event)
            .await
            .map_err(|error| error.to_string());
    }
    let lease = subscribers.lease(&sink.name).await?;
    let request = client
        .post(lease.url())
        .headers(event.headers())
        .body(event.data)
        .timeout(TIMEOUT);
    let answer = request.send().await.map_err(|error| error.to_string())?;
    answer
        .error_for_status()
        .map(drop)
        .map_err(|error| error.to_string())
}

fn event(ping: &Ping) -> Event {
    let name = &ping.source.metadata.name;
    let source = format!("/apis/v1/namespaces/default/pingsources/{name}");
    let mut event = Event::new(
        "dev.knative.sources.ping",
        &source,
        &Uuid::new_v4().to_string(),
    );
    if let Ok(now) = OffsetDateTime::now_utc().format(&Rfc3339) {
        event = event.with("time", &now);
    }
    let spec = &ping.source.spec;
    for (name, value) in spec
        .ce_overrides
        .iter()
        .flat_map(|overrides| &overrides.extensions)
    {
        event = event.with(name, value);
    }
    match &spec.data {
        Some(data) => event.with_data(
            spec.content_type.as_deref().unwrap_or("text/plain"),
            data.clone(),
        ),
        None => event,
    }
}
