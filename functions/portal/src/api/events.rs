//! Titles as they change, by server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, KeepAliveStream, Sse},
};
use futures::Stream;
use reeldrop_catalog::Change;
use reeldrop_events::AssetId;
use tokio::sync::mpsc::{self, Sender, error::SendError};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    Error, Portal,
    addresses::Addresses,
    body::Ids,
    error::Problem,
    live::News,
    title::{Title, TitleDetail},
};

/// Proxies close connections that are silent for long.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Events that a slow reader may have waiting; then its stream waits for it.
const WAITING: usize = 4;

type Answer<S> = Sse<KeepAliveStream<S>>;

/// A title each time that it changes: `asset` with what `GET /api/assets/{id}` answers, at once and
/// on each change; `deleted` with its id when it is gone.
#[utoipa::path(get, path = "/api/assets/{id}/events", tag = "assets", params(("id" = Uuid, Path)), responses(
    (status = 200, body = String, content_type = "text/event-stream"),
    (status = 404, description = "There is no such title", body = Problem),
))]
pub(super) async fn title(
    State(portal): State<Portal>,
    addresses: Addresses,
    Ids(asset): Ids<AssetId>,
) -> Result<Answer<impl Stream<Item = Result<Event, Infallible>>>, Error> {
    let news = portal.live.subscribe();
    portal.asset(asset).await?;
    let (events, answer) = stream();
    run(events.clone(), async move {
        follow_title(&portal, &addresses, asset, news, &events).await
    });
    Ok(answer)
}

/// Every title that changes: `asset` with what the list shows of it, `deleted` with its id, and
/// `missed` where the list should be asked for again.
#[utoipa::path(get, path = "/api/events", tag = "assets", responses(
    (status = 200, body = String, content_type = "text/event-stream"),
))]
pub(super) async fn titles(
    State(portal): State<Portal>,
    addresses: Addresses,
) -> Answer<impl Stream<Item = Result<Event, Infallible>>> {
    let news = portal.live.subscribe();
    let (events, answer) = stream();
    run(events.clone(), async move {
        follow_titles(&portal, &addresses, news, &events).await
    });
    answer
}

/// Why a stream ends; its reader connects again and is told what is true then.
enum End {
    Gone,
    Failed(Error),
}

impl<T> From<SendError<T>> for End {
    fn from(_: SendError<T>) -> Self {
        Self::Gone
    }
}

impl<E: Into<Error>> From<E> for End {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

type Events = Sender<Result<Event, Infallible>>;

/// A stream, and where to put its events.
fn stream() -> (Events, Answer<ReceiverStream<Result<Event, Infallible>>>) {
    let (events, waiting) = mpsc::channel(WAITING);
    let answer = Sse::new(ReceiverStream::new(waiting));
    (
        events,
        answer.keep_alive(KeepAlive::new().interval(KEEP_ALIVE)),
    )
}

/// Runs `follow` until it ends, its reader is gone, or the process ends.
fn run(events: Events, follow: impl Future<Output = Result<(), End>> + Send + 'static) {
    tokio::spawn(async move {
        tokio::select! {
            end = follow => match end {
                Ok(()) | Err(End::Gone) => {}
                Err(End::Failed(error)) => tracing::warn!("a stream of events ended: {error}"),
            },
            () = events.closed() => {}
            // An open stream must not hold up the end of the process.
            () = reeldrop_runtime::draining() => {}
        }
    });
}

async fn follow_title(
    portal: &Portal,
    addresses: &Addresses,
    asset: AssetId,
    mut news: News,
    events: &Events,
) -> Result<(), End> {
    loop {
        let event = match portal.catalog.show(asset).await? {
            Some(detail) => changed(&TitleDetail::new(detail, addresses)),
            None => deleted(asset),
        };
        events.send(Ok(event)).await?;
        loop {
            let Some(changes) = news.next().await else {
                return Ok(());
            };
            if changes.contains(&Change::Asset(asset)) || changes.contains(&Change::Listening) {
                break;
            }
        }
    }
}

async fn follow_titles(
    portal: &Portal,
    addresses: &Addresses,
    mut news: News,
    events: &Events,
) -> Result<(), End> {
    // Headers alone may wait in a proxy until something follows them.
    events
        .send(Ok(Event::default().comment("listening")))
        .await?;
    while let Some(changes) = news.next().await {
        for change in changes {
            let event = match change {
                Change::Listening => Event::default().event("missed").data("{}"),
                Change::Asset(asset) => match portal.catalog.asset(asset).await? {
                    Some(asset) => changed(&Title::new(asset, addresses)),
                    None => deleted(asset),
                },
            };
            events.send(Ok(event)).await?;
        }
    }
    Ok(())
}

fn changed(title: &impl serde::Serialize) -> Event {
    let event = Event::default().event("asset");
    let data = serde_json::to_string(title).unwrap_or_default();
    event.data(data)
}

fn deleted(asset: AssetId) -> Event {
    Event::default()
        .event("deleted")
        .data(format!("{{\"asset\":\"{asset}\"}}"))
}
