//! News of titles, as they happen.

use std::{collections::VecDeque, time::Duration};

use futures::{Stream, stream};
use reeldrop_events::AssetId;
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, NoTls};

use crate::{Catalog, CatalogError};

/// The PostgreSQL channel on which each visible change of a title is announced, with its id.
pub const CHANNEL: &str = "reeldrop_assets";

/// News of the titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// This title changed.
    Asset(AssetId),
    /// The catalog is listened to from now on, for the first time or again: any title may have changed.
    Listening,
}

/// How long to wait before connecting again.
const RECONNECT: Duration = Duration::from_millis(500);

/// News that may wait for a slow reader; it then reads the title's row anyway.
const BACKLOG: usize = 1024;

impl Catalog {
    /// The id of each title that changes, from now on.
    ///
    /// It listens on a connection of its own, and connects again by itself for as long as the
    /// stream is kept. News in between is lost: [`Change::Listening`] says when to look again.
    pub fn changes(&self) -> impl Stream<Item = Change> + Send + use<> {
        let (sender, receiver) = mpsc::channel(BACKLOG);
        let catalog = self.clone();
        tokio::spawn(async move {
            while !sender.is_closed() {
                if let Err(error) = catalog.listen(&sender).await {
                    tracing::warn!(error = %error, "listening for changes was interrupted");
                }
                tokio::select! {
                    () = sender.closed() => break,
                    () = tokio::time::sleep(RECONNECT) => {}
                }
            }
        });
        stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|news| (news, receiver))
        })
    }

    /// Passes news on until the connection or the reader goes.
    async fn listen(&self, sender: &mpsc::Sender<Change>) -> Result<(), CatalogError> {
        let (client, mut connection) = self.config.connect(NoTls).await?;
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        let listen = format!("listen {CHANNEL}");
        let mut listening = std::pin::pin!(client.batch_execute(&listen));
        let mut listened = false;
        let mut waiting = VecDeque::new();
        loop {
            tokio::select! {
                () = sender.closed() => return Ok(()),
                done = &mut listening, if !listened => {
                    done?;
                    listened = true;
                    waiting.push_back(Change::Listening);
                }
                permit = sender.reserve(), if !waiting.is_empty() => {
                    if let (Ok(permit), Some(news)) = (permit, waiting.pop_front()) {
                        permit.send(news);
                    }
                }
                message = futures::StreamExt::next(&mut messages), if waiting.len() < BACKLOG => {
                    match message {
                        Some(message) => waiting.extend(news(&message?)),
                        None => return Ok(()),
                    }
                }
            }
        }
    }
}

fn news(message: &AsyncMessage) -> Option<Change> {
    // Notices and parameters are no news of titles.
    let AsyncMessage::Notification(notification) = message else {
        return None;
    };
    notification.payload().parse().ok().map(Change::Asset)
}
