//! The parts of a plan, and how far each is.

use deadpool_postgres::Transaction;
use reeldrop_events::{
    AudioPart, AudioPlanned, AudioTranscoded, Chunk, ChunkPlanned, ChunkTranscoded, Events,
    PackageNo,
};
use serde_json::Value;

use crate::{Error, settle::settle, title::Title};

/// A part never goes back: the states are ranked, and the highest that was ever said stays.
const PUT: &str = "
    insert into parts (asset, package, kind, rendition, index, first_segment, segments,
                       state, planned, end_segment, transcoded_at, packaged_at)
    select $1, $2, p.kind, p.rendition, p.index, p.first_segment, p.segments,
           $8, $9, $10,
           case when $8 in ('transcoded', 'packaged') then now() end,
           case when $8 = 'packaged' then now() end
    from unnest($3::text[], $4::text[], $5::int[], $6::int[], $7::int[])
        as p (kind, rendition, index, first_segment, segments)
    on conflict (asset, package, kind, rendition, index) do update
    set state = case
            when array_position(array['planned', 'transcoded', 'failed', 'packaged'], excluded.state)
               > array_position(array['planned', 'transcoded', 'failed', 'packaged'], parts.state)
            then excluded.state else parts.state
        end,
        planned = coalesce(parts.planned, excluded.planned),
        end_segment = coalesce(excluded.end_segment, parts.end_segment),
        transcoded_at = coalesce(parts.transcoded_at, excluded.transcoded_at),
        packaged_at = coalesce(parts.packaged_at, excluded.packaged_at)";

/// Parts of one package, column by column.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    kinds: Vec<&'static str>,
    renditions: Vec<String>,
    indices: Vec<i32>,
    first_segments: Vec<i32>,
    segments: Vec<i32>,
}

/// How far parts are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    /// To be made, by the event with this data where that is known.
    Planned(Option<&'a Value>),
    /// Encoded.
    Transcoded,
    /// Packaged, up to before this segment.
    Packaged(i32),
}

impl Parts {
    /// One chunk.
    pub(crate) fn chunk(chunk: &Chunk) -> Result<Self, Error> {
        let mut parts = Self::default();
        parts.add_chunk(chunk)?;
        Ok(parts)
    }

    /// One part of an audio rendition.
    pub(crate) fn audio(rendition: &str, part: &AudioPart) -> Result<Self, Error> {
        let mut parts = Self::default();
        parts.add_audio(rendition, part)?;
        Ok(parts)
    }

    /// Adds a chunk.
    pub(crate) fn add_chunk(&mut self, chunk: &Chunk) -> Result<(), Error> {
        self.add(
            "chunk",
            "",
            [chunk.index, chunk.first_segment, chunk.segments],
        )
    }

    /// Adds a part of an audio rendition.
    pub(crate) fn add_audio(&mut self, rendition: &str, part: &AudioPart) -> Result<(), Error> {
        self.add(
            "audio",
            rendition,
            [part.index, part.first_segment, part.segments],
        )
    }

    fn add(&mut self, kind: &'static str, rendition: &str, numbers: [u32; 3]) -> Result<(), Error> {
        let [index, first_segment, segments] = numbers.map(|number| int(number, "part"));
        self.kinds.push(kind);
        self.renditions.push(rendition.to_owned());
        self.indices.push(index?);
        self.first_segments.push(first_segment?);
        self.segments.push(segments?);
        Ok(())
    }

    /// Keeps how far they are.
    pub(crate) async fn put(
        &self,
        transaction: &Transaction<'_>,
        title: &Title,
        package: PackageNo,
        step: Step<'_>,
    ) -> Result<(), Error> {
        let (state, planned, end_segment) = match step {
            Step::Planned(event) => ("planned", event, None),
            Step::Transcoded => ("transcoded", None, None),
            Step::Packaged(end) => ("packaged", None, Some(end)),
        };
        let package = int(package.0, "package")?;
        let statement = transaction.prepare_cached(PUT).await?;
        transaction
            .execute(
                &statement,
                &[
                    &title.asset.0,
                    &package,
                    &self.kinds,
                    &self.renditions,
                    &self.indices,
                    &self.first_segments,
                    &self.segments,
                    &state,
                    &planned,
                    &end_segment,
                ],
            )
            .await?;
        Ok(())
    }
}

/// A number as PostgreSQL holds it.
pub(crate) fn int(number: u32, what: &'static str) -> Result<i32, Error> {
    i32::try_from(number).map_err(|_| Error::Range(what))
}

/// `chunk.planned`: kept whole, to be said again on a retry.
pub(crate) async fn chunk_planned(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &ChunkPlanned,
) -> Result<Events, Error> {
    let event = serde_json::to_value(said)?;
    let parts = Parts::chunk(&said.chunk)?;
    keep(transaction, title, &parts, Step::Planned(Some(&event))).await
}

/// `audio.planned`: kept whole, to be said again on a retry.
pub(crate) async fn audio_planned(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AudioPlanned,
) -> Result<Events, Error> {
    let event = serde_json::to_value(said)?;
    let parts = Parts::audio(&said.rendition.name, &said.part)?;
    keep(transaction, title, &parts, Step::Planned(Some(&event))).await
}

/// `chunk.transcoded`.
pub(crate) async fn chunk_transcoded(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &ChunkTranscoded,
) -> Result<Events, Error> {
    let parts = Parts::chunk(&said.chunk)?;
    keep(transaction, title, &parts, Step::Transcoded).await
}

/// `audio.transcoded`.
pub(crate) async fn audio_transcoded(
    transaction: &Transaction<'_>,
    title: &Title,
    said: &AudioTranscoded,
) -> Result<Events, Error> {
    let parts = Parts::audio(&said.rendition.name, &said.part)?;
    keep(transaction, title, &parts, Step::Transcoded).await
}

async fn keep(
    transaction: &Transaction<'_>,
    title: &Title,
    parts: &Parts,
    step: Step<'_>,
) -> Result<Events, Error> {
    parts
        .put(transaction, title, PackageNo::FIRST, step)
        .await?;
    if title.troubled {
        settle(transaction, title.asset).await?;
    }
    Ok(Events::none())
}
