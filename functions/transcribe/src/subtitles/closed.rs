//! Closed captions that are a track of their own: a few bytes for each picture.

use std::{ops::Range, sync::Arc};

use futures::stream::{self, StreamExt};
use reeldrop_captions::cea;
use reeldrop_events::{CaptionKind, Events, SubtitlesPlanned};
use reeldrop_media::text::Place;
use reeldrop_runtime::blocking;
use reeldrop_store::Location;

use super::AT_ONCE;
use crate::{Error, Transcribe, captions, closed::tag_of};

/// What lies closer together than this is fetched at once, bytes: what lies between is read for nothing. The second
/// is for files that put little of each track beside the other.
const GAPS_BYTES: [u64; 2] = [4 << 10, 64 << 10];

/// As much is fetched at once, at most, bytes.
const RUN_BYTES: u64 = 1 << 20;

/// So much is read of a file, and so often, at most: about a minute's reading.
const READ_BYTES: u64 = 4 << 30;
const MOST_RUNS: usize = 50_000;

/// What a track has, at most, bytes: ten hours of packets with all services have a third of it.
const LIMIT_BYTES: usize = 384 << 20;

/// Samples that are fetched at once, and where all of them lie.
type Run = (Range<usize>, Range<u64>);

impl Transcribe {
    /// Reads a track of closed captions as a receiver does, and makes captions of each of its channels. The first
    /// is in the language that the file says.
    pub(super) async fn closed_track(
        &self,
        planned: &SubtitlesPlanned,
        places: Vec<Place>,
    ) -> Result<Events, Error> {
        if places.iter().map(|place| place.bytes).sum::<u64>() > LIMIT_BYTES as u64 {
            let limit_bytes = LIMIT_BYTES;
            return Err(Error::TooMuchText { limit_bytes });
        }
        let runs = readable(&places).ok_or(Error::Scattered)?;
        let at = Arc::new(Location::from(&planned.source));
        let fetched = stream::iter(runs).map(|(run, range)| {
            let at = Arc::clone(&at);
            async move {
                let version = Some(planned.source.version.as_str());
                let data = self.store.get_range_of(&at, range.clone(), version).await?;
                Ok::<_, Error>((run, range, data))
            }
        });
        let mut fetched = fetched.buffered(AT_ONCE);
        let (places, duration_ms) = (Arc::new(places), planned.duration_ns / 1_000_000);
        let origin_ns = i64::try_from(planned.origin_ns).unwrap_or(i64::MAX);
        let mut decoder = cea::Decoder::default();
        while let Some(fetched) = fetched.next().await {
            let (run, range, data) = fetched?;
            let places = Arc::clone(&places);
            decoder = blocking(move || {
                for place in &places[run] {
                    let from = (place.offset - range.start) as usize;
                    let sample = data.get(from..from + place.bytes as usize);
                    let triplets = place.closed_captions(sample.unwrap_or_default());
                    let ns = place.start_ns.saturating_sub(origin_ns).max(0);
                    let ms = ns.unsigned_abs() / 1_000_000;
                    if ms <= duration_ms {
                        decoder.picture(ms, &triplets);
                    }
                }
                decoder
            })
            .await?;
        }
        self.channels(planned, decoder.finish(duration_ms)?).await
    }

    async fn channels(
        &self,
        planned: &SubtitlesPlanned,
        found: Vec<(cea::Channel, Vec<cea::Text>)>,
    ) -> Result<Events, Error> {
        let mut events = Vec::new();
        for (number, (channel, texts)) in found.into_iter().enumerate() {
            let (language, label, kind) = match number {
                0 => (
                    planned.language.clone(),
                    planned.label.clone(),
                    planned.kind,
                ),
                // Another track may have the channel, too.
                _ => (
                    format!("{}-{}", tag_of(channel), planned.track % 100_000_000),
                    channel.label(),
                    CaptionKind::Full,
                ),
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

/// How to read the samples in time; none where they lie too far apart.
fn readable(places: &[Place]) -> Option<Vec<Run>> {
    let bytes = |runs: &[Run]| {
        runs.iter()
            .map(|(_, range)| range.end - range.start)
            .sum::<u64>()
    };
    let mut tries = GAPS_BYTES.into_iter().map(|gap| runs(places, gap));
    tries.find(|runs| runs.len() <= MOST_RUNS && bytes(runs) <= READ_BYTES)
}

fn runs(places: &[Place], gap_bytes: u64) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let end = place.offset + place.bytes;
        match runs.last_mut() {
            Some((run, range))
                if (range.end..=range.end + gap_bytes).contains(&place.offset)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of ten bytes with so many from one to the next.
    fn places(count: usize, apart: u64) -> Vec<Place> {
        let at = |place: usize| Place::closed(apart * place as u64, 10);
        (0..count).map(at).collect()
    }

    #[test]
    fn what_lies_together_is_fetched_at_once_but_not_without_end() {
        assert_eq!(runs(&places(3, 10), 0), [(0..3, 0..30)]);
        assert_eq!(runs(&places(3, 11), 0).len(), 3);
        assert_eq!(runs(&places(3, 11), 1), [(0..3, 0..32)]);
        // The same bytes again, and backwards.
        let same = [
            Place::closed(10, 10),
            Place::closed(10, 10),
            Place::closed(0, 10),
        ];
        assert_eq!(runs(&same, 4_096).len(), 3);
        let long = runs(&places(300_000, 10), 0);
        assert_eq!(long.len(), 3);
        assert!(
            long.iter()
                .all(|(_, range)| range.end - range.start <= RUN_BYTES)
        );
    }

    #[test]
    fn samples_beside_each_picture_are_read_with_the_pictures_or_not_at_all() {
        // Half an hour of pictures of 30 KiB, two minutes of 1 MiB, and two hours of that.
        assert!(readable(&places(54_000, 30 << 10)).unwrap().len() < 2_000);
        assert_eq!(readable(&places(3_600, 1 << 20)).unwrap().len(), 3_600);
        assert_eq!(readable(&places(216_000, 1 << 20)), None);
    }
}
