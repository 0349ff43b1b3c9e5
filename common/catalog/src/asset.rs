//! What the portal shows of a title.

use reeldrop_events::{AssetId, Media, PackageNo, Plan, Scheme, Source};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Analysis, AssetState, Caption, PackageState, Progress, RenditionKind, Transcript};

/// A title in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// Its number, from 1: the older API's `input_content_id`.
    pub number: i64,
    /// Name to show: the one that came with the upload, else the file's.
    pub name: String,
    /// Where it stands.
    pub state: AssetState,
    /// The step that failed, where the state is `failed` (or `probe`, where it is `rejected`).
    pub failed_step: Option<String>,
    /// Why it was rejected or has failed, in a sentence for a person.
    pub reason: Option<String>,
    /// The uploaded file; none where its announcement has not arrived.
    pub source: Option<Source>,
    /// Duration in milliseconds, once probed.
    pub duration_ms: Option<u64>,
    /// Width of the source's picture in pixels, upright and square, once probed.
    pub width: Option<u32>,
    /// Height of it.
    pub height: Option<u32>,
    /// How far it is.
    pub progress: Progress,
    /// The package to play, where there is one.
    pub current_package: Option<PackageNo>,
    /// Key of that package's HLS multivariant playlist in the media bucket.
    pub hls: Option<String>,
    /// Key of its DASH manifest.
    pub dash: Option<String>,
    /// Its pictures, once there is a poster.
    pub pictures: Option<Pictures>,
    /// When the upload was first heard of.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When something last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// When its beginning could first be played.
    #[serde(with = "time::serde::rfc3339::option")]
    pub playable_at: Option<OffsetDateTime>,
    /// When all of it was there.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ready_at: Option<OffsetDateTime>,
}

impl Asset {
    /// Milliseconds from the upload's announcement to when its beginning could be played.
    #[must_use]
    pub fn first_playable_ms(&self) -> Option<u64> {
        milliseconds_between(self.created_at, self.playable_at)
    }

    /// Milliseconds from the upload's announcement to when all of it was there.
    #[must_use]
    pub fn ready_ms(&self) -> Option<u64> {
        milliseconds_between(self.created_at, self.ready_at)
    }
}

fn milliseconds_between(from: OffsetDateTime, to: Option<OffsetDateTime>) -> Option<u64> {
    u64::try_from((to? - from).whole_milliseconds()).ok()
}

/// Where the pictures of a title lie in the media bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pictures {
    /// Key of the poster (JPEG): a first one while the title is being encoded, then the best.
    pub poster: String,
    /// Width of the poster in pixels.
    pub poster_width: u32,
    /// Height of the poster in pixels.
    pub poster_height: u32,
    /// Where the poster's frame lies in the title, milliseconds.
    pub poster_time_ms: u64,
    /// Key of the storyboard's WebVTT, once all of the title is encoded.
    pub storyboard: Option<String>,
    /// Key of the animated preview (WebP), once all of the title is encoded.
    pub preview: Option<String>,
}

/// All of a title.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AssetDetail {
    /// What the list shows too.
    #[serde(flatten)]
    pub asset: Asset,
    /// What the source is, once probed.
    pub media: Option<Media>,
    /// What is made of it, once probed.
    pub plan: Option<Plan>,
    /// Its encrypted editions, in order.
    pub packages: Vec<Package>,
    /// What of the current package (else of the first) is there.
    pub renditions: Vec<PublishedRendition>,
    /// Its caption tracks.
    pub captions: Vec<Caption>,
    /// Whether somebody has listened to it; none where there is no sound, or not yet.
    pub transcript: Option<Transcript>,
    /// Whether somebody has looked at it; none before it is probed.
    pub analysis: Option<Analysis>,
    /// Events of it that a function could not take.
    pub dead_letters: Vec<DeadLetter>,
}

/// One encrypted edition of a title.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Package {
    /// The title.
    pub asset: AssetId,
    /// Which package of it.
    pub package: PackageNo,
    /// Its number among all titles' packages, from 1: the older API's `packaged_content_id`.
    pub number: i64,
    /// Its key id, once it has a key; none for a clear package.
    pub kid: Option<Uuid>,
    /// How it is encrypted; none before the plan is known.
    pub scheme: Option<Scheme>,
    /// Where it stands.
    pub state: PackageState,
    /// Why it failed.
    pub reason: Option<String>,
    /// The package that it is encrypted again from; none for the first.
    pub from_package: Option<PackageNo>,
    /// Parts that are packaged.
    pub parts_done: u32,
    /// Parts that it has.
    pub parts_total: u32,
    /// Segments from the start that the manifests name.
    pub published_segments: u32,
    /// Milliseconds that can be played.
    pub duration_ms: u64,
    /// Key of the HLS multivariant playlist in the media bucket.
    pub hls: Option<String>,
    /// Key of the DASH manifest.
    pub dash: Option<String>,
}

/// A rendition as far as it is published.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PublishedRendition {
    /// Its name in the plan.
    pub name: String,
    /// Picture or sound.
    pub kind: RenditionKind,
    /// RFC 6381 codec.
    pub codec: String,
    /// Segments that are there.
    pub segments: u32,
    /// Their size in bytes.
    pub bytes: u64,
    /// Their duration in milliseconds.
    pub duration_ms: u64,
}

/// An event that a function could not take, as often as the broker tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadLetter {
    /// CloudEvents `source`.
    pub source: String,
    /// CloudEvents `id`.
    pub id: String,
    /// CloudEvents `type`.
    #[serde(rename = "type")]
    pub ty: String,
    /// The title that it is about, where that is known.
    pub asset: Option<AssetId>,
    /// The function that could not take it.
    pub step: String,
    /// Whether the title cannot be finished without it.
    pub essential: bool,
    /// Status that the function last answered with, where it answered.
    pub code: Option<i32>,
    /// What the function said, for a person.
    pub reason: String,
    /// Where it was to be delivered.
    pub destination: String,
    /// The whole event, as CloudEvents JSON.
    pub event: serde_json::Value,
    /// When the broker gave it up.
    #[serde(with = "time::serde::rfc3339")]
    pub failed_at: OffsetDateTime,
}
