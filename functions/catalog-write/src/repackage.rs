//! Further packages: the published segments of the first one, encrypted again under another key.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use reeldrop_events::{
    AudioPart, AudioRepackagePlanned, Chunk, ChunkRepackagePlanned, Events, PackageNo,
    PackagedRendition, Plan, PublishedSegment, RekeyRequested, Scheme,
};
use tokio_postgres::Row;

use crate::{
    Error,
    manifests::{self, New},
    part::{Step, int},
    probed,
    settle::settle,
    title::Title,
};

/// The same key id and scheme is the same package, the first one included.
const REQUEST: &str = "
    insert into packages (asset, package, kid, scheme, from_package)
    select $1, (select max(package) + 1 from packages where asset = $1), $2, $3, 1
    where not exists (
        select from packages where asset = $1 and kid = $2 and scheme = $3
    ) and not exists (
        select from packages p join content_keys k on k.asset = p.asset and k.package = p.package
        where p.asset = $1 and p.package = 1 and k.kid = $2 and p.scheme = $3
    )";

const WAITING: &str = "
    update packages set planned = true
    where asset = $1 and package > 1 and not planned
      and exists (select from packages where asset = $1 and package = 1 and complete)
    returning package, scheme";

const SOURCE: &str = "
    select a.plan, p.scheme from assets a join packages p on p.asset = a.id and p.package = 1
    where a.id = $1";

const SEGMENTS: &str = "
    select r.name, r.timescale, r.codec, s.number, s.start_ticks, s.duration_ticks, s.bytes, s.samples
    from renditions r join segments s on s.asset = r.asset and s.package = r.package
                                     and s.rendition = r.name
    where r.asset = $1 and r.package = 1
    order by r.name, s.number";

/// `rekey.requested`: the package gets its number now, and its parts once there is something to encrypt.
/// Where there is such a package, its manifests are to say what a key server says of the key now.
pub(crate) async fn request(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &RekeyRequested,
) -> Result<Events, Error> {
    let statement = transaction.prepare_cached(REQUEST).await?;
    let scheme = said.scheme.as_str();
    let new = transaction
        .execute(&statement, &[&title.asset.0, &said.kid, &scheme])
        .await?;
    if new == 0 && said.described > 0 {
        return manifests::again(transaction, title, New::Nothing).await;
    }
    plan_waiting(transaction, title).await
}

/// Plans the packages that waited for the first one to be complete.
pub(crate) async fn plan_waiting(
    transaction: &Transaction<'_>,
    title: &Title,
) -> Result<Events, Error> {
    let statement = transaction.prepare_cached(WAITING).await?;
    let waiting = transaction.query(&statement, &[&title.asset.0]).await?;
    if waiting.is_empty() {
        return Ok(Events::none());
    }
    let published = Published::read(transaction, title).await?;
    let mut events = Events::none();
    for row in &waiting {
        let (package, scheme) = (number(row)?, scheme(row)?);
        probed::parts(&published.plan)?
            .put(transaction, title, package, Step::Planned(None))
            .await?;
        events = published.plan_all(events, title, package, scheme);
    }
    settle(transaction, title.asset).await?;
    Ok(events)
}

fn number(row: &Row) -> Result<PackageNo, Error> {
    let package: i32 = row.try_get("package")?;
    u32::try_from(package)
        .map(PackageNo)
        .map_err(|_| Error::Range("package"))
}

fn scheme(row: &Row) -> Result<Scheme, Error> {
    let scheme: &str = row.try_get("scheme")?;
    scheme.parse().map_err(|_| Error::Range("scheme"))
}

/// The first package, as far as it is published.
pub(crate) struct Published {
    pub(crate) plan: Plan,
    scheme: Scheme,
    renditions: HashMap<String, PackagedRendition>,
}

impl Published {
    /// Reads it.
    pub(crate) async fn read(transaction: &Transaction<'_>, title: &Title) -> Result<Self, Error> {
        let query = transaction.prepare_cached(SOURCE).await?;
        let row = transaction.query_one(&query, &[&title.asset.0]).await?;
        let plan = serde_json::from_value(row.try_get("plan")?)?;
        let scheme = scheme(&row)?;
        let mut renditions = HashMap::new();
        let query = transaction.prepare_cached(SEGMENTS).await?;
        for row in transaction.query(&query, &[&title.asset.0]).await? {
            let name: String = row.try_get("name")?;
            let empty = PackagedRendition {
                name: name.clone(),
                timescale: unsigned(&row, "timescale")?,
                codec: row.try_get("codec")?,
                ..PackagedRendition::default()
            };
            let rendition = renditions.entry(name).or_insert(empty);
            rendition.segments.push(segment(&row)?);
        }
        Ok(Self {
            plan,
            scheme,
            renditions,
        })
    }

    /// An event for each part, in the order in which it plays.
    fn plan_all(
        &self,
        mut events: Events,
        title: &Title,
        package: PackageNo,
        scheme: Scheme,
    ) -> Events {
        for part in &self.plan.audio_parts {
            for rendition in &self.plan.audio {
                events = events.and(&self.audio(title, package, scheme, (&rendition.name, *part)));
            }
        }
        let audio = events.into_vec();
        let chunks = self.plan.chunks.iter();
        let chunks: Vec<_> = chunks
            .map(|chunk| self.chunk(title, package, scheme, *chunk))
            .collect();
        let mut events = Events::none().and_all(&chunks).into_vec();
        events.extend(audio);
        // Both are cut at about the same times: the first of each come first.
        events.sort_by_key(|event| {
            let part = event.data.get("chunk").or_else(|| event.data.get("part"));
            part.and_then(|part| part.get("first_segment"))
                .and_then(serde_json::Value::as_u64)
        });
        Events::from(events)
    }

    /// The event for one chunk.
    pub(crate) fn chunk(
        &self,
        title: &Title,
        package: PackageNo,
        scheme: Scheme,
        chunk: Chunk,
    ) -> ChunkRepackagePlanned {
        let last = chunk.end.is_none();
        let names = self
            .plan
            .ladder
            .iter()
            .map(|rendition| rendition.name.as_str());
        ChunkRepackagePlanned {
            asset: title.asset,
            from: PackageNo::FIRST,
            from_scheme: self.scheme,
            package,
            scheme,
            chunk,
            renditions: names
                .map(|name| self.rendition(name, chunk.first_segment, chunk.segments, last))
                .collect(),
        }
    }

    /// The event for one part of an audio rendition.
    pub(crate) fn audio(
        &self,
        title: &Title,
        package: PackageNo,
        scheme: Scheme,
        (rendition, part): (&str, AudioPart),
    ) -> AudioRepackagePlanned {
        let last = part.end_frame.is_none();
        AudioRepackagePlanned {
            asset: title.asset,
            from: PackageNo::FIRST,
            from_scheme: self.scheme,
            package,
            scheme,
            part,
            rendition: self.rendition(rendition, part.first_segment, part.segments, last),
        }
    }

    /// What of a rendition lies in a part; the last part has all that came.
    fn rendition(&self, name: &str, first: u32, segments: u32, last: bool) -> PackagedRendition {
        let Some(whole) = self.renditions.get(name) else {
            return PackagedRendition {
                name: name.to_owned(),
                timescale: 1,
                ..PackagedRendition::default()
            };
        };
        let within = |number: u32| number >= first && (last || number < first + segments);
        PackagedRendition {
            segments: whole
                .segments
                .iter()
                .copied()
                .filter(|s| within(s.number))
                .collect(),
            ..whole.clone()
        }
    }
}

fn unsigned(row: &Row, column: &'static str) -> Result<u32, Error> {
    let value: i32 = row.try_get(column)?;
    u32::try_from(value).map_err(|_| Error::Range(column))
}

fn segment(row: &Row) -> Result<PublishedSegment, Error> {
    let long = |column| -> Result<u64, Error> { Ok(row.try_get::<_, i64>(column)?.unsigned_abs()) };
    Ok(PublishedSegment {
        number: unsigned(row, "number")?,
        start_ticks: long("start_ticks")?,
        duration_ticks: long("duration_ticks")?,
        bytes: long("bytes")?,
        samples: unsigned(row, "samples")?,
    })
}

/// The numbers of a failed part in the plan, to say its event again.
pub(crate) fn again(
    published: &Published,
    title: &Title,
    (package, scheme): (PackageNo, Scheme),
    (kind, rendition, index): (&str, &str, u32),
) -> Events {
    if kind == "chunk" {
        let chunk = published
            .plan
            .chunks
            .iter()
            .find(|chunk| chunk.index == index);
        return chunk.map_or_else(Events::none, |chunk| {
            Events::of(&published.chunk(title, package, scheme, *chunk))
        });
    }
    let part = published
        .plan
        .audio_parts
        .iter()
        .find(|part| part.index == index);
    part.map_or_else(Events::none, |part| {
        Events::of(&published.audio(title, package, scheme, (rendition, *part)))
    })
}

/// The package's own row, for a retry.
pub(crate) async fn scheme_of(
    transaction: &Transaction<'_>,
    title: &Title,
    package: PackageNo,
) -> Result<Scheme, Error> {
    let query = transaction
        .prepare_cached("select scheme from packages where asset = $1 and package = $2")
        .await?;
    let package = int(package.0, "package")?;
    scheme(
        &transaction
            .query_one(&query, &[&title.asset.0, &package])
            .await?,
    )
}
