//! How long a question takes that is compared with every scene, beside reading as many rows without comparing.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use divan::{Bencher, counter::ItemsCount};
use reeldrop_catalog::{Likeness, testing::TestDatabase};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

const TITLES: u32 = 100;
const SCENES: u32 = 1_000;

/// Scenes in random directions of 512 numbers.
async fn filled() -> TestDatabase {
    let database = TestDatabase::new().await;
    let fill = format!(
        "insert into assets (id, name)
         select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'title ' || n
         from generate_series(1, {TITLES}) n;
         insert into analyses (asset, state, name) select id, 'completed', 'seen' from assets;
         insert into scene_embeddings
         select t.id, 'seen', n, n * 5000, n * 5000 + 5000, n * 5000 + 2500, 'space', 'clip', '1',
                decode(string_agg(md5(t.name || n || m), '' order by m), 'hex')
         from assets t cross join generate_series(1, {SCENES}) n cross join generate_series(1, 32) m
         group by t.id, t.name, n;
         analyze"
    );
    database.client().await.batch_execute(&fill).await.unwrap();
    database
}

#[divan::bench(sample_count = 20)]
fn a_question(bencher: Bencher<'_, '_>) {
    let runtime = Runtime::new().unwrap();
    let database = runtime.block_on(filled());
    let query =
        "select encode(embedding, 'base64') from scene_embeddings where number = 400 limit 1";
    let row =
        runtime.block_on(async { database.client().await.query_one(query, &[]).await.unwrap() });
    let text: String = row.get::<_, String>(0).replace('\n', "");
    let wanted = Likeness {
        space: "space".to_owned(),
        embedding: serde_json::from_value(text.into()).unwrap(),
        least: 0.24,
    };
    bencher.counter(ItemsCount::new(TITLES * SCENES)).bench(|| {
        runtime
            .block_on(database.catalog.alike(&wanted, 30))
            .unwrap()
    });
}

#[divan::bench(sample_count = 20)]
fn rows_alone(bencher: Bencher<'_, '_>) {
    let runtime = Runtime::new().unwrap();
    let database = runtime.block_on(filled());
    let client = runtime.block_on(database.client());
    let query = "select asset, number, embedding from scene_embeddings";
    bencher
        .counter(ItemsCount::new(TITLES * SCENES))
        .bench(|| runtime.block_on(client.query(query, &[])).unwrap().len());
}
