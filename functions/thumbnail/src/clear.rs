//! Key pictures of a rendition, read by range from its clear parts in the work bucket.

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use reeldrop_events::{
    Chunk, ChunkPlanned, ClearNote, ClearRendition, ClearSegment, PicturesPlanned, Plan, Rendition,
};
use reeldrop_media::mp4;
use reeldrop_runtime::blocking;
use reeldrop_store::{Key, Store};

use crate::Error;

/// Longest side from which a rendition is large enough for tiles, the preview and judging, pixels.
const SMALL_SIDE: u32 = 480;

/// Chunks that are read from at once: this many segments of a small rendition lie in memory.
const AT_ONCE: usize = 4;

/// A note is a table of segments: a few kilobytes.
const NOTE_LIMIT_BYTES: u64 = 4 << 20;

/// A header is smaller still.
const INIT_LIMIT_BYTES: u64 = 1 << 20;

/// The encoded parts of a title, as far as its run goes.
pub(crate) struct Clear<'a> {
    store: &'a Store,
    planned: &'a PicturesPlanned,
    /// The smallest rendition that is large enough, else the largest.
    pub(crate) small: &'a Rendition,
    /// The largest rendition.
    pub(crate) large: &'a Rendition,
}

/// Key pictures of one rendition, and what it takes to decode them.
pub(crate) struct Keys {
    pub(crate) init: Bytes,
    /// Ticks per second.
    pub(crate) timescale: u32,
    pub(crate) pictures: Vec<KeyPicture>,
}

/// A picture that decodes by itself.
pub(crate) struct KeyPicture {
    pub(crate) data: Bytes,
    /// When it is shown, ticks.
    pub(crate) tick: u64,
    /// The same, nanoseconds.
    pub(crate) offset_ns: u64,
    /// How many moments it stands for, one after the other.
    pub(crate) stands_for: usize,
}

impl<'a> Clear<'a> {
    pub(crate) fn of(store: &'a Store, planned: &'a PicturesPlanned) -> Result<Self, Error> {
        let side = |rendition: &&Rendition| rendition.width.max(rendition.height);
        let ladder = &planned.plan.ladder;
        let large = ladder.iter().max_by_key(side).ok_or(Error::NoPicture)?;
        let enough = ladder.iter().filter(|rung| side(rung) >= SMALL_SIDE);
        Ok(Self {
            store,
            planned,
            small: enough.min_by_key(side).unwrap_or(large),
            large,
        })
    }

    /// How far the run goes, nanoseconds from the title's beginning.
    pub(crate) async fn end_ns(&self) -> Result<u64, Error> {
        let last = self.planned.segments.saturating_sub(1);
        let chunk = self.chunk(last)?;
        let segment = segment(&self.note(self.small, chunk).await?, last, chunk)?;
        let end = segment.start_ticks + segment.duration_ticks;
        Ok(self.plan().timeline.tick_ns(end))
    }

    /// How long the whole title is planned to be, nanoseconds.
    pub(crate) fn planned_ns(&self) -> u64 {
        self.plan().timeline.tick_ns(self.plan().duration_ticks)
    }

    /// The tick at `offset_ns` from the title's beginning.
    pub(crate) fn tick(&self, offset_ns: u64) -> u64 {
        let scale = u128::from(self.plan().timeline.timescale);
        (u128::from(offset_ns) * scale / 1_000_000_000) as u64
    }

    /// For each of `ticks`, which ascend, the key picture before it; each picture once.
    pub(crate) async fn keys(&self, rendition: &Rendition, ticks: &[u64]) -> Result<Keys, Error> {
        let key = Key::ClearInit {
            asset: self.planned.asset,
            rendition: &rendition.name,
        };
        let init = self
            .store
            .get(&self.store.at(&key), INIT_LIMIT_BYTES)
            .await?;
        let mut chunks: Vec<(Chunk, Vec<u64>)> = Vec::new();
        for tick in ticks {
            let chunk = self.chunk(self.segment_at(*tick))?;
            match chunks.last_mut() {
                Some((last, ticks)) if last.index == chunk.index => ticks.push(*tick),
                Some(_) | None => chunks.push((*chunk, vec![*tick])),
            }
        }
        let found: Vec<Vec<KeyPicture>> = stream::iter(chunks)
            .map(|(chunk, ticks)| self.keys_of_chunk(rendition, &init, chunk, ticks))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(Keys {
            init,
            timescale: self.plan().timeline.timescale,
            pictures: found.into_iter().flatten().collect(),
        })
    }

    async fn keys_of_chunk(
        &self,
        rendition: &Rendition,
        init: &Bytes,
        chunk: Chunk,
        ticks: Vec<u64>,
    ) -> Result<Vec<KeyPicture>, Error> {
        let clear = self.note(rendition, &chunk).await?;
        let at = self.store.at(&Key::ClearPart {
            asset: self.planned.asset,
            rendition: &rendition.name,
            part: chunk.index,
        });
        let same = |one: &u64, other: &u64| self.segment_at(*one) == self.segment_at(*other);
        let mut pictures = Vec::new();
        for ticks in ticks.chunk_by(same) {
            let segment = segment(&clear, self.segment_at(ticks[0]), &chunk)?;
            let range = segment.offset..segment.offset + segment.bytes;
            let data = self.store.get_range(&at, range).await?;
            let (init, ticks, timeline) = (init.clone(), ticks.to_vec(), self.plan().timeline);
            let found = blocking(move || keys_of_segment(&init, &data, &ticks)).await??;
            pictures.extend(
                found
                    .into_iter()
                    .map(|(data, tick, stands_for)| KeyPicture {
                        data,
                        tick,
                        offset_ns: timeline.tick_ns(tick),
                        stands_for,
                    }),
            );
        }
        Ok(pictures)
    }

    /// What is encoded of a chunk.
    async fn note(&self, rendition: &Rendition, chunk: &Chunk) -> Result<ClearRendition, Error> {
        let key = Key::ClearIndex {
            asset: self.planned.asset,
            set: "video",
            part: chunk.index,
        };
        let body = self
            .store
            .get(&self.store.at(&key), NOTE_LIMIT_BYTES)
            .await?;
        let note: ClearNote<ChunkPlanned> = serde_json::from_slice(&body)?;
        let made = &note.planned;
        if (made.chunk, made.timeline) != (*chunk, self.plan().timeline) {
            return Err(Error::Unfinished(chunk.index));
        }
        let mut renditions = note.renditions.into_iter();
        renditions
            .find(|clear| clear.name == rendition.name)
            .ok_or(Error::Unfinished(chunk.index))
    }

    fn plan(&self) -> &'a Plan {
        &self.planned.plan
    }

    fn segment_at(&self, tick: u64) -> u32 {
        let last = self.planned.segments.saturating_sub(1);
        self.plan().timeline.segment_at(tick).min(last)
    }

    fn chunk(&self, segment: u32) -> Result<&'a Chunk, Error> {
        let mut chunks = self.plan().chunks.iter().rev();
        chunks
            .find(|chunk| chunk.first_segment <= segment)
            .ok_or(Error::NoPicture)
    }
}

/// A segment by its number. One that has no frame of its own shows the frame before.
fn segment(clear: &ClearRendition, number: u32, chunk: &Chunk) -> Result<ClearSegment, Error> {
    let before = |segment: &&ClearSegment| segment.number <= number;
    let segment = clear.segments.iter().rev().find(before);
    segment
        .or(clear.segments.first())
        .copied()
        .ok_or(Error::Unfinished(chunk.index))
}

/// The key pictures before each of `ticks`: the coded picture, its tick, and how many stand before it.
fn keys_of_segment(
    init: &[u8],
    segment: &[u8],
    ticks: &[u64],
) -> Result<Vec<(Bytes, u64, usize)>, Error> {
    let file = Bytes::from([init, segment].concat());
    let index = mp4::read(&file)?.ok_or(mp4::Mp4Error::NoIndex)?;
    let track = index.movie.tracks.first();
    let samples = index.fragmented(track.ok_or(mp4::Mp4Error::NoIndex)?);
    let keys: Vec<&mp4::Sample> = samples.iter().filter(|sample| sample.key).collect();
    let mut found: Vec<(Bytes, u64, usize)> = Vec::new();
    for tick in ticks {
        let before = |key: &&&mp4::Sample| u64::try_from(key.time).is_ok_and(|at| at <= *tick);
        let key = keys.iter().rev().find(before).or(keys.first());
        let key = key.ok_or(mp4::Mp4Error::Damaged)?;
        let at = u64::try_from(key.time).unwrap_or(0);
        if let Some((_, _, stands_for)) = found.last_mut().filter(|(_, last, _)| *last == at) {
            *stands_for += 1;
            continue;
        }
        let start = usize::try_from(key.offset).map_err(|_| mp4::Mp4Error::Damaged)?;
        let data = file.get(start..start.saturating_add(key.bytes as usize));
        // A copy: a slice would keep the whole segment.
        let data = Bytes::copy_from_slice(data.ok_or(mp4::Mp4Error::Damaged)?);
        found.push((data, at, 1));
    }
    Ok(found)
}
