//! Subtitle tracks of MP4: every sample is one caption, or the pause between two.

use super::{
    MOST_BYTES, MOST_CAPTIONS, MOST_PICTURES, Payload, Place, TextError, TextFormat, TextTrack,
};
use crate::mp4::{Edit, Handler, Mp4, Sample, Track};

fn format(track: &Track) -> Option<TextFormat> {
    match &track.format {
        b"tx3g" => Some(TextFormat::Tx3g),
        b"wvtt" => Some(TextFormat::Wvtt),
        b"c608" => Some(TextFormat::Cea608),
        b"c708" => Some(TextFormat::Cea708),
        _ => None,
    }
}

/// The tracks that hold captions, and are not the names of chapters.
pub(super) fn tracks(mp4: &Mp4) -> Vec<TextTrack> {
    let all = &mp4.movie.tracks;
    let is_chapters = |id: u32| all.iter().any(|track| track.chapters.contains(&id));
    let captions = all
        .iter()
        .filter(|track| track.handler == Handler::Text && !track.encrypted);
    captions
        .filter(|track| !is_chapters(track.id))
        .filter(|track| !format(track).is_some_and(TextFormat::is_closed) || is_full(mp4, track))
        .filter_map(|track| {
            Some(TextTrack {
                id: u64::from(track.id),
                format: format(track)?,
                language: track.language.clone(),
                name: track.hints.name.clone(),
                default: track.enabled,
                forced: track.hints.forced,
                hearing_impaired: track.hints.hearing_impaired,
                commentary: track.hints.commentary,
            })
        })
        .collect()
}

/// Whether it is known where anything of a track lies. Closed captions may lie in the pictures instead.
fn is_full(mp4: &Mp4, track: &Track) -> bool {
    mp4.samples(track)
        .is_some_and(|samples| !samples.is_empty())
}

/// Where the captions of a track lie; they cannot be found where not all of its fragments were looked at.
pub(super) fn places(mp4: &Mp4, id: u64) -> Result<Vec<Place>, TextError> {
    let track = u32::try_from(id).ok().and_then(|id| mp4.movie.track(id));
    let track = track.ok_or(TextError::NotIndexed)?;
    let format = format(track).ok_or(TextError::NotIndexed)?;
    let (payload, most) = match format.is_closed() {
        true => (Payload::Sample(format), MOST_PICTURES),
        false => (Payload::Sample(format), MOST_CAPTIONS),
    };
    let samples = mp4.samples(track).ok_or(TextError::NotIndexed)?;
    let shown = Shown::of(track, mp4.movie.timescale);
    let places = samples
        .into_iter()
        .filter_map(|sample| shown.place(&sample, payload));
    let fits = |place: &Place| {
        let end = place.offset.saturating_add(place.bytes);
        place.bytes > 2 && place.bytes <= MOST_BYTES && end <= mp4.size_bytes
    };
    let places: Vec<Place> = places.filter(fits).take(most + 1).collect();
    match places.len() > most {
        true => Err(TextError::TooMany(most)),
        false => Ok(places),
    }
}

/// The part of the media that is shown, and when: a track of captions has one edit, with at most an
/// empty one before it.
struct Shown {
    timescale: i128,
    /// Ticks of the track.
    media_time: i128,
    delay_ns: i128,
    end_ns: Option<i128>,
}

impl Shown {
    fn of(track: &Track, movie_timescale: u32) -> Self {
        let ns =
            |ticks: u64| i128::from(ticks) * 1_000_000_000 / i128::from(movie_timescale.max(1));
        let is_empty = |edit: &&Edit| edit.media_time.is_none();
        let empty = track.edits.iter().take_while(is_empty);
        let delay_ns = empty.map(|edit| ns(edit.duration)).sum();
        let edit = track.edits.iter().find(|edit| edit.media_time.is_some());
        let length = edit.map(|edit| edit.duration).filter(|length| *length > 0);
        Self {
            timescale: i128::from(track.timescale.max(1)),
            media_time: i128::from(edit.and_then(|edit| edit.media_time).unwrap_or(0)),
            delay_ns,
            end_ns: length.map(|length| delay_ns + ns(length)),
        }
    }

    fn place(&self, sample: &Sample, payload: Payload) -> Option<Place> {
        let ns = |time: i64| {
            (i128::from(time) - self.media_time) * 1_000_000_000 / self.timescale + self.delay_ns
        };
        let start = ns(sample.time);
        let end = ns(sample.time.saturating_add(i64::from(sample.duration)));
        let end = self.end_ns.map_or(end, |limit| end.min(limit));
        // What the edit leaves out is not shown.
        (end > start && end > self.delay_ns).then_some(())?;
        Some(Place {
            start_ns: i64::try_from(start.max(self.delay_ns)).ok()?,
            end_ns: Some(i64::try_from(end).ok()?),
            offset: sample.offset,
            bytes: u64::from(sample.bytes),
            payload,
        })
    }
}
