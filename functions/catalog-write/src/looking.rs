//! A title is to be looked at again.

use deadpool_postgres::Transaction;
use reeldrop_events::{
    AnalysisMode, AnalysisRequested, Events, MediaProbed, ReanalysisPlanned, Source,
};
use serde_json::Value;

use crate::{Error, title::Title};

const TITLE: &str = "
    select bucket, object, version, size_bytes, name, media, plan from assets where id = $1
      and bucket is not null and media is not null and plan is not null";

/// What is seen stays; requests are counted, so that what an earlier one becomes is known for that. Who asks
/// for what is under way asks for nothing new.
const ASK: &str = "
    insert into analyses (asset, state, revision, mode, asked_mode, objects)
    values ($1, 'planned', 1, coalesce($2, 'batch'), $2, $3)
    on conflict (asset) do update
    set state = 'planned', reason = null, revision = analyses.revision + 1,
        mode = coalesce($2, analyses.mode), asked_mode = $2, objects = $3
    where analyses.state <> 'planned' or coalesce($2, analyses.mode) <> analyses.mode
       or analyses.objects is distinct from $3
    returning revision";

const ASKED: &str = "select asked_mode, objects from analyses where asset = $1 and revision > 0";

/// What went wrong before is of no interest any more, and not to be run again.
const FORGIVE: [&str; 2] = [
    "delete from failures where asset = $1 and step = 'analyze'",
    "delete from dead_letters where asset = $1 and step = 'analyze'",
];

/// `analysis.requested`.
pub(crate) async fn request(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AnalysisRequested,
) -> Result<Events, Error> {
    let planned = ask(transaction, title, said.mode, said.objects.clone()).await?;
    Ok(Events::none().and_all(&planned))
}

/// Asks once more for what was asked for last.
pub(crate) async fn again(
    transaction: &Transaction<'_>,
    title: &Title,
) -> Result<Option<ReanalysisPlanned>, Error> {
    let asked = transaction.query_opt(ASKED, &[&title.asset.0]).await?;
    let (mode, objects) = match asked {
        Some(row) => {
            let mode: Option<&str> = row.try_get("asked_mode")?;
            let mode = mode.and_then(|mode| mode.parse().ok());
            (mode, row.try_get("objects")?)
        }
        None => (None, None),
    };
    ask(transaction, title, mode, objects).await
}

/// None of a title that is not understood, as nobody knows what to look at, and none where that is under way.
async fn ask(
    transaction: &Transaction<'_>,
    title: &Title,
    mode: Option<AnalysisMode>,
    objects: Option<String>,
) -> Result<Option<ReanalysisPlanned>, Error> {
    let Some(row) = transaction.query_opt(TITLE, &[&title.asset.0]).await? else {
        return Ok(None);
    };
    let probed = MediaProbed {
        asset: title.asset,
        source: Source {
            bucket: row.try_get("bucket")?,
            object: row.try_get("object")?,
            version: row.try_get("version")?,
            size_bytes: row.try_get::<_, i64>("size_bytes")?.unsigned_abs(),
        },
        name: row.try_get("name")?,
        media: serde_json::from_value(row.try_get::<_, Value>("media")?)?,
        plan: serde_json::from_value(row.try_get::<_, Value>("plan")?)?,
    };
    let word = mode.map(AnalysisMode::as_str);
    let asked = transaction
        .query_opt(ASK, &[&title.asset.0, &word, &objects])
        .await?;
    let Some(asked) = asked else {
        return Ok(None);
    };
    for statement in FORGIVE {
        transaction.execute(statement, &[&title.asset.0]).await?;
    }
    Ok(Some(ReanalysisPlanned {
        probed,
        revision: asked.try_get::<_, i32>("revision")?.unsigned_abs(),
        mode,
        objects,
    }))
}
