//! The catalog on a real PostgreSQL.

use std::time::Duration;

use futures::StreamExt;
use reeldrop_catalog::{
    CHANNEL, Catalog, CatalogError, Change, ContentKey, KeyStore, ListAssets, MasterKey, Rewrapped,
    testing::TestDatabase,
};
use reeldrop_events::{AssetId, PackageNo, Scheme};
use uuid::Uuid;

fn asset(number: u128) -> AssetId {
    AssetId(Uuid::from_u128(number))
}

fn keys(catalog: &Catalog) -> KeyStore {
    KeyStore::new(catalog.clone(), MasterKey::new(&[3; 32]))
}

#[tokio::test]
async fn processes_that_migrate_at_once_all_succeed() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client
        .batch_execute("drop schema public cascade; create schema public")
        .await
        .unwrap();
    let catalogs: Vec<_> = (0..8)
        .map(|_| Catalog::connect(&database.url).unwrap())
        .collect();
    let migrations = catalogs.iter().map(Catalog::migrate);
    for done in futures::future::join_all(migrations).await {
        done.unwrap();
    }
    let list = ListAssets::default();
    assert!(
        database
            .catalog
            .list(&list)
            .await
            .unwrap()
            .assets
            .is_empty()
    );
}

#[tokio::test]
async fn keys_of_an_earlier_master_key_are_wrapped_again_some_at_a_time() {
    let database = TestDatabase::new().await;
    let under = |master| KeyStore::new(database.catalog.clone(), master);
    let key = |title: u128| ContentKey::with_random_iv(Uuid::from_u128(title), [1; 16]);
    let staged = [(1, [7; 32]), (2, [8; 32]), (3, [7; 32]), (4, [9; 32])];
    for (title, master) in staged {
        let keys = under(MasterKey::new(&master));
        keys.stage(asset(title), &key(title)).await.unwrap();
    }
    let keys = under(MasterKey::new(&[8; 32]).or(&[7; 32]));
    let last = |title: u128| Some((asset(title), Uuid::from_u128(title)));
    let done = |looked_at, rewrapped, unreadable, next| Rewrapped {
        looked_at,
        rewrapped,
        unreadable,
        next,
    };
    let rewrap = async |after| keys.rewrap(after, 3).await.unwrap();
    assert_eq!(rewrap(None).await, done(3, 2, 0, last(3)));
    assert_eq!(rewrap(last(3)).await, done(1, 0, 1, None));
    assert_eq!(rewrap(None).await, done(3, 0, 0, last(3)));
    let new = under(MasterKey::new(&[8; 32]));
    for title in 1..=3 {
        let found = new.by_kid(asset(title), Uuid::from_u128(title)).await;
        assert_eq!(found.unwrap().unwrap().key, [1; 16]);
    }
}

#[tokio::test]
async fn of_two_keys_for_one_package_the_first_stays() {
    let database = TestDatabase::new().await;
    let keys = keys(&database.catalog);
    let offers: Vec<_> = (0..10).map(|_| ContentKey::generate()).collect();
    let answers = futures::future::join_all(
        offers
            .iter()
            .map(|offer| keys.get_or_insert(asset(1), PackageNo::FIRST, offer.clone())),
    )
    .await;
    let first = keys
        .package_key(asset(1), PackageNo::FIRST)
        .await
        .unwrap()
        .unwrap();
    assert!(offers.contains(&first));
    for answer in answers {
        assert_eq!(answer.unwrap(), first);
    }
    assert_eq!(keys.by_kid(asset(1), first.kid).await.unwrap(), Some(first));
}

#[tokio::test]
async fn a_key_id_names_one_key_of_a_title_for_good() {
    let database = TestDatabase::new().await;
    let keys = keys(&database.catalog);
    let key = ContentKey::with_random_iv(Uuid::from_u128(7), [1; 16]);
    keys.stage(asset(1), &key).await.unwrap();
    keys.stage(asset(1), &ContentKey::with_random_iv(key.kid, [1; 16]))
        .await
        .unwrap();
    let other = ContentKey::with_random_iv(key.kid, [2; 16]);
    assert!(matches!(
        keys.stage(asset(1), &other).await,
        Err(CatalogError::OtherKey { .. })
    ));
    keys.stage(asset(2), &other).await.unwrap();
    assert_eq!(
        keys.by_kid(asset(1), key.kid).await.unwrap(),
        Some(key.clone())
    );

    // The staged key may be the first package's as well.
    let kept = keys
        .get_or_insert(asset(1), PackageNo::FIRST, key.clone())
        .await
        .unwrap();
    assert_eq!(kept, key);
}

#[tokio::test]
async fn a_package_that_was_asked_for_by_key_has_that_key() {
    let database = TestDatabase::new().await;
    let keys = keys(&database.catalog);
    let key = ContentKey::with_random_iv(Uuid::from_u128(7), [1; 16]);
    keys.stage(asset(1), &key).await.unwrap();
    let client = database.client().await;
    client
        .execute("insert into assets (id) values ($1)", &[&asset(1).0])
        .await
        .unwrap();
    client
        .execute(
            "insert into packages (asset, package, kid, scheme) values ($1, 2, $2, 'cenc')",
            &[&asset(1).0, &key.kid],
        )
        .await
        .unwrap();
    assert_eq!(
        keys.package_key(asset(1), PackageNo(2)).await.unwrap(),
        Some(key.clone())
    );
    assert_eq!(
        keys.package_key(asset(1), PackageNo::FIRST).await.unwrap(),
        None
    );
    let package = database
        .catalog
        .package_by_key(asset(1), key.kid, Scheme::Cenc)
        .await
        .unwrap();
    assert_eq!(package.unwrap().package, PackageNo(2));
}

#[tokio::test]
async fn a_key_copied_to_another_title_does_not_open_and_none_lies_in_the_clear() {
    let database = TestDatabase::new().await;
    let keys = keys(&database.catalog);
    let key = ContentKey::with_random_iv(Uuid::from_u128(7), *b"0123456789abcdef");
    keys.stage(asset(1), &key).await.unwrap();
    let client = database.client().await;
    client
        .execute(
            "insert into content_keys (asset, kid, wrapped) select $1, kid, wrapped from content_keys",
            &[&asset(2).0],
        )
        .await
        .unwrap();
    assert!(matches!(
        keys.by_kid(asset(2), key.kid).await,
        Err(CatalogError::Unwrap)
    ));
    assert!(!format!("{key:?} {keys:?}").contains("48"));
}

#[tokio::test]
async fn a_deleted_title_gets_no_key() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client
        .execute(
            "insert into assets (id, deleted_at) values ($1, now())",
            &[&asset(1).0],
        )
        .await
        .unwrap();
    let answer = keys(&database.catalog)
        .get_or_insert(asset(1), PackageNo::FIRST, ContentKey::generate())
        .await;
    assert!(matches!(answer, Err(CatalogError::Deleted(_))));
}

#[tokio::test]
async fn changes_are_heard_again_after_the_connection_was_lost() {
    let database = TestDatabase::new().await;
    let mut changes = std::pin::pin!(database.catalog.changes());
    let client = database.client().await;
    for round in 0..2_u128 {
        let heard = tokio::time::timeout(Duration::from_secs(10), changes.next())
            .await
            .unwrap();
        assert_eq!(heard, Some(Change::Listening));
        let id = asset(round);
        client
            .execute("select pg_notify($1, $2)", &[&CHANNEL, &id.to_string()])
            .await
            .unwrap();
        assert_eq!(changes.next().await, Some(Change::Asset(id)));
        client
            .execute(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and query like 'listen%'",
                &[],
            )
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_publish_lock_keeps_the_next_writer_waiting_until_it_goes() {
    let database = TestDatabase::new().await;
    let lock = database.catalog.publish_lock(asset(1)).await.unwrap();
    database
        .catalog
        .publish_lock(asset(2))
        .await
        .unwrap()
        .release()
        .await
        .unwrap();
    let (catalog, released) = (
        database.catalog.clone(),
        std::sync::Arc::new(std::sync::Mutex::new(false)),
    );
    let seen = released.clone();
    let next = tokio::spawn(async move {
        let lock = catalog.publish_lock(asset(1)).await.unwrap();
        assert!(*seen.lock().unwrap(), "two writers at once");
        drop(lock);
        catalog
            .publish_lock(asset(1))
            .await
            .unwrap()
            .release()
            .await
            .unwrap();
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    *released.lock().unwrap() = true;
    lock.release().await.unwrap();
    next.await.unwrap();
}

#[tokio::test]
async fn the_list_goes_on_where_the_page_before_ended() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client
        .execute(
            "insert into assets (id, state, deleted_at)
             select gen_random_uuid(), case n % 2 when 0 then 'ready' else 'failed' end,
                    case n when 5 then now() end
             from generate_series(1, 11) n",
            &[],
        )
        .await
        .unwrap();
    let mut list = ListAssets {
        limit: 4,
        ..ListAssets::default()
    };
    let mut numbers = Vec::new();
    loop {
        let page = database.catalog.list(&list).await.unwrap();
        numbers.extend(page.assets.iter().map(|asset| asset.number));
        list.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(numbers, [11, 10, 9, 8, 7, 6, 4, 3, 2, 1]);
    let ready = ListAssets {
        state: Some("ready".parse().unwrap()),
        ..ListAssets::default()
    };
    assert_eq!(database.catalog.list(&ready).await.unwrap().assets.len(), 5);
    assert_eq!(
        database
            .catalog
            .asset_by_number(11)
            .await
            .unwrap()
            .unwrap()
            .number,
        11
    );
    assert_eq!(database.catalog.asset_by_number(5).await.unwrap(), None);
    let unknown = database
        .catalog
        .publication(asset(9), PackageNo::FIRST)
        .await;
    assert!(matches!(unknown, Err(CatalogError::NoPackage { .. })));
}

#[tokio::test]
async fn all_of_a_title_shows_what_is_there() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client
        .batch_execute(
            "insert into assets (id) values ('00000000-0000-0000-0000-000000000001');
             insert into packages (asset, package) select id, 1 from assets;
             insert into renditions select id, 1, 'a', 'video', 1000, 'avc1' from assets;
             insert into segments select id, 1, 'a', n, n * 500, 500, 10, 5 from assets, generate_series(0, 2) n;
             insert into dead_letters (source, id, step, asset, type, event, essential, reason, destination)
                 select 's', 'i', 'probe', id, 't', '{}', true, 'why', 'd' from assets;",
        )
        .await
        .unwrap();
    let detail = database.catalog.show(asset(1)).await.unwrap().unwrap();
    assert_eq!(detail.renditions[0].duration_ms, 1500);
    assert_eq!(detail.renditions[0].bytes, 30);
    assert_eq!(detail.dead_letters[0].reason, "why");
    assert_eq!(detail.packages.len(), 1);
    assert_eq!(detail.asset.progress.percent, 0.0);
}
