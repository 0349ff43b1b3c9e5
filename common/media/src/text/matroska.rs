//! Subtitle tracks of Matroska (RFC 9559): `Cues` name the place of every caption where a muxer wrote
//! them so, and short files are looked through.

use std::{collections::BTreeMap, io};

use super::{
    MOST_BYTES, MOST_CAPTIONS, Payload, Place, TextError, TextFormat, TextTrack,
    ebml::{self, Block, elements, header, text, unsigned},
};
use crate::ReadAt;

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114d_9b74;
const SEEK: u32 = 0x4dbb;
const SEEK_ID: u32 = 0x53ab;
const SEEK_POSITION: u32 = 0x53ac;
const INFO: u32 = 0x1549_a966;
const TIMESTAMP_SCALE: u32 = 0x002a_d7b1;
const TRACKS: u32 = 0x1654_ae6b;
const TRACK_ENTRY: u32 = 0xae;
const CLUSTER: u32 = 0x1f43_b675;
const CLUSTER_TIMESTAMP: u32 = 0xe7;
const CUES: u32 = 0x1c53_bb6b;
const CUE_POINT: u32 = 0xbb;
const CUE_TIME: u32 = 0xb3;
const CUE_TRACK_POSITIONS: u32 = 0xb7;
const CUE_TRACK: u32 = 0xf7;
const CUE_CLUSTER_POSITION: u32 = 0xf1;
const CUE_RELATIVE_POSITION: u32 = 0xf0;
const CUE_DURATION: u32 = 0xb2;

/// An identifier and a size are at most this long.
const HEADER_BYTES: usize = 12;

/// Headers of a block, its group's and its own, and a duration before it.
const BLOCK_HEAD_BYTES: usize = 64;

/// Largest `Tracks`, `Cues` and the like that are read, bytes.
const LARGEST_INDEX: u64 = 16 << 20;

/// Most clusters whose place `Cues` name: each costs a request, one after the other.
const MOST_CLUSTERS: usize = 4_000;

/// Most elements before the first cluster.
const MOST_ELEMENTS: usize = 1_000;

/// Files of at most this size are looked through where `Cues` do not name their captions, bytes: it is
/// what listening to a title costs.
const LOOKED_THROUGH_BYTES: u64 = 64 << 20;

/// Nanoseconds of a tick, where the file does not say.
const DEFAULT_SCALE_NS: u64 = 1_000_000;

/// A Matroska file, as far as its beginning tells.
pub(super) struct File<'a> {
    reader: &'a dyn ReadAt,
    /// Where the segment's content begins: positions count from there.
    segment: u64,
    /// Where its first cluster begins; the file's end where it has none.
    clusters: u64,
    scale_ns: u64,
    tracks: Vec<u8>,
    cues: Option<u64>,
}

/// An element in the file.
struct Found {
    id: u32,
    body: u64,
    /// None where its size is unknown.
    end: Option<u64>,
}

impl<'a> File<'a> {
    /// None where it is no Matroska.
    pub(super) fn open(reader: &'a dyn ReadAt) -> io::Result<Option<Self>> {
        let Some(head) = found(reader, 0)?.filter(|head| head.id == EBML) else {
            return Ok(None);
        };
        let Some(segment) = found(reader, head.end.unwrap_or(0))?.filter(|at| at.id == SEGMENT)
        else {
            return Ok(None);
        };
        let mut file = Self {
            reader,
            segment: segment.body,
            clusters: reader.size_bytes(),
            scale_ns: DEFAULT_SCALE_NS,
            tracks: Vec::new(),
            cues: None,
        };
        file.read_head()?;
        Ok(Some(file))
    }

    fn read_head(&mut self) -> io::Result<()> {
        let mut at = self.segment;
        let (mut sought, mut informed) = (false, false);
        for _ in 0..MOST_ELEMENTS {
            let Some(element) = found(self.reader, at)? else {
                break;
            };
            match element.id {
                CLUSTER => {
                    self.clusters = at;
                    break;
                }
                // Once each: a file may repeat them as often as it likes.
                SEEK_HEAD if self.cues.is_none() && !sought => {
                    sought = true;
                    self.cues = self.cues_of(&self.body(&element)?);
                }
                INFO if !informed => {
                    informed = true;
                    self.scale_ns = scale_ns(&self.body(&element)?);
                }
                TRACKS if self.tracks.is_empty() => self.tracks = self.body(&element)?,
                CUES => self.cues = Some(at),
                _ => {}
            }
            let Some(end) = element.end else { break };
            at = end;
        }
        Ok(())
    }

    /// Content of an element; none of one that is too long.
    fn body(&self, element: &Found) -> io::Result<Vec<u8>> {
        let length = element.end.map_or(0, |end| end - element.body);
        match usize::try_from(length) {
            Ok(bytes) if length <= LARGEST_INDEX => {
                Ok(self.reader.read_at(element.body, bytes)?.to_vec())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn cues_of(&self, seek_head: &[u8]) -> Option<u64> {
        let field = |seek: &[u8], id| {
            elements(seek)
                .find(|e| e.id == id)
                .map(|e| unsigned(e.body))
        };
        let mut seeks = elements(seek_head).filter(|element| element.id == SEEK);
        let cues = seeks.find(|seek| field(seek.body, SEEK_ID) == Some(u64::from(CUES)))?;
        self.segment.checked_add(field(cues.body, SEEK_POSITION)?)
    }

    pub(super) fn tracks(&self) -> Vec<TextTrack> {
        let entries = elements(&self.tracks).filter(|element| element.id == TRACK_ENTRY);
        entries.filter_map(|entry| track(entry.body)).collect()
    }

    /// Where the captions of a track lie.
    pub(super) fn places(&self, id: u64) -> Result<Vec<Place>, TextError> {
        let Some(track) = self.tracks().into_iter().find(|track| track.id == id) else {
            return Err(TextError::NotIndexed);
        };
        let payload = Payload::Block {
            format: track.format,
            track: id,
            timestamp_scale_ns: self.scale_ns,
        };
        let named = self.named(id, payload)?;
        if !named.is_empty() {
            return Ok(named);
        }
        match self.reader.size_bytes() <= LOOKED_THROUGH_BYTES {
            true => self.looked_for(id, payload),
            false => Err(TextError::NotIndexed),
        }
    }

    fn ns(&self, ticks: i64) -> i64 {
        ticks.saturating_mul(i64::try_from(self.scale_ns).unwrap_or(i64::MAX))
    }

    /// The captions that `Cues` name with their place in the cluster.
    fn named(&self, id: u64, payload: Payload) -> Result<Vec<Place>, TextError> {
        let cues = match self.cues {
            Some(at) => found(self.reader, at)?.filter(|cues| cues.id == CUES),
            None => None,
        };
        let Some(cues) = cues else {
            return Ok(Vec::new());
        };
        let cues = self.body(&cues)?;
        let mut places = Vec::new();
        let mut clusters = BTreeMap::new();
        for point in elements(&cues).filter(|element| element.id == CUE_POINT) {
            let time = elements(point.body).find(|element| element.id == CUE_TIME);
            let Some(start_ns) = time.and_then(|time| i64::try_from(unsigned(time.body)).ok())
            else {
                continue;
            };
            let positions = elements(point.body).filter(|e| e.id == CUE_TRACK_POSITIONS);
            for position in positions.filter_map(|position| Position::of(position.body, id)) {
                if places.len() == MOST_CAPTIONS {
                    return Err(TextError::TooMany(MOST_CAPTIONS));
                }
                if clusters.len() > MOST_CLUSTERS {
                    return Err(TextError::NotIndexed);
                }
                let Some(content) = self.cluster(position.cluster, &mut clusters)? else {
                    continue;
                };
                let start_ns = self.ns(start_ns);
                let ns = |ticks: u64| self.ns(i64::try_from(ticks).unwrap_or(i64::MAX));
                let offset = content.saturating_add(position.relative);
                let left = self.reader.size_bytes().saturating_sub(offset);
                places.push(Place {
                    start_ns,
                    end_ns: position
                        .duration
                        .map(|ticks| start_ns.saturating_add(ns(ticks))),
                    offset,
                    bytes: left.min(MOST_BYTES),
                    payload,
                });
            }
        }
        places.retain(|place| place.bytes > 0);
        Ok(places)
    }

    /// Where the content of the cluster at that position begins.
    fn cluster(
        &self,
        position: u64,
        known: &mut BTreeMap<u64, Option<u64>>,
    ) -> io::Result<Option<u64>> {
        if let Some(content) = known.get(&position) {
            return Ok(*content);
        }
        let at = self.segment.saturating_add(position);
        let cluster = found(self.reader, at)?.filter(|element| element.id == CLUSTER);
        let content = cluster.map(|cluster| cluster.body);
        known.insert(position, content);
        Ok(content)
    }

    /// Looks at the head of every block. Clusters are entered and all else is stepped over, so that
    /// those of unknown size end where the next one begins.
    fn looked_for(&self, id: u64, payload: Payload) -> Result<Vec<Place>, TextError> {
        let mut places = Vec::new();
        let (mut at, mut cluster) = (self.clusters, 0_i64);
        while let Some(element) = found(self.reader, at)? {
            if element.id == CLUSTER {
                at = element.body;
                continue;
            }
            let Some(end) = element.end else { break };
            match element.id {
                CLUSTER_TIMESTAMP => {
                    let body = self
                        .reader
                        .read_at(element.body, 8.min((end - element.body) as usize))?;
                    cluster = i64::try_from(unsigned(&body)).unwrap_or(i64::MAX);
                }
                ebml::SIMPLE_BLOCK | ebml::BLOCK_GROUP => {
                    let head = self.reader.read_at(at, BLOCK_HEAD_BYTES)?;
                    let block = Block::peek(&head).filter(|block| block.track == id);
                    let fits = end - at <= MOST_BYTES && end <= self.reader.size_bytes();
                    if places.len() == MOST_CAPTIONS {
                        return Err(TextError::TooMany(MOST_CAPTIONS));
                    }
                    places.extend(block.filter(|_| fits).map(|block| Place {
                        start_ns: self.ns(cluster.saturating_add(i64::from(block.time))),
                        end_ns: None,
                        offset: at,
                        bytes: end - at,
                        payload,
                    }));
                }
                _ => {}
            }
            at = end;
        }
        Ok(places)
    }
}

/// The element at that place; none where there is none.
fn found(reader: &dyn ReadAt, at: u64) -> io::Result<Option<Found>> {
    let head = reader.read_at(at, HEADER_BYTES)?;
    Ok(header(&head).map(|(id, length, size)| {
        let body = at + length as u64;
        Found {
            id,
            body,
            end: size.map(|size| body.saturating_add(size)),
        }
    }))
}

fn scale_ns(info: &[u8]) -> u64 {
    let scale = elements(info).find(|element| element.id == TIMESTAMP_SCALE);
    let scale = scale.map(|scale| unsigned(scale.body));
    scale.filter(|scale| *scale > 0).unwrap_or(DEFAULT_SCALE_NS)
}

/// A caption's place as a cue point has it.
struct Position {
    cluster: u64,
    relative: u64,
    duration: Option<u64>,
}

impl Position {
    fn of(body: &[u8], track: u64) -> Option<Self> {
        let field = |id| {
            elements(body)
                .find(|e| e.id == id)
                .map(|e| unsigned(e.body))
        };
        (field(CUE_TRACK) == Some(track)).then_some(Self {
            cluster: field(CUE_CLUSTER_POSITION)?,
            relative: field(CUE_RELATIVE_POSITION)?,
            duration: field(CUE_DURATION),
        })
    }
}

/// A track of text (RFC 9559, section 5.1.4); one that is compressed or encrypted is none.
fn track(entry: &[u8]) -> Option<TextTrack> {
    const NUMBER: u32 = 0xd7;
    const TYPE: u32 = 0x83;
    const SUBTITLE: u64 = 0x11;
    const ENABLED: u32 = 0xb9;
    const DEFAULT: u32 = 0x88;
    const FORCED: u32 = 0x55aa;
    const HEARING_IMPAIRED: u32 = 0x55ab;
    const COMMENTARY: u32 = 0x55af;
    const LANGUAGE: u32 = 0x0022_b59c;
    const LANGUAGE_BCP47: u32 = 0x0022_b59d;
    const NAME: u32 = 0x536e;
    const CODEC: u32 = 0x86;
    const ENCODINGS: u32 = 0x6d80;

    let field = |id| elements(entry).find(|element| element.id == id);
    let number = |id, default| field(id).map_or(default, |found| unsigned(found.body));
    let words = |id| {
        field(id)
            .map(|found| text(found.body))
            .filter(|text| !text.is_empty())
    };
    let format = match words(CODEC)?.as_str() {
        "S_TEXT/UTF8" | "S_TEXT/ASCII" | "S_TEXT/WEBVTT" => TextFormat::Plain,
        "S_TEXT/SSA" | "S_TEXT/ASS" | "S_SSA" | "S_ASS" => TextFormat::Ssa,
        _ => return None,
    };
    let readable = number(TYPE, 0) == SUBTITLE && number(ENABLED, 1) == 1;
    (readable && field(ENCODINGS).is_none()).then(|| TextTrack {
        id: number(NUMBER, 0),
        format,
        // English is what a file means that says nothing.
        language: words(LANGUAGE_BCP47)
            .or_else(|| words(LANGUAGE))
            .or_else(|| Some("eng".to_owned())),
        name: words(NAME),
        default: number(DEFAULT, 1) == 1,
        forced: number(FORCED, 0) == 1,
        hearing_impaired: number(HEARING_IMPAIRED, 0) == 1,
        commentary: number(COMMENTARY, 0) == 1,
    })
}
