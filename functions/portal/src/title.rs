//! A title as the API shows it.

use reeldrop_catalog::{
    Asset, AssetDetail, AssetState, Caption, Progress, RenditionKind, StepProgress, TranscriptState,
};
use reeldrop_events::{CaptionKind, CaptionOrigin, Plan};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{addresses::Addresses, api::detections::Looked};

/// A title, as lists show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Title {
    /// Its id.
    asset: Uuid,
    /// Its number, from 1: the higher, the newer. The older platform's `input_content_id`.
    number: i64,
    /// Name of the uploaded file.
    file: String,
    /// `received`, `rejected`, `processing`, `playable`, `ready` or `failed`.
    #[schema(value_type = String, example = "ready")]
    state: AssetState,
    /// Why it was rejected or has failed, in a sentence.
    reason: Option<String>,
    /// The step that failed.
    failed_step: Option<String>,
    /// Duration in milliseconds.
    duration_ms: Option<u64>,
    /// Width of the picture in pixels, upright and square.
    width: Option<u32>,
    /// Height of the picture in pixels.
    height: Option<u32>,
    /// Size of the uploaded file in bytes.
    size_bytes: Option<u64>,
    /// When the upload was first heard of.
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
    /// Milliseconds from then until its beginning could be played.
    first_playable_ms: Option<u64>,
    /// Milliseconds from then until all of it was there.
    ready_ms: Option<u64>,
    /// Address of the HLS multivariant playlist, for some hours.
    hls: Option<String>,
    /// The same for hls.js, which takes keys in another form.
    hls_js: Option<String>,
    /// Address of the DASH manifest, for some hours.
    dash: Option<String>,
    /// Address of the page that plays it.
    watch: String,
    /// Address of the poster (JPEG).
    poster: Option<String>,
    /// Address of the storyboard (WebVTT).
    storyboard: Option<String>,
    /// Address of the animated preview (WebP).
    preview: Option<String>,
    /// How far it is.
    progress: Steps,
}

/// How far a title is.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Steps {
    /// Of the whole, from 0 to 100.
    percent: f64,
    /// Milliseconds that are left at the pace so far.
    eta_ms: Option<u64>,
    /// Each step; empty until the file is understood.
    steps: Vec<Step>,
}

/// How far one step is.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Step {
    /// Name of the function.
    step: &'static str,
    /// What it does, for a person.
    label: &'static str,
    /// Pieces of work done.
    done: u32,
    /// Pieces of work in all; 0 while that is not known.
    total: u32,
}

/// All of a title.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TitleDetail {
    #[serde(flatten)]
    title: Title,
    /// Its encrypted editions, in order.
    packages: Vec<Package>,
    /// What it can be played in.
    renditions: Vec<Rendition>,
    /// Its caption tracks.
    captions: Vec<Captions>,
    /// Whether somebody has listened to it; nothing where it has no sound, or not yet.
    transcript: Option<Transcript>,
    /// Whether somebody has looked at it; nothing before the file is understood.
    analysis: Option<Looked>,
    /// Events of it that a function could not take.
    dead_letters: Vec<DeadLetter>,
}

/// A caption track.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Captions {
    /// BCP 47 language.
    language: String,
    /// Name to show in a menu.
    label: String,
    /// `speech` where a machine has listened, `source` of the uploaded file, `import` of a person.
    #[schema(value_type = String, example = "speech")]
    origin: CaptionOrigin,
    /// `full` of all that is said, `sdh` beside these with what else is heard, `forced` of what everybody
    /// has to read.
    #[schema(value_type = String, example = "full")]
    kind: CaptionKind,
    /// Whether it is shown unasked.
    default: bool,
    /// Address of the whole track (WebVTT).
    vtt: String,
    /// Address of the whole track (SubRip).
    srt: String,
    /// Address of the words with their times (JSON).
    words: Option<String>,
}

/// Whether somebody has listened to the title.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Transcript {
    /// `planned`, `completed`, `skipped` or `failed`.
    #[schema(value_type = String, example = "completed")]
    state: TranscriptState,
    /// Why nobody listens, or could.
    reason: Option<String>,
}

/// One encrypted edition of a title.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Package {
    /// Which package of the title, from 1.
    package: u32,
    /// Its number among all titles' packages: the older platform's `packaged_content_id`.
    number: i64,
    /// Its key id, once it has a key.
    kid: Option<Uuid>,
    /// `cbcs`, `cenc` or `none`, once that is known.
    scheme: Option<&'static str>,
    /// `waiting`, `processing`, `playable`, `ready` or `failed`.
    state: &'static str,
    /// Why it failed, in a sentence.
    reason: Option<String>,
    /// Address of its HLS multivariant playlist.
    hls: Option<String>,
    /// Address of its DASH manifest.
    dash: Option<String>,
}

/// A rendition, as far as it is published.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Rendition {
    /// Its name in the manifests.
    name: String,
    /// `video` or `audio`.
    kind: &'static str,
    /// RFC 6381 codec.
    codec: String,
    /// Width in pixels.
    width: Option<u32>,
    /// Height in pixels.
    height: Option<u32>,
    /// Highest bit rate of video, bits per second.
    max_bitrate_bps: Option<u64>,
    /// Constant rate factor of video, on the encoder's scale.
    crf: Option<u32>,
    /// The video encoder's preset.
    preset: Option<String>,
    /// Segments that are there.
    segments: u32,
    /// Their size in bytes.
    bytes: u64,
    /// Their duration in milliseconds.
    duration_ms: u64,
}

/// An event that a function could not take, as often as the broker tried.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct DeadLetter {
    /// The function.
    step: String,
    /// CloudEvents `type`.
    #[serde(rename = "type")]
    ty: String,
    /// What the function said.
    reason: String,
    /// When the broker gave it up.
    #[serde(with = "time::serde::rfc3339")]
    failed_at: OffsetDateTime,
}

/// Where players begin (ISO/IEC 23009-1, C.4). dash.js takes what is still growing for a broadcast, whose
/// newest moment is told by the clock; that moment may not be there yet.
const FROM_THE_START: &str = "#t=0";

/// The multivariant playlist for hls.js lies beside the other.
fn for_hls_js(key: &str) -> String {
    let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/stream-clearkey.m3u8")
}

impl Title {
    pub(crate) fn new(asset: Asset, addresses: &Addresses) -> Self {
        let media = |key: &String| addresses.media(key);
        let id = asset.id;
        let manifest = |key: &String| addresses.manifest(id, key);
        let pictures = asset.pictures.as_ref();
        Self {
            asset: asset.id.0,
            number: asset.number,
            state: asset.state,
            duration_ms: asset.duration_ms,
            width: asset.width,
            height: asset.height,
            size_bytes: asset.source.as_ref().map(|source| source.size_bytes),
            created: asset.created_at,
            first_playable_ms: asset.first_playable_ms(),
            ready_ms: asset.ready_ms(),
            hls: asset.hls.as_ref().map(manifest),
            hls_js: asset
                .hls
                .as_ref()
                .map(|key| for_hls_js(key))
                .as_ref()
                .map(manifest),
            dash: asset.dash.as_ref().map(|key| {
                // One that failed may have stopped growing half way.
                let grows = matches!(asset.state, AssetState::Playable | AssetState::Failed);
                manifest(key) + if grows { FROM_THE_START } else { "" }
            }),
            watch: addresses.watch(asset.id),
            poster: pictures.map(|pictures| media(&pictures.poster)),
            storyboard: pictures.and_then(|pictures| pictures.storyboard.as_ref().map(media)),
            preview: pictures.and_then(|pictures| pictures.preview.as_ref().map(media)),
            progress: Steps::new(&asset.progress),
            file: asset.name,
            reason: asset.reason,
            failed_step: asset.failed_step,
        }
    }
}

impl TitleDetail {
    pub(crate) fn new(detail: AssetDetail, addresses: &Addresses) -> Self {
        let plan = detail.plan;
        Self {
            packages: detail
                .packages
                .into_iter()
                .map(|package| Package::new(package, addresses))
                .collect(),
            renditions: detail
                .renditions
                .into_iter()
                .map(|rendition| Rendition::new(rendition, plan.as_ref()))
                .collect(),
            captions: detail
                .captions
                .into_iter()
                .map(|caption| Captions::new(caption, addresses))
                .collect(),
            transcript: detail.transcript.map(|transcript| Transcript {
                state: transcript.state,
                reason: transcript.reason,
            }),
            analysis: detail
                .analysis
                .map(|analysis| Looked::new(analysis, addresses)),
            dead_letters: detail
                .dead_letters
                .into_iter()
                .map(DeadLetter::new)
                .collect(),
            title: Title::new(detail.asset, addresses),
        }
    }
}

impl Steps {
    fn new(progress: &Progress) -> Self {
        let step = |step, label, progress: StepProgress| Step {
            step,
            label,
            done: progress.done,
            total: progress.total,
        };
        Self {
            percent: progress.percent,
            eta_ms: progress.eta_ms,
            steps: vec![
                step("probe", "Looking at the file", progress.probe),
                step("transcode", "Encoding", progress.transcode),
                step("encrypt-package", "Encrypting", progress.package),
                step("thumbnail", "Making pictures", progress.thumbnail),
                step("publish", "Publishing", progress.publish),
            ],
        }
    }
}

impl Package {
    fn new(package: reeldrop_catalog::Package, addresses: &Addresses) -> Self {
        let manifest = |key: String| addresses.manifest(package.asset, &key);
        Self {
            package: package.package.0,
            number: package.number,
            kid: package.kid,
            scheme: package.scheme.map(|scheme| scheme.as_str()),
            state: package.state.as_str(),
            hls: package.hls.map(manifest),
            dash: package.dash.map(manifest),
            reason: package.reason,
        }
    }
}

impl Rendition {
    fn new(published: reeldrop_catalog::PublishedRendition, plan: Option<&Plan>) -> Self {
        let ladder = plan.map_or(&[][..], |plan| &plan.ladder);
        let rung = ladder.iter().find(|rung| rung.name == published.name);
        Self {
            kind: match published.kind {
                RenditionKind::Video => "video",
                RenditionKind::Audio => "audio",
            },
            width: rung.map(|rung| rung.width),
            height: rung.map(|rung| rung.height),
            max_bitrate_bps: rung.map(|rung| rung.max_bitrate_bps),
            crf: rung.map(|rung| rung.crf),
            preset: rung.map(|rung| rung.preset.clone()),
            name: published.name,
            codec: published.codec,
            segments: published.segments,
            bytes: published.bytes,
            duration_ms: published.duration_ms,
        }
    }
}

impl Captions {
    fn new(caption: Caption, addresses: &Addresses) -> Self {
        Self {
            language: caption.language,
            label: caption.label,
            origin: caption.origin,
            kind: caption.kind,
            default: caption.default,
            vtt: addresses.media(&caption.vtt),
            srt: addresses.media(&caption.srt),
            words: caption.words.map(|key| addresses.media(&key)),
        }
    }
}

impl DeadLetter {
    fn new(letter: reeldrop_catalog::DeadLetter) -> Self {
        Self {
            step: letter.step,
            ty: letter.ty,
            reason: letter.reason,
            failed_at: letter.failed_at,
        }
    }
}
