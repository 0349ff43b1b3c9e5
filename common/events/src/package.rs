//! Encrypted segments, and the manifests that name them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AssetId, AudioPart, Chunk, PackageNo, Payload, Source};

/// How samples are protected (ISO/IEC 23001-7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// AES-CBC with a 1:9 pattern and a constant IV: section 10.4.
    #[default]
    Cbcs,
    /// AES-CTR: section 10.1.
    Cenc,
    /// In the clear.
    None,
}

impl Scheme {
    /// The name that callers write: `cbcs`, `cenc` or `none`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cbcs => "cbcs",
            Self::Cenc => "cenc",
            Self::None => "none",
        }
    }
}

/// A scheme that is none of the three.
#[derive(Debug, thiserror::Error)]
#[error("encryption scheme {0:?} is unknown: use cbcs, cenc or none")]
pub struct UnknownScheme(String);

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cbcs" => Ok(Self::Cbcs),
            "cenc" => Ok(Self::Cenc),
            "none" => Ok(Self::None),
            other => Err(UnknownScheme(other.to_owned())),
        }
    }
}

/// One published segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedSegment {
    /// Number in the rendition, from 0.
    pub number: u32,
    /// Decode time of its first sample in ticks of the track's timescale.
    pub start_ticks: u64,
    /// Duration in ticks.
    pub duration_ticks: u64,
    /// Size of the published object in bytes.
    pub bytes: u64,
    /// Samples: frames of video, or AAC frames.
    pub samples: u32,
}

/// A key frame that can be fetched and decoded alone: a fragment of one sample inside a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFrame {
    /// Number of the segment that it lies in.
    pub segment: u32,
    /// When it is shown, ticks of the track's timescale.
    pub start_ticks: u64,
    /// Where its `moof` begins in the published segment, bytes.
    pub offset: u64,
    /// Size of `moof` and `mdat` together, bytes.
    pub bytes: u64,
}

/// One rendition of a packaged part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackagedRendition {
    /// Name of the rendition in the plan.
    pub name: String,
    /// Ticks per second of the track.
    pub timescale: u32,
    /// RFC 6381 codec.
    pub codec: String,
    /// Its segments in this part; none where the source ended before it.
    pub segments: Vec<PublishedSegment>,
    /// Key frames of pictures, in order; none where they do not stand in fragments of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_frames: Vec<KeyFrame>,
}

/// `chunk.packaged`: a chunk's segments lie in the media bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkPackaged {
    /// The title.
    pub asset: AssetId,
    /// Which package of it.
    pub package: PackageNo,
    /// The range packaged.
    pub chunk: Chunk,
    /// Each rendition, in the ladder's order.
    pub renditions: Vec<PackagedRendition>,
}

/// `audio.packaged`: a part of an audio rendition lies in the media bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioPackaged {
    /// The title.
    pub asset: AssetId,
    /// Which package of it.
    pub package: PackageNo,
    /// The range packaged.
    pub part: AudioPart,
    /// The rendition.
    pub rendition: PackagedRendition,
}

/// `chunk.repackage.planned`: encrypt a published chunk again under a further package's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkRepackagePlanned {
    /// The title.
    pub asset: AssetId,
    /// The package to read.
    pub from: PackageNo,
    /// How that one is encrypted.
    pub from_scheme: Scheme,
    /// The package to make.
    pub package: PackageNo,
    /// How to encrypt it.
    pub scheme: Scheme,
    /// The range.
    pub chunk: Chunk,
    /// What is published of it in `from`.
    pub renditions: Vec<PackagedRendition>,
}

/// `audio.repackage.planned`: encrypt published audio again under a further package's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioRepackagePlanned {
    /// The title.
    pub asset: AssetId,
    /// The package to read.
    pub from: PackageNo,
    /// How that one is encrypted.
    pub from_scheme: Scheme,
    /// The package to make.
    pub package: PackageNo,
    /// How to encrypt it.
    pub scheme: Scheme,
    /// The range.
    pub part: AudioPart,
    /// What is published of it in `from`.
    pub rendition: PackagedRendition,
}

/// `asset.advanced`: a longer unbroken run from the start is packaged, or everything is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetAdvanced {
    /// The title.
    pub asset: AssetId,
    /// Which package of it.
    pub package: PackageNo,
    /// The uploaded file.
    pub source: Source,
    /// Segments from the start that every rendition has.
    pub segments: u32,
    /// Whether that is all of them.
    pub complete: bool,
}

/// `asset.published`: manifests are written that name a run of segments from the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetPublished {
    /// The title.
    pub asset: AssetId,
    /// Which package of it.
    pub package: PackageNo,
    /// Segments from the start that the manifests name.
    pub segments: u32,
    /// Whether that is all of them, and the manifests are final.
    pub complete: bool,
    /// Milliseconds that can be played.
    pub duration_ms: u64,
    /// Key of the HLS multivariant playlist in the media bucket.
    pub hls: String,
    /// Key of the DASH manifest in the media bucket.
    pub dash: String,
}

macro_rules! package_payload {
    ($name:ident, $ty:literal, $part:expr) => {
        impl Payload for $name {
            const TYPE: &'static str = $ty;

            fn asset(&self) -> AssetId {
                self.asset
            }

            fn part(&self) -> String {
                let part: fn(&Self) -> String = $part;
                part(self)
            }
        }
    };
}

package_payload!(ChunkPackaged, "io.reeldrop.chunk.packaged.v1", |p| {
    format!("{}/{}", p.package, p.chunk.index)
});
package_payload!(AudioPackaged, "io.reeldrop.audio.packaged.v1", |p| {
    format!("{}/{}/{}", p.package, p.rendition.name, p.part.index)
});
package_payload!(
    ChunkRepackagePlanned,
    "io.reeldrop.chunk.repackage.planned.v1",
    |p| { format!("{}/{}", p.package, p.chunk.index) }
);
package_payload!(
    AudioRepackagePlanned,
    "io.reeldrop.audio.repackage.planned.v1",
    |p| { format!("{}/{}/{}", p.package, p.rendition.name, p.part.index) }
);
package_payload!(AssetAdvanced, "io.reeldrop.asset.advanced.v1", |p| {
    format!("{}/{}/{}", p.package, p.segments, p.complete)
});
package_payload!(AssetPublished, "io.reeldrop.asset.published.v1", |p| {
    format!("{}/{}/{}", p.package, p.segments, p.complete)
});
