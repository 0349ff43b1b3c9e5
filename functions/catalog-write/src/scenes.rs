//! What scenes look like, kept beside the detections of the same name.

use deadpool_postgres::Transaction;
use reeldrop_events::{SceneEmbedding, SceneEmbeddings};

use crate::{Error, title::Title};

const KEEP: &str = "
    insert into scene_embeddings (asset, name, number, start_ms, end_ms, best_ms, space, model,
                                  version, embedding)
    select $1, $2, $3 + s.n - 1, s.start_ms, s.end_ms, s.best_ms, $7, $8, $9, s.embedding
    from unnest($4::bigint[], $5::bigint[], $6::bigint[], $10::bytea[])
        with ordinality as s (start_ms, end_ms, best_ms, embedding, n)
    on conflict (asset, name, number) do nothing";

/// Some of the title's scenes, once each.
pub(crate) async fn keep(
    transaction: &Transaction<'_>,
    title: &Title,
    name: &str,
    said: &SceneEmbeddings,
) -> Result<(), Error> {
    let times = |of: fn(&SceneEmbedding) -> u64| {
        let times = said.scenes.iter().map(|scene| i64::try_from(of(scene)));
        let times: Result<Vec<i64>, _> = times.collect();
        times.map_err(|_| Error::Range("scene"))
    };
    let embeddings = said.scenes.iter().map(|scene| scene.embedding.to_bytes());
    let statement = transaction.prepare_cached(KEEP).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &name,
                &i64::from(said.first),
                &times(|scene| scene.start_ms)?,
                &times(|scene| scene.end_ms)?,
                &times(|scene| scene.best_ms)?,
                &said.space,
                &said.model.name,
                &said.model.version,
                &embeddings.collect::<Vec<_>>(),
            ],
        )
        .await?;
    Ok(())
}
