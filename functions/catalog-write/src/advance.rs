//! The join of parts: how long an unbroken run from the start is packaged.

use deadpool_postgres::Transaction;
use reeldrop_events::{AssetAdvanced, Events, PackageNo, Source, StepFailed};

use crate::{Error, failure, part::int, pictures, repackage, title::Title};

/// Each of the first runs is announced: that is when someone waits for the title to play.
const FIRST_ADVANCES: i32 = 10;

/// Later a run is announced when it has grown by this many percent: manifests are written again,
/// whole, for each.
const GROWTH_PERCENT: i64 = 5;

/// The run of each track ends at its first part that is not packaged, and earlier where the source
/// has ended; the package's run is the shortest of them. Nothing is known before the plan is.
const JOIN: &str = "
    with gaps as (
        select kind, rendition, min(index) filter (where state <> 'packaged') as gap
        from parts where asset = $1 and package = $2
        group by kind, rendition
    ), runs as (
        select g.gap is null as whole,
               coalesce(max(p.end_segment) filter (where g.gap is null or p.index < g.gap), 0) as run
        from gaps g
        join parts p on p.asset = $1 and p.package = $2
                    and p.kind = g.kind and p.rendition = g.rendition
        group by g.kind, g.rendition, g.gap
    ), joined as (
        select min(run) as run, bool_and(whole) as whole from runs
    )
    update packages k set contiguous = j.run, complete = j.whole
    from joined j join assets a on a.id = $1
    where k.asset = $1 and k.package = $2 and k.planned and j.run is not null
    returning k.contiguous, k.complete, k.advanced_segments, k.advanced_complete, k.advances,
              a.bucket, a.object, a.version, a.size_bytes";

const ANNOUNCED: &str = "
    update packages
    set advanced_segments = $3, advanced_complete = $4, advances = advances + 1
    where asset = $1 and package = $2";

/// A package's run, and what was said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    segments: i32,
    complete: bool,
    announced_segments: i32,
    announced_complete: bool,
    advances: i32,
}

impl Run {
    /// Whether it is time to say so.
    fn is_news(self) -> bool {
        if self.complete {
            return !self.announced_complete;
        }
        let (now, before) = (i64::from(self.segments), i64::from(self.announced_segments));
        now > before
            && (self.advances < FIRST_ADVANCES || now * 100 >= before * (100 + GROWTH_PERCENT))
    }
}

/// Joins the parts of a package, and says what follows.
pub(crate) async fn join(
    transaction: &Transaction<'_>,
    title: &Title,
    package: PackageNo,
) -> Result<Events, Error> {
    if package == PackageNo::FIRST && !title.planned && !is_planned(transaction, title).await? {
        return Ok(Events::none());
    }
    let number = int(package.0, "package")?;
    let statement = transaction.prepare_cached(JOIN).await?;
    let Some(row) = transaction
        .query_opt(&statement, &[&title.asset.0, &number])
        .await?
    else {
        return Ok(Events::none());
    };
    let run = Run {
        segments: row.try_get(0)?,
        complete: row.try_get(1)?,
        announced_segments: row.try_get(2)?,
        announced_complete: row.try_get(3)?,
        advances: row.try_get(4)?,
    };
    if run.complete && run.segments == 0 {
        return empty(transaction, title).await;
    }
    let mut events = Events::none();
    if run.is_news() {
        announced(transaction, title, number, run).await?;
        let source = Source {
            bucket: row.try_get("bucket")?,
            object: row.try_get("object")?,
            version: row.try_get("version")?,
            size_bytes: row.try_get::<_, i64>("size_bytes")?.unsigned_abs(),
        };
        events = events.and(&advanced(title, package, run, source));
        if package == PackageNo::FIRST {
            let grown = (
                run.announced_segments.unsigned_abs(),
                run.segments.unsigned_abs(),
                run.complete,
            );
            let planned = pictures::of_run(transaction, title, grown).await?;
            events = events.and_all(&planned);
        }
    }
    if package == PackageNo::FIRST && run.complete {
        let planned = repackage::plan_waiting(transaction, title)
            .await?
            .into_vec();
        events = Events::from([events.into_vec(), planned].concat());
    }
    Ok(events)
}

fn advanced(title: &Title, package: PackageNo, run: Run, source: Source) -> AssetAdvanced {
    AssetAdvanced {
        asset: title.asset,
        package,
        source,
        segments: run.segments.unsigned_abs(),
        complete: run.complete,
    }
}

/// The lock's answer is older than a plan that this very event has brought.
async fn is_planned(transaction: &Transaction<'_>, title: &Title) -> Result<bool, Error> {
    let query = transaction
        .prepare_cached("select from assets where id = $1 and plan is not null")
        .await?;
    Ok(transaction
        .query_opt(&query, &[&title.asset.0])
        .await?
        .is_some())
}

async fn announced(
    transaction: &Transaction<'_>,
    title: &Title,
    package: i32,
    run: Run,
) -> Result<(), Error> {
    let statement = transaction.prepare_cached(ANNOUNCED).await?;
    transaction
        .execute(
            &statement,
            &[&title.asset.0, &package, &run.segments, &run.complete],
        )
        .await?;
    Ok(())
}

/// Everything was encoded, and nothing came of it.
async fn empty(transaction: &Transaction<'_>, title: &Title) -> Result<Events, Error> {
    let failed = StepFailed {
        asset: title.asset,
        step: "transcode".to_owned(),
        part: String::new(),
        reason: "No picture could be decoded from the file: its video is damaged.".to_owned(),
    };
    failure::keep(transaction, title, &failed).await
}

#[cfg(test)]
mod tests {
    use super::Run;

    fn run(segments: i32, announced_segments: i32, advances: i32) -> Run {
        Run {
            segments,
            complete: false,
            announced_segments,
            announced_complete: false,
            advances,
        }
    }

    #[test]
    fn the_first_ten_runs_are_news_then_growth_by_five_percent_is() {
        assert!(run(1, 0, 0).is_news());
        assert!(!run(1, 1, 1).is_news());
        assert!(run(102, 101, 9).is_news());
        assert!(!run(102, 101, 10).is_news());
        assert!(!run(104, 100, 10).is_news());
        assert!(run(105, 100, 10).is_news());
    }

    #[test]
    fn completion_is_news_once_even_where_the_run_has_not_grown() {
        let whole = Run {
            complete: true,
            ..run(100, 100, 50)
        };
        assert!(whole.is_news());
        assert!(
            !Run {
                announced_complete: true,
                ..whole
            }
            .is_news()
        );
    }
}
