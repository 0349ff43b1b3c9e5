//! Where every object lies: the one place that knows paths, content types and cache rules.

use reeldrop_events::{AssetId, PackageNo};

/// One of the three buckets; their names come from the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// What people drop; fires notifications; never changed by Reeldrop.
    Uploads,
    /// Clear intermediates and notes of what is finished; private; emptied by life cycle after a day.
    Work,
    /// What players fetch.
    Media,
}

/// An object that Reeldrop writes.
#[expect(
    missing_docs,
    reason = "the fields are the changing parts of the path, as `path` shows"
)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key<'a> {
    /// Clear init segment of a rendition.
    ClearInit { asset: AssetId, rendition: &'a str },
    /// Clear fragments of one part (a chunk or an audio part) of a rendition.
    ClearPart {
        asset: AssetId,
        rendition: &'a str,
        part: u32,
    },
    /// The note that a clear part is complete: `set` is a rendition, or `video` for all of a chunk.
    ClearIndex {
        asset: AssetId,
        set: &'a str,
        part: u32,
    },
    /// The note that a part of a package is published: `set` as above.
    PackagedIndex {
        asset: AssetId,
        package: PackageNo,
        set: &'a str,
        part: u32,
    },
    /// The note that the pictures of a title are complete.
    PicturesIndex { asset: AssetId },
    /// Published init segment.
    Init {
        asset: AssetId,
        package: PackageNo,
        rendition: &'a str,
    },
    /// Published media segment.
    Segment {
        asset: AssetId,
        package: PackageNo,
        rendition: &'a str,
        number: u32,
    },
    /// HLS multivariant playlist.
    HlsMultivariant { asset: AssetId, package: PackageNo },
    /// A further HLS playlist beside the multivariant one, by its file name: captions, the
    /// storyboard, the multivariant playlist for hls.js.
    HlsBeside {
        asset: AssetId,
        package: PackageNo,
        file: &'a str,
    },
    /// HLS playlist of a rendition, by its file name: its segments, or its key frames.
    HlsMedia {
        asset: AssetId,
        package: PackageNo,
        rendition: &'a str,
        file: &'a str,
    },
    /// DASH manifest.
    Dash { asset: AssetId, package: PackageNo },
    /// Poster picture.
    Poster { asset: AssetId },
    /// Poster of a title that is still being encoded, picked from this many segments.
    EarlyPoster { asset: AssetId, segments: u32 },
    /// Storyboard cues (WebVTT) that point into the sheets.
    Storyboard { asset: AssetId },
    /// One sprite sheet of the storyboard, from 0.
    StoryboardSheet { asset: AssetId, sheet: u32 },
    /// Animated preview.
    Preview { asset: AssetId },
    /// The note of the words that were heard in a part.
    SpeechIndex { asset: AssetId, part: u32 },
    /// The note of the closed captions that lie in the pictures of a part.
    ClosedCaptionsIndex { asset: AssetId, part: u32 },
    /// The note that a caption track is complete.
    CaptionsIndex { asset: AssetId, name: &'a str },
    /// A caption file that a person has brought, as it came.
    ImportedCaptions { asset: AssetId, name: &'a str },
    /// A whole caption track, WebVTT.
    Captions { asset: AssetId, name: &'a str },
    /// A whole caption track, SubRip.
    CaptionsSrt { asset: AssetId, name: &'a str },
    /// The words of a transcript with their times, JSON.
    CaptionsWords { asset: AssetId, name: &'a str },
    /// The note of what was seen in a part, by the name of the way of looking.
    AnalysisIndex {
        asset: AssetId,
        name: &'a str,
        part: u32,
    },
    /// Says that a title's request to look again is known, from 1.
    AnalysisAsked { asset: AssetId, revision: u32 },
    /// What is seen in a title: detections, scenes, motion (JSON).
    Seen { asset: AssetId, name: &'a str },
    /// Where it is seen, for one stretch of the title, from 0 (JSON).
    SeenStretch {
        asset: AssetId,
        name: &'a str,
        number: u32,
    },
    /// One sheet of stills of what is seen, from 0.
    SeenSheet {
        asset: AssetId,
        name: &'a str,
        sheet: u32,
    },
    /// One WebVTT segment of a caption track, from 0.
    CaptionsSegment {
        asset: AssetId,
        name: &'a str,
        number: u32,
    },
}

impl Key<'_> {
    /// The bucket it lies in.
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        match self {
            Self::ClearInit { .. }
            | Self::ClearPart { .. }
            | Self::ClearIndex { .. }
            | Self::PackagedIndex { .. }
            | Self::PicturesIndex { .. }
            | Self::SpeechIndex { .. }
            | Self::ClosedCaptionsIndex { .. }
            | Self::AnalysisIndex { .. }
            | Self::AnalysisAsked { .. }
            | Self::CaptionsIndex { .. }
            | Self::ImportedCaptions { .. } => Bucket::Work,
            Self::Init { .. }
            | Self::Segment { .. }
            | Self::HlsMultivariant { .. }
            | Self::HlsBeside { .. }
            | Self::HlsMedia { .. }
            | Self::Dash { .. }
            | Self::Poster { .. }
            | Self::EarlyPoster { .. }
            | Self::Storyboard { .. }
            | Self::StoryboardSheet { .. }
            | Self::Preview { .. }
            | Self::Captions { .. }
            | Self::CaptionsSrt { .. }
            | Self::CaptionsWords { .. }
            | Self::CaptionsSegment { .. }
            | Self::Seen { .. }
            | Self::SeenStretch { .. }
            | Self::SeenSheet { .. } => Bucket::Media,
        }
    }

    /// The object's name in its bucket. Everything of an asset begins with its id and `/`.
    #[must_use]
    #[expect(
        clippy::too_many_lines,
        reason = "one line for each key, to be read together"
    )]
    pub fn path(&self) -> String {
        match self {
            Self::ClearInit { asset, rendition } => format!("{asset}/clear/{rendition}/init.mp4"),
            Self::ClearPart {
                asset,
                rendition,
                part,
            } => {
                format!("{asset}/clear/{rendition}/{part:06}.m4s")
            }
            Self::ClearIndex { asset, set, part } => {
                format!("{asset}/clear/{set}/{part:06}.json")
            }
            Self::PackagedIndex {
                asset,
                package,
                set,
                part,
            } => {
                format!("{asset}/packaged/{package}/{set}/{part:06}.json")
            }
            Self::PicturesIndex { asset } => format!("{asset}/pictures.json"),
            Self::Init {
                asset,
                package,
                rendition,
            } => format!("{asset}/{package}/{rendition}/init.mp4"),
            Self::Segment {
                asset,
                package,
                rendition,
                number,
            } => {
                format!("{asset}/{package}/{rendition}/{number:06}.m4s")
            }
            Self::HlsMultivariant { asset, package } => format!("{asset}/{package}/stream.m3u8"),
            Self::HlsBeside {
                asset,
                package,
                file,
            } => format!("{asset}/{package}/{file}"),
            Self::HlsMedia {
                asset,
                package,
                rendition,
                file,
            } => {
                format!("{asset}/{package}/{rendition}/{file}")
            }
            Self::Dash { asset, package } => format!("{asset}/{package}/stream.mpd"),
            Self::Poster { asset } => format!("{asset}/poster.jpg"),
            Self::EarlyPoster { asset, segments } => format!("{asset}/poster-{segments}.jpg"),
            Self::Storyboard { asset } => format!("{asset}/storyboard/index.vtt"),
            Self::StoryboardSheet { asset, sheet } => format!("{asset}/storyboard/{sheet:03}.jpg"),
            Self::Preview { asset } => format!("{asset}/preview.webp"),
            Self::SpeechIndex { asset, part } => format!("{asset}/speech/{part:06}.json"),
            Self::ClosedCaptionsIndex { asset, part } => format!("{asset}/closed/{part:06}.json"),
            Self::AnalysisIndex { asset, name, part } => {
                format!("{asset}/analysis/{name}/{part:06}.json")
            }
            Self::AnalysisAsked { asset, revision } => {
                format!("{asset}/analysis/asked-{revision}.json")
            }
            Self::Seen { asset, name } => format!("{asset}/seen/{name}.json"),
            Self::SeenStretch {
                asset,
                name,
                number,
            } => format!("{asset}/seen/{name}/{number}.json"),
            Self::SeenSheet { asset, name, sheet } => {
                format!("{asset}/seen/{name}/best-{sheet}.jpg")
            }
            Self::CaptionsIndex { asset, name } => format!("{asset}/captions/{name}.json"),
            Self::ImportedCaptions { asset, name } => format!("{asset}/imported/{name}.txt"),
            Self::Captions { asset, name } => format!("{asset}/text/{name}.vtt"),
            Self::CaptionsSrt { asset, name } => format!("{asset}/text/{name}.srt"),
            Self::CaptionsWords { asset, name } => format!("{asset}/text/{name}.json"),
            Self::CaptionsSegment {
                asset,
                name,
                number,
            } => {
                format!("{asset}/text/{name}/{number}.vtt")
            }
        }
    }

    /// The media type that it is stored with.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::ClearInit { .. } | Self::Init { .. } => "video/mp4",
            Self::ClearPart { .. } | Self::Segment { .. } => "video/iso.segment",
            Self::ClearIndex { .. }
            | Self::PackagedIndex { .. }
            | Self::PicturesIndex { .. }
            | Self::SpeechIndex { .. }
            | Self::ClosedCaptionsIndex { .. }
            | Self::AnalysisIndex { .. }
            | Self::AnalysisAsked { .. }
            | Self::Seen { .. }
            | Self::SeenStretch { .. }
            | Self::CaptionsIndex { .. }
            | Self::CaptionsWords { .. } => "application/json",
            Self::HlsMultivariant { .. } | Self::HlsBeside { .. } | Self::HlsMedia { .. } => {
                "application/vnd.apple.mpegurl"
            }
            Self::Dash { .. } => "application/dash+xml",
            Self::Poster { .. }
            | Self::EarlyPoster { .. }
            | Self::StoryboardSheet { .. }
            | Self::SeenSheet { .. } => "image/jpeg",
            Self::Storyboard { .. } | Self::Captions { .. } | Self::CaptionsSegment { .. } => {
                "text/vtt"
            }
            Self::CaptionsSrt { .. } => "application/x-subrip",
            Self::ImportedCaptions { .. } => "text/plain",
            Self::Preview { .. } => "image/webp",
        }
    }

    /// How long caches may keep it: published objects never change, but for manifests, which grow.
    #[must_use]
    pub fn cache_control(&self) -> &'static str {
        match self {
            Self::ClearInit { .. }
            | Self::ClearPart { .. }
            | Self::ClearIndex { .. }
            | Self::PackagedIndex { .. }
            | Self::PicturesIndex { .. }
            | Self::SpeechIndex { .. }
            | Self::ClosedCaptionsIndex { .. }
            | Self::AnalysisIndex { .. }
            | Self::AnalysisAsked { .. }
            | Self::CaptionsIndex { .. }
            | Self::ImportedCaptions { .. } => "private, no-store",
            Self::HlsMultivariant { .. }
            | Self::HlsBeside { .. }
            | Self::HlsMedia { .. }
            | Self::Dash { .. } => "public, max-age=1",
            Self::Init { .. }
            | Self::Segment { .. }
            | Self::Poster { .. }
            | Self::EarlyPoster { .. }
            | Self::Storyboard { .. }
            | Self::StoryboardSheet { .. }
            | Self::Preview { .. }
            | Self::Captions { .. }
            | Self::CaptionsSrt { .. }
            | Self::CaptionsWords { .. }
            | Self::CaptionsSegment { .. }
            | Self::Seen { .. }
            | Self::SeenStretch { .. }
            | Self::SeenSheet { .. } => "public, max-age=31536000, immutable",
        }
    }
}
