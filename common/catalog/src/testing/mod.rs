//! A throwaway PostgreSQL for tests.
//!
//! The first test of a process starts a private cluster, without durability and reachable through
//! a unix socket only; it ends with the process, however that ends. Each test gets a database of
//! its own, copied from a migrated one. Where `REELDROP_TEST_DATABASE_URL` names a server, that one
//! is used instead.

mod cluster;

use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use crate::{Catalog, CatalogError};

/// Address of the server's maintenance database, and the name of the migrated template.
static SERVER: OnceCell<(String, String)> = OnceCell::const_new();

/// A migrated database of its own.
#[derive(Debug)]
pub struct TestDatabase {
    /// Its connection URL.
    pub url: String,
    /// The catalog in it.
    pub catalog: Catalog,
}

impl TestDatabase {
    /// Makes one. The cluster it lies in ends with the test process.
    ///
    /// # Panics
    /// Where PostgreSQL cannot be started: a test cannot go on without.
    pub async fn new() -> Self {
        Self::create().await.expect_database()
    }

    async fn create() -> Result<Self, TestDatabaseError> {
        let (server, template) = SERVER.get_or_try_init(prepare).await?;
        let name = format!("reeldrop_test_{}", Uuid::new_v4().simple());
        let admin = connect(server).await?;
        admin
            .batch_execute(&format!("create database {name} template {template}"))
            .await?;
        let url = with_database(server, &name);
        let catalog = Catalog::connect(&url)?;
        Ok(Self { url, catalog })
    }

    /// A plain connection, to look at the tables.
    ///
    /// # Panics
    /// Where the server has gone.
    pub async fn client(&self) -> Client {
        connect(&self.url).await.expect_database()
    }
}

/// Why there is no database for a test.
#[derive(Debug, thiserror::Error)]
pub enum TestDatabaseError {
    /// The catalog's own reasons.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The server's reasons.
    #[error("the test database server failed: {0}")]
    Database(#[from] tokio_postgres::Error),
    /// The cluster could not be started.
    #[error("a private PostgreSQL cannot be started: {0}")]
    Cluster(#[from] std::io::Error),
}

trait ExpectDatabase<T> {
    fn expect_database(self) -> T;
}

impl<T> ExpectDatabase<T> for Result<T, TestDatabaseError> {
    #[expect(clippy::expect_used, reason = "tests fail by panicking")]
    fn expect_database(self) -> T {
        self.expect("a database for the test")
    }
}

async fn prepare() -> Result<(String, String), TestDatabaseError> {
    let server = match std::env::var("REELDROP_TEST_DATABASE_URL") {
        Ok(url) => url,
        Err(_) => tokio::task::spawn_blocking(cluster::start)
            .await
            .map_err(std::io::Error::other)??,
    };
    let template = format!("reeldrop_template_{}", Uuid::new_v4().simple());
    let admin = connect(&server).await?;
    admin
        .batch_execute(&format!("create database {template}"))
        .await?;
    let catalog = Catalog::connect(&with_database(&server, &template))?;
    catalog.migrate().await?;
    // A template that someone is connected to cannot be copied.
    catalog.pool.close();
    while admin
        .query_opt(
            "select from pg_stat_activity where datname = $1",
            &[&template],
        )
        .await?
        .is_some()
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok((server, template))
}

async fn connect(url: &str) -> Result<Client, TestDatabaseError> {
    let config: Config = url.parse().map_err(CatalogError::Url)?;
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// The URL with another database in it.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let scheme_end = address.find("://").map_or(0, |at| at + 3);
    let path = address[scheme_end..].find('/').map(|at| scheme_end + at);
    let server = &address[..path.unwrap_or(address.len())];
    match query {
        "" => format!("{server}/{name}"),
        query => format!("{server}/{name}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn another_database_takes_the_place_of_the_first() {
        assert_eq!(
            with_database("postgres://u@h:1/a", "b"),
            "postgres://u@h:1/b"
        );
        assert_eq!(
            with_database("postgres://u@%2Ftmp", "b"),
            "postgres://u@%2Ftmp/b"
        );
        assert_eq!(
            with_database("postgres://h/a?x=1", "b"),
            "postgres://h/b?x=1"
        );
    }
}
