//! What each function's user in the catalog may do, and what not.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{collections::BTreeSet, path::Path};

use reeldrop_catalog::{CatalogError, testing::TestDatabase};
use tokio_postgres::error::SqlState;

/// Everything that is read.
const READ: [&str; 5] = [
    "select * from content_keys",
    "select * from upload_documents",
    "select * from assets join packages on asset = id",
    "select * from troubles",
    "select * from title_times('ready')",
];

/// What nobody but the writer of titles does.
const WRITE: [&str; 7] = [
    "delete from content_keys",
    "update assets set state = 'ready'",
    "update packages set kid = null",
    "delete from dead_letters",
    "insert into outbox (asset, id, type, data) values (gen_random_uuid(), gen_random_uuid(), 'x', '{}')",
    "create table another ()",
    "drop table segments",
];

async fn refuses(database: &TestDatabase, statement: &str) {
    let client = database.catalog.connection().await.unwrap();
    let refused = client.batch_execute(statement).await;
    let refused = refused.expect_err(statement);
    let code = refused.code();
    assert_eq!(
        code,
        Some(&SqlState::INSUFFICIENT_PRIVILEGE),
        "{statement}: {refused}"
    );
}

#[tokio::test]
async fn who_reads_titles_writes_nothing_but_keys() {
    for function in ["encrypt-package", "portal"] {
        let database = TestDatabase::of(function).await;
        let client = database.catalog.connection().await.unwrap();
        for statement in READ {
            let read = client.batch_execute(statement).await;
            assert!(read.is_ok(), "{function}: {statement}: {read:?}");
        }
        for statement in WRITE {
            refuses(&database, statement).await;
        }
    }
    let database = TestDatabase::of("encrypt-package").await;
    let statement = "insert into upload_documents (object, document) values ('a', 'b')";
    refuses(&database, statement).await;
}

#[tokio::test]
async fn who_has_no_rights_sees_nothing() {
    let database = TestDatabase::of("catalog-write").await;
    let client = database.client().await;
    let role = format!("reeldrop-probe-{}", uuid::Uuid::new_v4().simple());
    let role = format!("create role \"{role}\"; set role \"{role}\"");
    client.batch_execute(&role).await.unwrap();
    for statement in READ.iter().chain(&WRITE) {
        let refused = client.batch_execute(statement).await;
        let refused = refused.expect_err(statement);
        let code = refused.code();
        assert_eq!(code, Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}");
    }
}

#[tokio::test]
async fn the_writer_does_all_that_others_do_not() {
    let database = TestDatabase::of("catalog-write").await;
    let client = database.catalog.connection().await.unwrap();
    for statement in READ.iter().chain(&WRITE) {
        let done = client.batch_execute(statement).await;
        assert!(done.is_ok(), "{statement}: {done:?}");
    }
}

#[tokio::test]
async fn whoever_may_not_make_tables_starts_on_those_that_are_there() {
    let database = TestDatabase::of("portal").await;
    database.catalog.migrate().await.unwrap();
    let client = database.client().await;
    let older = "delete from refinery_schema_history where version > 1";
    client.batch_execute(older).await.unwrap();
    let refused = database.catalog.migrate().await.unwrap_err();
    assert!(matches!(refused, CatalogError::Migration(_)), "{refused}");
}

#[tokio::test]
async fn a_schema_of_a_later_version_is_left_alone() {
    let database = TestDatabase::of("catalog-write").await;
    let client = database.client().await;
    let newer = "insert into refinery_schema_history (version, name, applied_on, checksum)
        values (9999, 'of_a_later_version', '2030-01-01T00:00:00Z', '1')";
    client.batch_execute(newer).await.unwrap();
    database.catalog.migrate().await.unwrap();
}

#[test]
fn the_functions_with_rights_are_those_that_terraform_gives_a_user() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    let rights = read("common/catalog/rights.sql");
    let named: BTreeSet<_> = rights
        .split("\"reeldrop-")
        .skip(1)
        .map(|rest| rest.split('@').next().unwrap())
        .collect();
    let functions = read("terraform/functions.tf");
    let mut users = BTreeSet::new();
    let mut function = "";
    for line in functions.lines() {
        if let Some((name, _)) = line.trim().split_once(" = {") {
            function = name.trim();
        }
        if line.contains("database") && line.contains("= true") {
            users.insert(function);
        }
    }
    assert_eq!(named, users);
}
