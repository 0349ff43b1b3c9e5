//! A throwaway PostgreSQL for tests.
//!
//! The first test of a process starts a private cluster, without durability and reachable through
//! a unix socket only; it ends with the process, however that ends. Each test gets a database of
//! its own, copied from a migrated one. Where `REELDROP_TEST_DATABASE_URL` names a server, that one
//! is used instead.

mod cluster;
mod rights;

use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use crate::{Catalog, CatalogError};

static SERVER: OnceCell<Server> = OnceCell::const_new();

/// A server, and what databases on it are made from.
struct Server {
    /// Address of its maintenance database.
    url: String,
    /// Name of the migrated database.
    template: String,
    /// What takes the place of the project in the names of roles: a server may be others', too.
    project: String,
}

/// A migrated database of its own.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    /// Its connection URL.
    pub url: String,
    /// The catalog in it.
    pub catalog: Catalog,
    /// The URL of who may do everything.
    owner_url: String,
}

impl TestDatabase {
    /// Makes one, for who may do everything. The cluster it lies in ends with the test process.
    ///
    /// # Panics
    /// Where PostgreSQL cannot be started: a test cannot go on without.
    pub async fn new() -> Self {
        Self::create(None).await.expect_database()
    }

    /// Makes one that is reached as `function`, with the rights of `rights.sql` and no others.
    ///
    /// # Panics
    /// Where PostgreSQL cannot be started, or there are no rights for the function.
    pub async fn of(function: &str) -> Self {
        Self::create(Some(function)).await.expect_database()
    }

    async fn create(function: Option<&str>) -> Result<Self, TestDatabaseError> {
        let server = SERVER.get_or_try_init(prepare).await?;
        let name = format!("reeldrop_test_{}", Uuid::new_v4().simple());
        let admin = connect(&server.url).await?;
        let template = &server.template;
        admin
            .batch_execute(&format!("create database {name} template {template}"))
            .await?;
        let owner_url = with_database(&server.url, &name);
        let url = match function {
            Some(function) => rights::with_role(&owner_url, function, &server.project),
            None => owner_url.clone(),
        };
        let catalog = Catalog::connect(&url)?;
        Ok(Self {
            url,
            catalog,
            owner_url,
        })
    }

    /// A plain connection, to look at the tables, for who may do everything.
    ///
    /// # Panics
    /// Where the server has gone.
    pub async fn client(&self) -> Client {
        connect(&self.owner_url).await.expect_database()
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

async fn prepare() -> Result<Server, TestDatabaseError> {
    let url = match std::env::var("REELDROP_TEST_DATABASE_URL") {
        Ok(url) => url,
        Err(_) => tokio::task::spawn_blocking(cluster::start)
            .await
            .map_err(std::io::Error::other)??,
    };
    let project = Uuid::new_v4().simple().to_string();
    let template = format!("reeldrop_template_{project}");
    let admin = connect(&url).await?;
    admin
        .batch_execute(&format!("create database {template}"))
        .await?;
    rights::migrate(&with_database(&url, &template), &project).await?;
    // A template that someone is connected to cannot be copied.
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
    Ok(Server {
        url,
        template,
        project,
    })
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
