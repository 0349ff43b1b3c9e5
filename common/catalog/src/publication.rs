//! What manifests are written from, and the lock under which they are.

use std::{collections::HashMap, fmt, str::FromStr};

use deadpool_postgres::Object;
use reeldrop_events::{
    AssetId, KeyFrame, Media, PackageNo, Plan, PublishedSegment, Scheme, Source, Tiles,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::{
    Caption, Catalog, CatalogError, Connection,
    captions::captions,
    rows::{count, maybe_word, source, word},
    show::{document, spoken},
    state::UnknownState,
};

/// The first half of the advisory locks that keep manifest writers of one title apart.
const PUBLISH_LOCK: i32 = 0x7075_626c;

const PACKAGE: &str = "
    select a.bucket, a.object, a.version, a.size_bytes, a.media, a.plan, a.deleted_at is not null as deleted,
           p.scheme, p.contiguous::bigint as contiguous, p.complete, a.created_at,
           coalesce((select max(packaged_at) from parts where asset = $1 and package = $2),
                    p.created_at) as packaged_at, t.tiles, k.document
    from assets a
    join packages p on p.asset = a.id and p.package = $2
    left join content_keys k on k.asset = a.id
        and (k.kid = p.kid or (p.kid is null and k.package = p.package))
    left join thumbnails t on t.asset = a.id
    where a.id = $1";

const RENDITIONS: &str = "
    select name, kind, timescale::bigint as timescale, codec from renditions
    where asset = $1 and package = $2";

const SEGMENTS: &str = "
    select rendition, number::bigint as number, start_ticks, duration_ticks, bytes,
           samples::bigint as samples
    from segments where asset = $1 and package = $2 order by rendition, number";

const KEY_FRAMES: &str = "
    select rendition, segment::bigint as segment, start_ticks, \"offset\", bytes
    from key_frames where asset = $1 and package = $2 order by rendition, segment, \"offset\"";

/// Whether a rendition is picture or sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenditionKind {
    /// Moving picture.
    Video,
    /// Sound.
    Audio,
}

impl RenditionKind {
    /// Its word in the catalog.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }
}

impl FromStr for RenditionKind {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "video" => Ok(Self::Video),
            "audio" => Ok(Self::Audio),
            other => Err(UnknownState::of(other)),
        }
    }
}

/// A rendition as far as it is packaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicationRendition {
    /// Its name in the plan.
    pub name: String,
    /// Picture or sound.
    pub kind: RenditionKind,
    /// Ticks per second of the track.
    pub timescale: u32,
    /// RFC 6381 codec.
    pub codec: String,
    /// All segments that are packaged, by number; there may be gaps after
    /// [`Publication::contiguous_segments`].
    pub segments: Vec<PublishedSegment>,
    /// Key frames of these segments that decode alone, in order.
    pub key_frames: Vec<KeyFrame>,
}

/// What the manifests of a package are written from.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    /// The uploaded file.
    pub source: Source,
    /// What the source is.
    pub media: Media,
    /// What is made of it.
    pub plan: Plan,
    /// How the package is encrypted.
    pub scheme: Scheme,
    /// What a key server says of its key, where one does.
    pub key_document: Option<String>,
    /// The video renditions in the ladder's order, then the audio renditions in the plan's; those of
    /// which nothing is packaged yet are left out.
    pub renditions: Vec<PublicationRendition>,
    /// Caption tracks that are there.
    pub captions: Vec<Caption>,
    /// How the sheets of the storyboard are laid out, once they are there.
    pub storyboard: Option<Tiles>,
    /// Segments from the start that every rendition has.
    pub contiguous_segments: u32,
    /// Whether every part is packaged.
    pub complete: bool,
    /// When the title's upload was first heard of.
    pub created_at: OffsetDateTime,
    /// When the newest of the parts was packaged.
    pub packaged_at: OffsetDateTime,
}

/// Keeps other manifest writers of the title away until it is released or dropped.
pub struct PublishLock {
    asset: AssetId,
    client: Option<Connection>,
}

impl fmt::Debug for PublishLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublishLock({})", self.asset)
    }
}

impl Catalog {
    /// What the manifests of a package are written from.
    ///
    /// # Errors
    /// [`CatalogError::NoPackage`] before the plan or the package is there,
    /// [`CatalogError::Deleted`] where the title was deleted, and what the database says.
    pub async fn publication(
        &self,
        asset: AssetId,
        package: PackageNo,
    ) -> Result<Publication, CatalogError> {
        publication(&self.connection().await?, asset, package).await
    }

    /// Waits until no other process writes manifests of the title.
    ///
    /// # Errors
    /// What the database says.
    pub async fn publish_lock(&self, asset: AssetId) -> Result<PublishLock, CatalogError> {
        let client = self.connection().await?;
        // From here on a drop closes the connection, and with it the transaction and the lock.
        let lock = PublishLock {
            asset,
            client: Some(client),
        };
        let client = lock.connection()?;
        client.batch_execute("begin").await?;
        client
            .execute(
                "select pg_advisory_xact_lock($1, hashtext($2))",
                &[&PUBLISH_LOCK, &asset.to_string()],
            )
            .await?;
        Ok(lock)
    }
}

impl PublishLock {
    /// [`Catalog::publication`] over the lock's own connection, so that writers that hold locks
    /// never wait for each other's connections. What it reads is no older than the lock.
    ///
    /// # Errors
    /// As [`Catalog::publication`].
    pub async fn publication(&self, package: PackageNo) -> Result<Publication, CatalogError> {
        publication(self.connection()?, self.asset, package).await
    }

    /// Lets the next writer in.
    ///
    /// # Errors
    /// What the database says; the lock is gone either way.
    pub async fn release(mut self) -> Result<(), CatalogError> {
        self.connection()?.batch_execute("commit").await?;
        // The connection is as good as new: it may go back to the pool.
        drop(self.client.take());
        Ok(())
    }

    fn connection(&self) -> Result<&Connection, CatalogError> {
        self.client
            .as_ref()
            .ok_or(CatalogError::Deleted(self.asset))
    }
}

impl Drop for PublishLock {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

async fn publication(
    client: &Connection,
    asset: AssetId,
    package: PackageNo,
) -> Result<Publication, CatalogError> {
    let number = i32::try_from(package.0).unwrap_or(i32::MAX);
    let query = client.prepare_cached(PACKAGE).await?;
    let none = CatalogError::NoPackage { asset, package };
    let Some(row) = client.query_opt(&query, &[&asset.0, &number]).await? else {
        return Err(none);
    };
    if row.try_get("deleted")? {
        return Err(CatalogError::Deleted(asset));
    }
    let (Some(source), Some(media), Some(plan), Some(scheme)) = (
        source(&row)?,
        document::<Media>(&row, "media")?,
        document::<Plan>(&row, "plan")?,
        maybe_word(&row, "scheme")?,
    ) else {
        return Err(none);
    };
    Ok(Publication {
        renditions: renditions(client, asset, number, &plan).await?,
        captions: captions(client, asset, spoken(&plan)).await?,
        storyboard: document::<Tiles>(&row, "tiles")?,
        source,
        media,
        plan,
        scheme,
        key_document: row.try_get("document")?,
        contiguous_segments: count(&row, "contiguous")?,
        complete: row.try_get("complete")?,
        created_at: row.try_get("created_at")?,
        packaged_at: row.try_get("packaged_at")?,
    })
}

/// The renditions with their segments, in the plan's order.
async fn renditions(
    client: &Connection,
    asset: AssetId,
    package: i32,
    plan: &Plan,
) -> Result<Vec<PublicationRendition>, CatalogError> {
    let query = client.prepare_cached(RENDITIONS).await?;
    let mut found = HashMap::new();
    for row in client.query(&query, &[&asset.0, &package]).await? {
        let rendition = rendition(&row)?;
        found.insert(rendition.name.clone(), rendition);
    }
    let query = client.prepare_cached(SEGMENTS).await?;
    for row in client.query(&query, &[&asset.0, &package]).await? {
        if let Some(rendition) = found.get_mut(row.try_get::<_, &str>("rendition")?) {
            rendition.segments.push(segment(&row)?);
        }
    }
    let query = client.prepare_cached(KEY_FRAMES).await?;
    for row in client.query(&query, &[&asset.0, &package]).await? {
        if let Some(rendition) = found.get_mut(row.try_get::<_, &str>("rendition")?) {
            rendition.key_frames.push(key_frame(&row)?);
        }
    }
    let names = plan.ladder.iter().map(|rendition| &rendition.name);
    let names = names.chain(plan.audio.iter().map(|rendition| &rendition.name));
    Ok(names.filter_map(|name| found.remove(name)).collect())
}

fn rendition(row: &Row) -> Result<PublicationRendition, CatalogError> {
    Ok(PublicationRendition {
        name: row.try_get("name")?,
        kind: word(row, "kind")?,
        timescale: count(row, "timescale")?,
        codec: row.try_get("codec")?,
        segments: Vec::new(),
        key_frames: Vec::new(),
    })
}

fn key_frame(row: &Row) -> Result<KeyFrame, CatalogError> {
    Ok(KeyFrame {
        segment: count(row, "segment")?,
        start_ticks: count(row, "start_ticks")?,
        offset: count(row, "offset")?,
        bytes: count(row, "bytes")?,
    })
}

fn segment(row: &Row) -> Result<PublishedSegment, CatalogError> {
    Ok(PublishedSegment {
        number: count(row, "number")?,
        start_ticks: count(row, "start_ticks")?,
        duration_ticks: count(row, "duration_ticks")?,
        bytes: count(row, "bytes")?,
        samples: count(row, "samples")?,
    })
}
