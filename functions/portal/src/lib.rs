#![doc = include_str!("../README.md")]

mod addresses;
mod api;
mod body;
mod config;
mod error;
mod find;
mod headers;
mod key_document;
mod key_text;
mod limit;
mod live;
mod manifest;
mod meaning;
mod media;
mod object_name;
mod packaging;
mod page;
mod range;
mod title;
mod token;

use std::sync::Arc;

use axum::{
    Router,
    extract::FromRef,
    middleware,
    routing::{any, get},
};
use reeldrop_catalog::{Catalog, KeyStore, MasterKey};
use reeldrop_runtime::Publisher;
use reeldrop_store::Store;
use tower_http::compression::CompressionLayer;

pub use config::Config;
pub use error::Error;
use limit::Limit;
use live::Live;
use meaning::Meaning;
use token::Tokens;

/// Name of the service: its folder, image and event source.
pub const NAME: &str = "portal";

/// What all requests share.
#[derive(Clone)]
pub struct Portal {
    config: Arc<Config>,
    catalog: Catalog,
    keys: KeyStore,
    tokens: Tokens,
    limit: Limit,
    store: Store,
    publisher: Publisher,
    live: Live,
    meaning: Meaning,
}

impl Portal {
    /// Connects as the environment says.
    ///
    /// # Errors
    /// [`Error`] where a variable is missing or does not fit, or the catalog cannot be reached.
    pub async fn from_env(publisher: Publisher) -> Result<Self, Error> {
        let config = Config::from_env()?;
        let catalog = Catalog::connect(&config.database_url)?;
        // Whichever process starts first makes the tables.
        catalog.migrate().await?;
        let master = MasterKey::from_file(&config.master_key_file)?;
        let store = Store::from_env().await?;
        Ok(Self::new(config, catalog, master, store, publisher))
    }

    /// Puts the parts together. Called within a tokio runtime, since it begins to listen for news.
    #[must_use]
    pub fn new(
        config: Config,
        catalog: Catalog,
        master: MasterKey,
        store: Store,
        publisher: Publisher,
    ) -> Self {
        Self {
            meaning: Meaning::new(config.analyze_url.as_deref()),
            config: Arc::new(config),
            tokens: Tokens::new(&master),
            limit: Limit::new(),
            keys: KeyStore::new(catalog.clone(), master),
            live: Live::start(&catalog),
            catalog,
            store,
            publisher,
        }
    }
}

impl FromRef<Portal> for Arc<Config> {
    fn from_ref(portal: &Portal) -> Self {
        Self::clone(&portal.config)
    }
}

impl FromRef<Portal> for Tokens {
    fn from_ref(portal: &Portal) -> Self {
        portal.tokens.clone()
    }
}

/// All of the portal's routes.
///
/// # Errors
/// [`Error::Store`] where the store cannot sign an address: the page must be allowed to send there.
pub async fn router(portal: Portal) -> Result<Router, Error> {
    let policy = headers::Policy::new(&portal).await?;
    let (api, document) = api::routes();
    let document = axum::Json(document);
    let routes = Router::new()
        .route("/openapi.json", get(async || document))
        .route("/", get(page::home))
        .route("/watch/{asset}", get(page::watch))
        .route("/{*path}", get(page::file))
        .route("/api/{*path}", any(async || Error::NoRoute))
        .merge(media::routes())
        .merge(api)
        .layer(middleware::from_fn(headers::refuse_other_sites))
        .layer(middleware::from_fn_with_state(policy, headers::protect))
        .layer(CompressionLayer::new().compress_when(headers::worth_compressing))
        .with_state(portal);
    Ok(routes)
}
