//! Key frames of published segments.

use deadpool_postgres::Transaction;
use reeldrop_events::{PackageNo, PackagedRendition};

use crate::{Error, part::int, title::Title};

/// A segment that is packaged again may have other key frames.
const FORGET: &str = "
    delete from key_frames k using unnest($3::text[], $4::int[]) as s (rendition, number)
    where k.asset = $1 and k.package = $2 and k.rendition = s.rendition and k.segment = s.number";

const PUT: &str = "
    insert into key_frames (asset, package, rendition, segment, start_ticks, \"offset\", bytes)
    select $1, $2, k.* from unnest($3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[]) k";

/// Keeps the key frames of what is packaged, in place of those that its segments had.
pub(crate) async fn put(
    transaction: &Transaction<'_>,
    title: &Title,
    package: PackageNo,
    renditions: &[&PackagedRendition],
) -> Result<(), Error> {
    let package = int(package.0, "package")?;
    let (names, numbers) = segments(renditions)?;
    let statement = transaction.prepare_cached(FORGET).await?;
    transaction
        .execute(&statement, &[&title.asset.0, &package, &names, &numbers])
        .await?;
    let columns = Columns::of(renditions)?;
    let statement = transaction.prepare_cached(PUT).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &package,
                &columns.renditions,
                &columns.segments,
                &columns.starts,
                &columns.offsets,
                &columns.bytes,
            ],
        )
        .await?;
    Ok(())
}

fn segments<'a>(renditions: &[&'a PackagedRendition]) -> Result<(Vec<&'a str>, Vec<i32>), Error> {
    let mut names = Vec::new();
    let mut numbers = Vec::new();
    for rendition in renditions {
        for segment in &rendition.segments {
            names.push(rendition.name.as_str());
            numbers.push(int(segment.number, "segment")?);
        }
    }
    Ok((names, numbers))
}

/// Key frames, column by column.
#[derive(Default)]
struct Columns<'a> {
    renditions: Vec<&'a str>,
    segments: Vec<i32>,
    starts: Vec<i64>,
    offsets: Vec<i64>,
    bytes: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(renditions: &[&'a PackagedRendition]) -> Result<Self, Error> {
        let long = |number: u64| i64::try_from(number).map_err(|_| Error::Range("key frame"));
        let mut columns = Self::default();
        for rendition in renditions {
            for key in &rendition.key_frames {
                columns.renditions.push(&rendition.name);
                columns.segments.push(int(key.segment, "segment")?);
                columns.starts.push(long(key.start_ticks)?);
                columns.offsets.push(long(key.offset)?);
                columns.bytes.push(long(key.bytes)?);
            }
        }
        Ok(columns)
    }
}
