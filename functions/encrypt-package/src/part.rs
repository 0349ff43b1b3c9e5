//! The four kinds of part, as one: where its segments are, and what is said when they are published.

use reeldrop_events::{
    AssetId, AudioPackaged, AudioRepackagePlanned, AudioTranscoded, ChunkPackaged,
    ChunkRepackagePlanned, ChunkTranscoded, ClearRendition, PackageNo, PackagedRendition, Payload,
    PublishedSegment, Scheme,
};
use reeldrop_store::{Key, Location, Store};

use crate::{EncryptPackage, Error, recipher::Lock};

/// What the chunks are counted under: no rendition is called so.
const CHUNKS: &str = "video";

/// A part to publish.
pub(crate) trait Part: Payload + Clone + PartialEq {
    /// What is said when it is published.
    type Packaged: Payload;

    /// The package that it is published in.
    fn package(&self) -> PackageNo;

    /// Which parts it is counted among: a rendition's, or the chunks, which make all renditions.
    fn set(&self) -> &str;

    /// Its number among these.
    fn index(&self) -> u32;

    /// Whether its renditions are pictures, which have key frames.
    fn has_pictures(&self) -> bool {
        self.set() == CHUNKS
    }

    /// What its segments are encrypted with, and what they are to be encrypted with.
    async fn locks(&self, function: &EncryptPackage) -> Result<(Lock, Lock), Error>;

    /// Its renditions, and where their segments are.
    fn renditions(&self, store: &Store) -> Vec<Rendition>;

    /// Says that `renditions` are published.
    ///
    /// # Errors
    /// [`Error::Renditions`] where a part of one rendition comes with another number of them.
    fn packaged(&self, renditions: Vec<PackagedRendition>) -> Result<Self::Packaged, Error>;
}

/// One rendition of a part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rendition {
    pub(crate) name: String,
    pub(crate) timescale: u32,
    pub(crate) codec: String,
    /// Its init segment.
    pub(crate) init: Location,
    pub(crate) segments: Vec<Segment>,
}

/// One segment as it is found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Segment {
    /// The object.
    pub(crate) at: Location,
    /// Where the segment begins in it, bytes.
    pub(crate) offset: u64,
    /// The segment, with its size as it is found.
    pub(crate) segment: PublishedSegment,
}

impl Part for ChunkTranscoded {
    type Packaged = ChunkPackaged;

    fn package(&self) -> PackageNo {
        PackageNo::FIRST
    }

    fn set(&self) -> &str {
        CHUNKS
    }

    fn index(&self) -> u32 {
        self.chunk.index
    }

    async fn locks(&self, function: &EncryptPackage) -> Result<(Lock, Lock), Error> {
        first_locks(function, self.asset, &self.source, self.scheme).await
    }

    fn renditions(&self, store: &Store) -> Vec<Rendition> {
        let part = self.chunk.index;
        let renditions = self.renditions.iter();
        renditions
            .map(|rendition| clear(store, self.asset, part, rendition))
            .collect()
    }

    fn packaged(&self, renditions: Vec<PackagedRendition>) -> Result<ChunkPackaged, Error> {
        Ok(ChunkPackaged {
            asset: self.asset,
            package: self.package(),
            chunk: self.chunk,
            renditions,
        })
    }
}

impl Part for AudioTranscoded {
    type Packaged = AudioPackaged;

    fn package(&self) -> PackageNo {
        PackageNo::FIRST
    }

    fn set(&self) -> &str {
        &self.rendition.name
    }

    fn index(&self) -> u32 {
        self.part.index
    }

    async fn locks(&self, function: &EncryptPackage) -> Result<(Lock, Lock), Error> {
        first_locks(function, self.asset, &self.source, self.scheme).await
    }

    fn renditions(&self, store: &Store) -> Vec<Rendition> {
        vec![clear(store, self.asset, self.part.index, &self.rendition)]
    }

    fn packaged(&self, renditions: Vec<PackagedRendition>) -> Result<AudioPackaged, Error> {
        Ok(AudioPackaged {
            asset: self.asset,
            package: self.package(),
            part: self.part,
            rendition: only(renditions)?,
        })
    }
}

impl Part for ChunkRepackagePlanned {
    type Packaged = ChunkPackaged;

    fn package(&self) -> PackageNo {
        self.package
    }

    fn set(&self) -> &str {
        CHUNKS
    }

    fn index(&self) -> u32 {
        self.chunk.index
    }

    async fn locks(&self, function: &EncryptPackage) -> Result<(Lock, Lock), Error> {
        let from = lock(function, self.asset, self.from, self.from_scheme).await?;
        let to = lock(function, self.asset, self.package, self.scheme).await?;
        Ok((from, to))
    }

    fn renditions(&self, store: &Store) -> Vec<Rendition> {
        let renditions = self.renditions.iter();
        renditions
            .map(|rendition| published(store, self.asset, self.from, rendition))
            .collect()
    }

    fn packaged(&self, renditions: Vec<PackagedRendition>) -> Result<ChunkPackaged, Error> {
        Ok(ChunkPackaged {
            asset: self.asset,
            package: self.package,
            chunk: self.chunk,
            renditions,
        })
    }
}

impl Part for AudioRepackagePlanned {
    type Packaged = AudioPackaged;

    fn package(&self) -> PackageNo {
        self.package
    }

    fn set(&self) -> &str {
        &self.rendition.name
    }

    fn index(&self) -> u32 {
        self.part.index
    }

    async fn locks(&self, function: &EncryptPackage) -> Result<(Lock, Lock), Error> {
        let from = lock(function, self.asset, self.from, self.from_scheme).await?;
        let to = lock(function, self.asset, self.package, self.scheme).await?;
        Ok((from, to))
    }

    fn renditions(&self, store: &Store) -> Vec<Rendition> {
        vec![published(store, self.asset, self.from, &self.rendition)]
    }

    fn packaged(&self, renditions: Vec<PackagedRendition>) -> Result<AudioPackaged, Error> {
        Ok(AudioPackaged {
            asset: self.asset,
            package: self.package,
            part: self.part,
            rendition: only(renditions)?,
        })
    }
}

async fn first_locks(
    function: &EncryptPackage,
    asset: AssetId,
    source: &reeldrop_events::Source,
    scheme: Scheme,
) -> Result<(Lock, Lock), Error> {
    let clear = Lock {
        scheme: Scheme::None,
        key: None,
    };
    let key = match scheme {
        Scheme::None => None,
        Scheme::Cbcs | Scheme::Cenc => Some(function.keys.first(asset, source).await?),
    };
    Ok((clear, Lock { scheme, key }))
}

async fn lock(
    function: &EncryptPackage,
    asset: AssetId,
    package: PackageNo,
    scheme: Scheme,
) -> Result<Lock, Error> {
    let key = match scheme {
        Scheme::None => None,
        Scheme::Cbcs | Scheme::Cenc => Some(function.keys.of(asset, package).await?),
    };
    Ok(Lock { scheme, key })
}

fn clear(store: &Store, asset: AssetId, part: u32, found: &ClearRendition) -> Rendition {
    let rendition = found.name.as_str();
    let at = store.at(&Key::ClearPart {
        asset,
        rendition,
        part,
    });
    let segments = found.segments.iter().map(|segment| Segment {
        at: at.clone(),
        offset: segment.offset,
        segment: PublishedSegment {
            number: segment.number,
            start_ticks: segment.start_ticks,
            duration_ticks: segment.duration_ticks,
            bytes: segment.bytes,
            samples: segment.samples,
        },
    });
    Rendition {
        name: found.name.clone(),
        timescale: found.timescale,
        codec: found.codec.clone(),
        init: store.at(&Key::ClearInit { asset, rendition }),
        segments: segments.collect(),
    }
}

fn published(
    store: &Store,
    asset: AssetId,
    package: PackageNo,
    found: &PackagedRendition,
) -> Rendition {
    let rendition = found.name.as_str();
    let segments = found.segments.iter().map(|segment| Segment {
        at: store.at(&Key::Segment {
            asset,
            package,
            rendition,
            number: segment.number,
        }),
        offset: 0,
        segment: *segment,
    });
    Rendition {
        name: found.name.clone(),
        timescale: found.timescale,
        codec: found.codec.clone(),
        init: store.at(&Key::Init {
            asset,
            package,
            rendition,
        }),
        segments: segments.collect(),
    }
}

fn only(renditions: Vec<PackagedRendition>) -> Result<PackagedRendition, Error> {
    let number = renditions.len();
    match <[PackagedRendition; 1]>::try_from(renditions) {
        Ok([rendition]) => Ok(rendition),
        Err(_) => Err(Error::Renditions(number)),
    }
}
