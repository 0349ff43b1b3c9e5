//! Connections, and the schema that they find.

use std::{str::FromStr, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use refinery::Migration;
use tokio_postgres::{Client, Config, NoTls};

use crate::{CatalogError, database_url};

/// Connections of one process. A function serves about this many requests at once.
const POOL_SIZE: usize = 16;

/// How long a request waits for a connection before it fails, to be tried again.
const WAIT: Duration = Duration::from_secs(10);

/// The advisory lock under which the schema is changed: "reeldrop" as a number.
const MIGRATION_LOCK: i64 = 0x7265_656c_6472_6f70;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// A connection from the pool: a [`tokio_postgres::Client`] that keeps its prepared statements.
pub type Connection = Object;

/// The catalog: a pool of connections to PostgreSQL.
#[derive(Clone)]
pub struct Catalog {
    pub(crate) pool: Pool,
    pub(crate) config: Config,
}

impl Catalog {
    /// Makes the pool. Connections are opened when they are needed.
    ///
    /// # Errors
    /// [`CatalogError::Url`] where `database_url` is no connection URL.
    pub fn connect(database_url: &str) -> Result<Self, CatalogError> {
        let mut config = Config::from_str(database_url).map_err(CatalogError::Url)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(WAIT);
        }
        if config.get_application_name().is_none() {
            config.application_name("reeldrop");
        }
        let manager = Manager::from_config(
            config.clone(),
            NoTls,
            ManagerConfig {
                // A transaction on a connection that the server has closed fails and is retried by the broker.
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(POOL_SIZE)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| CatalogError::NoRuntime)?;
        Ok(Self { pool, config })
    }

    /// Makes the pool for the database that the environment names: see [`database_url`].
    ///
    /// # Errors
    /// Those of [`database_url`], or [`CatalogError::Url`].
    pub fn from_env() -> Result<Self, CatalogError> {
        Self::connect(&database_url()?)
    }

    /// Brings the schema up to date. Processes that start at once wait for each other. A schema that is
    /// newer than this program is left as it is, and so is one that is not for this user to change.
    ///
    /// # Errors
    /// [`CatalogError`] where the database cannot be reached, or has to be changed and cannot.
    pub async fn migrate(&self) -> Result<(), CatalogError> {
        // A connection of its own: it is closed whatever happens, and the lock with it.
        let mut client = Object::take(self.pool.get().await?);
        client
            .execute("select pg_advisory_lock($1)", &[&MIGRATION_LOCK])
            .await?;
        let runner = embedded::migrations::runner();
        let newest = runner.get_migrations().iter().map(Migration::version).max();
        // The runner makes its own table first, which only the owner of the tables may, and refuses
        // migrations that it does not know.
        if version(&client).await? < newest {
            runner.run_async(&mut *client).await.map_err(Box::new)?;
        }
        client
            .execute("select pg_advisory_unlock($1)", &[&MIGRATION_LOCK])
            .await?;
        Ok(())
    }

    /// A connection, for statements that stand with their writer.
    ///
    /// # Errors
    /// [`CatalogError::Pool`] where there is none in time.
    pub async fn connection(&self) -> Result<Connection, CatalogError> {
        Ok(self.pool.get().await?)
    }
}

/// The newest migration that was applied; none in an empty database.
async fn version(client: &Client) -> Result<Option<i32>, CatalogError> {
    let made = "select to_regclass('refinery_schema_history') is not null as made";
    if !client.query_one(made, &[]).await?.try_get("made")? {
        return Ok(None);
    }
    let newest = "select max(version) as version from refinery_schema_history";
    Ok(client.query_one(newest, &[]).await?.try_get("version")?)
}
