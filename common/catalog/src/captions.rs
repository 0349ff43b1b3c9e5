//! Caption tracks of a title, and whether somebody has listened to it.

use std::str::FromStr;

use reeldrop_events::{AssetId, CaptionKind, CaptionOrigin};
use serde::Serialize;
use tokio_postgres::Row;

use crate::{Catalog, CatalogError, Connection, rows::count, rows::word, state::UnknownState};

const CAPTIONS: &str = "
    select language, name, label, origin, kind, segment_ticks, duration_ticks,
           segments::bigint as segments, vtt, srt, words
    from captions where asset = $1
    order by language, array_position(array['full', 'sdh', 'forced'], kind)";

/// A caption track that players can fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Caption {
    /// BCP 47 language.
    pub language: String,
    /// Name to show in a menu.
    pub label: String,
    /// Its folder: segments lie at `{asset}/text/{name}/{n}.vtt`.
    pub name: String,
    /// Where it comes from.
    pub origin: CaptionOrigin,
    /// What it is for.
    pub kind: CaptionKind,
    /// Length of a segment at 90 kHz.
    pub segment_ticks: u64,
    /// Length of the track at 90 kHz.
    pub duration_ticks: u64,
    /// How many segments there are.
    pub segments: u32,
    /// Whether players show it unasked: only a translation of what is spoken.
    pub default: bool,
    /// Key of the whole track (WebVTT) in the media bucket.
    pub vtt: String,
    /// Key of the whole track (SubRip).
    pub srt: String,
    /// Key of the words with their times (JSON), where a machine has listened.
    pub words: Option<String>,
}

/// How far listening to a title is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TranscriptState {
    /// Parts of it are still to be heard.
    Planned,
    /// All of it was heard.
    Completed,
    /// Nobody listens.
    Skipped,
    /// It cannot be heard.
    Failed,
}

impl FromStr for TranscriptState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "planned" => Ok(Self::Planned),
            "completed" => Ok(Self::Completed),
            "skipped" => Ok(Self::Skipped),
            "failed" => Ok(Self::Failed),
            other => Err(UnknownState::of(other)),
        }
    }
}

/// Whether somebody has listened to a title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transcript {
    /// How far it is.
    pub state: TranscriptState,
    /// Why nobody listens, or could: in words for a person.
    pub reason: Option<String>,
}

impl Catalog {
    /// Whether somebody has listened to a title; none where it has no sound, or is not yet probed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn transcript(&self, asset: AssetId) -> Result<Option<Transcript>, CatalogError> {
        let client = self.connection().await?;
        let query = client
            .prepare_cached("select state, reason from transcripts where asset = $1")
            .await?;
        let row = client.query_opt(&query, &[&asset.0]).await?;
        row.map(|row| {
            Ok(Transcript {
                state: word(&row, "state")?,
                reason: row.try_get("reason")?,
            })
        })
        .transpose()
    }

    /// The caption tracks of a title whose sound is in `spoken`, where that is known.
    ///
    /// # Errors
    /// What the database says.
    pub async fn captions(
        &self,
        asset: AssetId,
        spoken: Option<&str>,
    ) -> Result<Vec<Caption>, CatalogError> {
        captions(&self.connection().await?, asset, spoken).await
    }
}

pub(crate) async fn captions(
    client: &Connection,
    asset: AssetId,
    spoken: Option<&str>,
) -> Result<Vec<Caption>, CatalogError> {
    let query = client.prepare_cached(CAPTIONS).await?;
    let rows = client.query(&query, &[&asset.0]).await?;
    let mut captions: Vec<Caption> = rows.iter().map(caption).collect::<Result<_, _>>()?;
    let foreign = |caption: &&mut Caption| {
        let full = caption.kind == CaptionKind::Full;
        full && spoken.is_some_and(|spoken| primary(spoken) != primary(&caption.language))
    };
    let none_spoken = !captions
        .iter()
        .filter(|caption| caption.kind == CaptionKind::Full)
        .any(|caption| spoken.is_some_and(|spoken| primary(spoken) == primary(&caption.language)));
    // Who has captions of what is spoken chooses for himself.
    if none_spoken && let Some(first) = captions.iter_mut().find(foreign) {
        first.default = true;
    }
    Ok(captions)
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

fn caption(row: &Row) -> Result<Caption, CatalogError> {
    let (origin, kind): (&str, &str) = (row.try_get("origin")?, row.try_get("kind")?);
    Ok(Caption {
        language: row.try_get("language")?,
        label: row.try_get("label")?,
        name: row.try_get("name")?,
        origin: match origin {
            "import" => CaptionOrigin::Import,
            "source" => CaptionOrigin::Source,
            _ => CaptionOrigin::Speech,
        },
        kind: match kind {
            "sdh" => CaptionKind::Sdh,
            "forced" => CaptionKind::Forced,
            _ => CaptionKind::Full,
        },
        segment_ticks: count(row, "segment_ticks")?,
        duration_ticks: count(row, "duration_ticks")?,
        segments: count(row, "segments")?,
        default: false,
        vtt: row.try_get("vtt")?,
        srt: row.try_get("srt")?,
        words: row.try_get("words")?,
    })
}
