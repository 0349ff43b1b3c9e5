//! Closed captions that are a track of their own: a few bytes for each picture.

use std::{ops::Range, sync::Arc};

use futures::stream::{self, StreamExt};
use reeldrop_captions::cea;
use reeldrop_events::{CaptionKind, Events, SubtitlesPlanned};
use reeldrop_media::text::Place;
use reeldrop_store::Location;

use super::AT_ONCE;
use crate::{Error, Transcribe, captions, closed::tag_of};

/// What lies closer together than this is fetched at once, so much at most, bytes.
const GAP_BYTES: u64 = 4 << 10;
const RUN_BYTES: u64 = 256 << 10;

/// What is read of a track, at most, bytes: ten hours of packets with all services have a third of it.
const LIMIT_BYTES: u64 = 384 << 20;

impl Transcribe {
    /// Reads a track of closed captions as a receiver does, and makes captions of each of its channels. The first
    /// is in the language that the file says.
    pub(super) async fn closed_track(
        &self,
        planned: &SubtitlesPlanned,
        places: &[Place],
    ) -> Result<Events, Error> {
        let at = Arc::new(Location::from(&planned.source));
        let fetched = stream::iter(runs(places)).map(|(run, range)| {
            let at = Arc::clone(&at);
            async move {
                let version = Some(planned.source.version.as_str());
                let data = self.store.get_range_of(&at, range.clone(), version).await?;
                Ok::<_, Error>((run, range, data))
            }
        });
        let mut fetched = fetched.buffered(AT_ONCE);
        let origin_ns = i64::try_from(planned.origin_ns).unwrap_or(i64::MAX);
        let mut decoder = cea::Decoder::default();
        let mut bytes = 0;
        while let Some(fetched) = fetched.next().await {
            let (run, range, data) = fetched?;
            bytes += range.end - range.start;
            if bytes > LIMIT_BYTES {
                let limit_bytes = LIMIT_BYTES as usize;
                return Err(Error::TooMuchText { limit_bytes });
            }
            for place in &places[run] {
                let from = (place.offset - range.start) as usize;
                let sample = data.get(from..from + place.bytes as usize);
                for (ns, triplets) in place.closed_captions(sample.unwrap_or_default()) {
                    let ms = ns.saturating_sub(origin_ns).max(0).unsigned_abs() / 1_000_000;
                    decoder.picture(ms, &triplets);
                }
            }
        }
        let mut events = Vec::new();
        let channels = decoder.finish(planned.duration_ns / 1_000_000)?;
        for (number, (channel, texts)) in channels.into_iter().enumerate() {
            let (language, label, kind) = match number {
                0 => (
                    planned.language.clone(),
                    planned.label.clone(),
                    planned.kind,
                ),
                _ => (tag_of(channel), channel.label(), CaptionKind::Full),
            };
            let track = captions::SourceTrack {
                asset: planned.asset,
                language: &language,
                label,
                kind,
                duration_ns: planned.duration_ns,
            };
            let from = (planned, channel.label());
            let made = captions::of_source(&self.store, track, &from, texts).await?;
            events.extend(made.into_vec());
        }
        Ok(Events::from(events))
    }
}

/// Samples that lie behind each other in the file, and where all of them lie.
fn runs(places: &[Place]) -> Vec<(Range<usize>, Range<u64>)> {
    let mut runs: Vec<(Range<usize>, Range<u64>)> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let end = place.offset + place.bytes;
        match runs.last_mut() {
            Some((run, range))
                if (range.end..=range.end + GAP_BYTES).contains(&place.offset)
                    && end - range.start <= RUN_BYTES =>
            {
                run.end = at + 1;
                range.end = end;
            }
            _ => runs.push((at..at + 1, place.offset..end)),
        }
    }
    runs
}
