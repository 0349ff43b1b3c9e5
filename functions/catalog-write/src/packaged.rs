//! Segments in the media bucket.

use deadpool_postgres::Transaction;
use reeldrop_events::{
    AudioPackaged, ChunkPackaged, Events, PackageNo, PackagedRendition, PublishedSegment,
};

use crate::{
    Error, advance, key_frames,
    part::{Parts, Step, int},
    settle::settle,
    title::Title,
};

/// Parts of one rendition may name different levels of a codec: the highest is what a player needs.
const RENDITIONS: &str = "
    insert into renditions (asset, package, name, kind, timescale, codec)
    select $1, $2, r.name, $3, r.timescale, r.codec
    from unnest($4::text[], $5::int[], $6::text[]) as r (name, timescale, codec)
    on conflict (asset, package, name) do update set codec = excluded.codec
    where renditions.codec < excluded.codec";

const SEGMENTS: &str = "
    insert into segments (asset, package, rendition, number, start_ticks, duration_ticks, bytes, samples)
    select $1, $2, s.*
    from unnest($3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[], $8::int[]) s
    on conflict (asset, package, rendition, number) do update
    set start_ticks = excluded.start_ticks, duration_ticks = excluded.duration_ticks,
        bytes = excluded.bytes, samples = excluded.samples";

/// `chunk.packaged`.
pub(crate) async fn chunk(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &ChunkPackaged,
) -> Result<Events, Error> {
    let renditions: Vec<&PackagedRendition> = said.renditions.iter().collect();
    let parts = Parts::chunk(&said.chunk)?;
    keep(
        transaction,
        title,
        said.package,
        ("video", &renditions),
        &parts,
    )
    .await
}

/// `audio.packaged`.
pub(crate) async fn audio(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AudioPackaged,
) -> Result<Events, Error> {
    let parts = Parts::audio(&said.rendition.name, &said.part)?;
    keep(
        transaction,
        title,
        said.package,
        ("audio", &[&said.rendition]),
        &parts,
    )
    .await
}

async fn keep(
    transaction: &Transaction<'_>,
    title: &Title,
    package: PackageNo,
    (kind, renditions): (&str, &[&PackagedRendition]),
    parts: &Parts,
) -> Result<Events, Error> {
    if package != PackageNo::FIRST && !is_known(transaction, title, package).await? {
        // Only this function gives packages their numbers: this one was never promised.
        return Ok(Events::none());
    }
    // A rendition of which nothing came may not even know its codec.
    let published: Vec<&PackagedRendition> = renditions
        .iter()
        .copied()
        .filter(|rendition| !rendition.segments.is_empty())
        .collect();
    put_renditions(transaction, title, package, kind, &published).await?;
    put_segments(transaction, title, package, &published).await?;
    key_frames::put(transaction, title, package, &published).await?;
    let end = Step::Packaged(end_segment(renditions)?);
    parts.put(transaction, title, package, end).await?;
    let events = advance::join(transaction, title, package).await?;
    if title.troubled {
        settle(transaction, title.asset).await?;
    }
    Ok(events)
}

async fn is_known(
    transaction: &Transaction<'_>,
    title: &Title,
    package: PackageNo,
) -> Result<bool, Error> {
    let query = transaction
        .prepare_cached("select from packages where asset = $1 and package = $2")
        .await?;
    let number = int(package.0, "package")?;
    let row = transaction
        .query_opt(&query, &[&title.asset.0, &number])
        .await?;
    Ok(row.is_some())
}

/// The segment after the last that every rendition has; 0 where the source ended before.
fn end_segment(renditions: &[&PackagedRendition]) -> Result<i32, Error> {
    let ends = renditions.iter().map(|rendition| {
        rendition
            .segments
            .iter()
            .map(|segment| segment.number + 1)
            .max()
            .unwrap_or(0)
    });
    int(ends.min().unwrap_or(0), "segment")
}

async fn put_renditions(
    transaction: &Transaction<'_>,
    title: &Title,
    package: PackageNo,
    kind: &str,
    renditions: &[&PackagedRendition],
) -> Result<(), Error> {
    let names: Vec<&str> = renditions.iter().map(|r| r.name.as_str()).collect();
    let codecs: Vec<&str> = renditions.iter().map(|r| r.codec.as_str()).collect();
    let mut timescales = Vec::with_capacity(renditions.len());
    for rendition in renditions {
        timescales.push(int(rendition.timescale, "timescale")?);
    }
    let package = int(package.0, "package")?;
    let statement = transaction.prepare_cached(RENDITIONS).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &package,
                &kind,
                &names,
                &timescales,
                &codecs,
            ],
        )
        .await?;
    Ok(())
}

async fn put_segments(
    transaction: &Transaction<'_>,
    title: &Title,
    package: PackageNo,
    renditions: &[&PackagedRendition],
) -> Result<(), Error> {
    let mut columns = Columns::default();
    for rendition in renditions {
        for segment in &rendition.segments {
            columns.add(&rendition.name, segment)?;
        }
    }
    let package = int(package.0, "package")?;
    let statement = transaction.prepare_cached(SEGMENTS).await?;
    transaction
        .execute(
            &statement,
            &[
                &title.asset.0,
                &package,
                &columns.renditions,
                &columns.numbers,
                &columns.starts,
                &columns.durations,
                &columns.bytes,
                &columns.samples,
            ],
        )
        .await?;
    Ok(())
}

/// Segments, column by column.
#[derive(Default)]
struct Columns<'a> {
    renditions: Vec<&'a str>,
    numbers: Vec<i32>,
    starts: Vec<i64>,
    durations: Vec<i64>,
    bytes: Vec<i64>,
    samples: Vec<i32>,
}

impl<'a> Columns<'a> {
    fn add(&mut self, rendition: &'a str, segment: &PublishedSegment) -> Result<(), Error> {
        let long = |number: u64| i64::try_from(number).map_err(|_| Error::Range("segment"));
        self.renditions.push(rendition);
        self.numbers.push(int(segment.number, "segment")?);
        self.starts.push(long(segment.start_ticks)?);
        self.durations.push(long(segment.duration_ticks)?);
        self.bytes.push(long(segment.bytes)?);
        self.samples.push(int(segment.samples, "segment")?);
        Ok(())
    }
}
