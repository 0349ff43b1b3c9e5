#![doc = include_str!("../README.md")]

mod budget;
mod caller_key;
mod config;
mod error;
mod finished;
mod input;
mod key_systems;
mod keys;
mod outline;
mod part;
mod playlists;
mod publish;
mod recipher;
mod rendition;

use reeldrop_catalog::{Catalog, KeyStore};
use reeldrop_events::{AssetId, Events, PackageNo, Payload};
use reeldrop_runtime::{Failure, Function};
use reeldrop_store::Store;

pub use config::Config;
pub use error::Error;
pub use input::Input;

use budget::Budget;
use keys::Keys;
use part::Part;

/// The function, with what it depends on.
#[derive(Debug)]
pub struct EncryptPackage {
    store: Store,
    catalog: Catalog,
    keys: Keys,
    budget: Budget,
    config: Config,
}

impl EncryptPackage {
    /// Reads from and writes to `store`; keys and what is packaged come from the catalog.
    #[must_use]
    pub fn new(store: Store, catalog: Catalog, keys: KeyStore, config: Config) -> Self {
        Self {
            keys: Keys::new(store.clone(), keys),
            budget: Budget::default(),
            store,
            catalog,
            config,
        }
    }

    /// As the environment says.
    ///
    /// # Errors
    /// Where a variable is missing or does not fit, or the master key cannot be read.
    pub async fn from_env() -> anyhow::Result<Self> {
        let catalog = Catalog::from_env()?;
        let keys = KeyStore::new(catalog.clone(), Config::master_key()?);
        let store = Store::from_env().await?;
        Ok(Self::new(store, catalog, keys, Config::from_env()))
    }

    /// Publishes the segments of a part and says which they are.
    async fn package<P: Part>(&self, part: &P) -> Result<Events, Failure> {
        let renditions = self.package_part(part).await;
        match renditions.and_then(|renditions| part.packaged(renditions)) {
            Ok(packaged) => Ok(Events::of(&packaged)),
            Err(error) => error.outcome(part.asset(), part.part()),
        }
    }

    /// Writes the manifests of what is packaged by now and says what they name.
    async fn publish(
        &self,
        asset: AssetId,
        package: PackageNo,
        part: String,
    ) -> Result<Events, Failure> {
        match self.write_manifests(asset, package).await {
            Ok(Some(published)) => Ok(Events::of(&published)),
            Ok(None) => Ok(Events::none()),
            Err(error) => error.outcome(asset, part),
        }
    }
}

impl Function for EncryptPackage {
    const NAME: &'static str = "encrypt-package";
    type Input = Input;

    async fn handle(&self, input: Input) -> Result<Events, Failure> {
        match input {
            Input::ChunkTranscoded(part) => self.package(&*part).await,
            Input::AudioTranscoded(part) => self.package(&*part).await,
            Input::ChunkRepackage(part) => self.package(&*part).await,
            Input::AudioRepackage(part) => self.package(&*part).await,
            Input::Advanced(said) => self.publish(said.asset, said.package, said.part()).await,
            Input::Manifests(said) => self.publish(said.asset, said.package, said.part()).await,
        }
    }
}
