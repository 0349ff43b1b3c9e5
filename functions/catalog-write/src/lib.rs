#![doc = include_str!("../README.md")]

mod advance;
mod analysis;
mod error;
mod fact;
mod failure;
mod input;
mod key_frames;
mod letter;
mod looking;
mod manifests;
mod outbox;
mod packaged;
mod part;
mod pictures;
mod probed;
mod published;
mod repackage;
mod request;
mod retry;
mod scenes;
mod settle;
mod speech;
mod sweep;
mod title;
mod watch;

use reeldrop_catalog::Catalog;
use reeldrop_events::Events;
use reeldrop_runtime::{Failure, Function, Publisher};

pub use error::Error;
pub use fact::Fact;
pub use input::{Input, Said};
pub use letter::Letter;
pub use watch::Watch;

use outbox::Pending;
use title::Title;

/// The function, with what it depends on.
#[derive(Clone, Debug)]
pub struct CatalogWrite {
    catalog: Catalog,
    publisher: Publisher,
}

impl CatalogWrite {
    /// Writes to `catalog`, and sends what follows through `publisher`.
    #[must_use]
    pub fn new(catalog: Catalog, publisher: Publisher) -> Self {
        Self { catalog, publisher }
    }

    /// As the environment says; brings the schema up to date.
    ///
    /// # Errors
    /// Where the database is not named or cannot be reached.
    pub async fn from_env(publisher: Publisher) -> anyhow::Result<Self> {
        let catalog = Catalog::from_env()?;
        catalog.migrate().await?;
        tokio::spawn(watch::watch(catalog.clone()));
        Ok(Self::new(catalog, publisher))
    }

    /// Keeps what an event says, and everything that follows from it, in one transaction.
    async fn record(&self, said: &Said) -> Result<Pending, Error> {
        let mut connection = self.catalog.connection().await?;
        let transaction = connection.transaction().await?;
        let title = Title::lock(&transaction, said).await?;
        if title.deleted {
            return Ok(Pending::default());
        }
        if !title.fresh {
            // Sent before, but perhaps what followed from it was not: a crash came between.
            return Pending::of_asset(&transaction, said.fact.asset()).await;
        }
        let events = said.fact.apply(&transaction, &title).await?;
        let pending = Pending::keep(&transaction, said.fact.asset(), events).await?;
        transaction.commit().await?;
        Ok(pending)
    }

    /// Sends what the outbox holds of it; what cannot be sent stays there.
    async fn publish(&self, pending: Pending) -> Result<(), Failure> {
        let Some((positions, events)) = pending.split() else {
            return Ok(());
        };
        self.publisher.send(events).await?;
        Ok(outbox::forget(&self.catalog, &positions).await?)
    }
}

impl Function for CatalogWrite {
    const NAME: &'static str = "catalog-write";
    type Input = Input;

    async fn handle(&self, input: Input) -> Result<Events, Failure> {
        match input {
            Input::Said(said) => {
                let pending = self.record(&said).await?;
                self.publish(pending).await?;
            }
            Input::Letter(letter) => self.keep(&letter).await?,
            Input::Sweep => self.sweep().await?,
            Input::Unknown => {}
        }
        Ok(Events::none())
    }
}
