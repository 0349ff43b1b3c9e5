//! The functions' roles, as an installation gives them their rights.

use tokio_postgres::Config;

use super::{TestDatabaseError, connect};
use crate::{Catalog, CatalogError};

/// What an installation applies.
const RIGHTS: &str = include_str!("../../rights.sql");

/// Those that have a user in the catalog (`terraform/functions.tf`).
const FUNCTIONS: [&str; 3] = ["catalog-write", "encrypt-package", "portal"];

fn role(function: &str, project: &str) -> String {
    format!("reeldrop-{function}@{project}.iam")
}

/// The address for a function's role, which has the password of the address, where there is one.
pub(super) fn with_role(url: &str, function: &str, project: &str) -> String {
    let sign = if url.contains('?') { '&' } else { '?' };
    let role = role(function, project).replace('@', "%40");
    format!("{url}{sign}user={role}")
}

/// Makes the roles and, as the one whose they are, the tables: as `docs/operations/install.md` says it.
pub(super) async fn migrate(url: &str, project: &str) -> Result<(), TestDatabaseError> {
    let admin = connect(url).await?;
    let config: Config = url.parse().map_err(CatalogError::Url)?;
    let password = config.get_password().map(String::from_utf8_lossy);
    let password = password.map(|text| format!("password '{}'", text.replace('\'', "''")));
    for function in FUNCTIONS {
        let role = role(function, project);
        let password = password.as_deref().unwrap_or_default();
        admin
            .batch_execute(&format!("create role \"{role}\" login {password}"))
            .await?;
    }
    let rights = RIGHTS.replace("PROJECT", project);
    admin.batch_execute(&rights).await?;
    let catalog = Catalog::connect(&with_role(url, "catalog-write", project))?;
    catalog.migrate().await?;
    catalog.pool.close();
    admin.batch_execute(&rights).await?;
    Ok(())
}
