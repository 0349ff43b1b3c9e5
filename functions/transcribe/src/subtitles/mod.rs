//! Captions that the uploaded file has: planned when it is probed, read track by track.

mod choose;
mod closed;
mod timing;

use std::sync::Arc;

use futures::stream::{self, StreamExt};
use reeldrop_events::{Events, MediaProbed, SubtitlesPlanned, TrackKind};
use reeldrop_media::{
    MediaError,
    text::{Caption, Place, TextTrack, places, tracks},
};
use reeldrop_runtime::blocking;
use reeldrop_store::Location;

use crate::{Error, Transcribe, captions};

/// Captions that are fetched at once.
const AT_ONCE: usize = 32;

/// Text of one track, at most, with its markup: ten hours of SubStation have less.
const LIMIT_BYTES: usize = 16 << 20;

impl Transcribe {
    /// The subtitle tracks of the source that captions are made of, and whether closed captions are one of them.
    pub(crate) async fn found_subtitles(
        &self,
        probed: &MediaProbed,
    ) -> Result<(Vec<SubtitlesPlanned>, bool), Error> {
        let mut all = probed.media.tracks.iter();
        if !all.any(|track| track.kind == TrackKind::Text) {
            return Ok((Vec::new(), false));
        }
        let reader = self.reader(&probed.source);
        let found = blocking(move || tracks(&*reader)).await?;
        let mut found = found.map_err(MediaError::Read)?;
        // Whoever writes closed captions seldom says their language: mostly it is that of the sound.
        let spoken = probed.media.audio.first();
        let spoken = spoken.and_then(|track| track.language.as_ref());
        for track in found.iter_mut().filter(|track| track.format.is_closed()) {
            track.language = track.language.take().or_else(|| spoken.cloned());
        }
        let timeline = &probed.plan.timeline;
        let chosen = choose::choose(&found);
        let is_chosen = |track: &TextTrack| chosen.iter().any(|chosen| chosen.track == track.id);
        let mut closed = found.iter().filter(|track| track.format.is_closed());
        let has_closed = closed.any(is_chosen);
        let planned = chosen.into_iter().map(|chosen| SubtitlesPlanned {
            asset: probed.asset,
            source: probed.source.clone(),
            track: chosen.track,
            language: chosen.language,
            label: chosen.label,
            kind: chosen.kind,
            origin_ns: timeline.origin_ns,
            duration_ns: timeline.tick_ns(probed.plan.duration_ticks),
        });
        Ok((planned.collect(), has_closed))
    }

    /// Reads a track, and makes captions of it.
    pub(crate) async fn subtitles(&self, planned: &SubtitlesPlanned) -> Result<Events, Error> {
        let (reader, track) = (self.reader(&planned.source), planned.track);
        let places = blocking(move || places(&*reader, track)).await??;
        if places.first().is_some_and(Place::is_closed) {
            return self.closed_track(planned, places).await;
        }
        let found = self.fetch(planned, places).await?;
        let texts = timing::in_title(found, planned.origin_ns);
        let track = captions::SourceTrack {
            asset: planned.asset,
            language: &planned.language,
            label: planned.label.clone(),
            kind: planned.kind,
            duration_ns: planned.duration_ns,
        };
        captions::of_source(&self.store, track, planned, texts).await
    }

    async fn fetch(
        &self,
        planned: &SubtitlesPlanned,
        places: Vec<Place>,
    ) -> Result<Vec<Caption>, Error> {
        let at = Arc::new(Location::from(&planned.source));
        let fetched = stream::iter(places).map(|place| {
            let at = Arc::clone(&at);
            async move {
                let range = place.offset..place.offset.saturating_add(place.bytes);
                let version = Some(planned.source.version.as_str());
                let data = self.store.get_range_of(&at, range, version).await?;
                Ok::<_, Error>(place.caption(&data))
            }
        });
        let mut fetched = fetched.buffered(AT_ONCE);
        let (mut captions, mut bytes) = (Vec::new(), 0);
        while let Some(caption) = fetched.next().await {
            let Some(caption) = caption? else { continue };
            bytes += caption.text.len();
            if bytes > LIMIT_BYTES {
                let limit_bytes = LIMIT_BYTES;
                return Err(Error::TooMuchText { limit_bytes });
            }
            captions.push(caption);
        }
        Ok(captions)
    }
}
