//! Captions that lie in the pictures of the uploaded file (CTA-608, CTA-708): found when it is probed, read part by
//! part.
//!
//! Each part leaves the captions' bytes of its pictures in the work bucket, and asks for the next. The last one
//! reads them all in order, as a receiver would: so nothing depends on where parts meet.

mod note;
mod pictures;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use reeldrop_captions::{cea, language};
use reeldrop_events::{
    CaptionKind, ClosedCaptionsPlan, ClosedCaptionsPlanned, Events, MediaProbed, SubtitlesPlanned,
};
use reeldrop_media::{MediaError, carries_captions};
use reeldrop_runtime::blocking;

use crate::{Error, Transcribe, captions};

/// Longest and shortest part, nanoseconds: all its pictures are read.
const PART_NS: u64 = 300_000_000_000;
const SHORTEST_PART_NS: u64 = 10_000_000_000;

/// About as much of the source is read in a part, at most, bytes.
const PART_BYTES: u64 = 2 << 30;

/// What nobody says the language of.
const UNKNOWN: &str = "und";

impl Transcribe {
    /// The first part to read, where some pictures of the source carry captions. `subtitles` are the captions that
    /// it has besides.
    pub(crate) async fn found_closed_captions(
        &self,
        probed: &MediaProbed,
        subtitles: &[SubtitlesPlanned],
    ) -> Result<Option<ClosedCaptionsPlanned>, Error> {
        if !carries_captions(&probed.media.video.codec) {
            return Ok(None);
        }
        let (reader, video) = (self.reader(&probed.source), probed.media.video.clone());
        match blocking(move || pictures::carry_captions(&reader, &video)).await? {
            Ok(true) => Ok(Some(ClosedCaptionsPlanned {
                asset: probed.asset,
                source: probed.source.clone(),
                closed: plan(probed, subtitles),
                part: 0,
            })),
            Ok(false) => Ok(None),
            // What can be heard is not to wait for a file that gives no pictures.
            Err(error @ MediaError::Timeout(_)) => {
                tracing::warn!(asset.id = %probed.asset, %error, "closed captions were not looked for");
                Ok(None)
            }
            // Whoever decodes the pictures says what is wrong with them.
            Err(error) if !error.is_transient() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a part, and asks for the next; after the last one, makes captions of all.
    pub(crate) async fn closed_captions(
        &self,
        planned: &ClosedCaptionsPlanned,
    ) -> Result<Events, Error> {
        let was_read = note::is_there(&self.store, planned).await?;
        if !was_read {
            let (reader, work, waits) = (
                self.reader(&planned.source),
                planned.clone(),
                Waits::default(),
            );
            let is_awaited = waits.flag();
            let read = blocking(move || pictures::read(&reader, &work, &is_awaited)).await??;
            note::save(&self.store, planned, read).await?;
        }
        let mut next = ClosedCaptionsPlanned {
            part: planned.part.saturating_add(1),
            ..planned.clone()
        };
        if next.part >= planned.closed.parts {
            return self.closed_captions_of_all(planned).await;
        }
        if note::is_there(&self.store, &next).await? {
            // Else each delivery that comes twice would ask for all parts after it twice.
            if was_read && planned.part > 0 {
                return Ok(Events::none());
            }
            // Who retries a title begins with its first part, and some notes may have gone with their age. What is
            // read stays read. That a first part which comes twice is followed twice is what this costs.
            next.part = self.first_unread(planned).await?;
        }
        Ok(Events::of(&next))
    }

    /// The first part after this that nobody has read yet, or the last one. They are read in order.
    async fn first_unread(&self, planned: &ClosedCaptionsPlanned) -> Result<u32, Error> {
        let (mut read, mut unread) = (planned.part, planned.closed.parts.saturating_sub(1));
        while unread.saturating_sub(read) > 1 {
            let part = read + (unread - read) / 2;
            let between = ClosedCaptionsPlanned {
                part,
                ..planned.clone()
            };
            match note::is_there(&self.store, &between).await? {
                true => read = part,
                false => unread = part,
            }
        }
        Ok(unread.max(planned.part.saturating_add(1)))
    }

    async fn closed_captions_of_all(
        &self,
        planned: &ClosedCaptionsPlanned,
    ) -> Result<Events, Error> {
        let mut decoder = cea::Decoder::default();
        for part in 0..planned.closed.parts {
            let pictures = note::of_part(&self.store, planned, part).await?;
            decoder = blocking(move || {
                for picture in pictures {
                    decoder.picture(picture.at_ms, &picture.triplets);
                }
                decoder
            })
            .await?;
        }
        let mut events = Vec::new();
        for (channel, texts) in decoder.finish(planned.closed.duration_ns / 1_000_000)? {
            let Some((language, label)) = name(&planned.closed, channel) else {
                continue;
            };
            let track = captions::SourceTrack {
                asset: planned.asset,
                language: &language,
                label,
                kind: CaptionKind::Full,
                duration_ns: planned.closed.duration_ns,
            };
            let from = (planned, channel.label());
            let made = captions::of_source(&self.store, track, &from, texts).await?;
            events.extend(made.into_vec());
        }
        Ok(Events::from(events))
    }
}

/// Whoever waits for a part that is being read: the event may be given up, and delivered again.
#[derive(Default)]
struct Waits(Arc<AtomicBool>);

impl Waits {
    /// False from when on nobody waits any more.
    fn flag(&self) -> impl Fn() -> bool + Send + 'static {
        let gone = Arc::clone(&self.0);
        move || !gone.load(Ordering::Relaxed)
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The primary captions are in the language of the sound, as far as the file says that. Of two tracks in one
/// language, those that are a track of their own come first.
fn plan(probed: &MediaProbed, subtitles: &[SubtitlesPlanned]) -> ClosedCaptionsPlan {
    let sound = probed.media.audio.first();
    let spoken = sound.and_then(|track| track.language.as_deref());
    let tag = language::tag(spoken.unwrap_or(UNKNOWN));
    let tag = if language::is_tag(&tag) {
        tag
    } else {
        UNKNOWN.to_owned()
    };
    let is_taken =
        |track: &SubtitlesPlanned| track.kind == CaptionKind::Full && track.language == tag;
    let duration_ns = probed.plan.timeline.tick_ns(probed.plan.duration_ticks);
    let part_ns = part_ns(duration_ns, probed.source.size_bytes);
    // The last part has from a half to one and a half times the length.
    let parts = (duration_ns + part_ns / 2) / part_ns;
    ClosedCaptionsPlan {
        track: probed.media.video.index,
        origin_ns: probed.plan.timeline.origin_ns,
        duration_ns,
        part_ns,
        parts: u32::try_from(parts).unwrap_or(u32::MAX).max(1),
        language: (!subtitles.iter().any(is_taken)).then_some(tag),
    }
}

/// Length of the parts of a title of this length and size.
fn part_ns(duration_ns: u64, size_bytes: u64) -> u64 {
    let of_size = u128::from(duration_ns) * u128::from(PART_BYTES) / u128::from(size_bytes.max(1));
    let of_size = u64::try_from(of_size).unwrap_or(PART_NS);
    of_size.clamp(SHORTEST_PART_NS, PART_NS)
}

/// Language and label of a channel's captions; none where they are not wanted. A title has one track in a language:
/// what nobody knows the language of is told apart by the channel (RFC 5646, 2.2.7).
fn name(plan: &ClosedCaptionsPlan, channel: cea::Channel) -> Option<(String, String)> {
    let label = channel.label();
    if !channel.is_primary() {
        return Some((tag_of(channel), label));
    }
    let tag = plan.language.clone()?;
    let label = match tag.as_str() {
        UNKNOWN => label,
        known => format!("{} ({label})", language::label(known)),
    };
    Some((tag, label))
}

/// Stands for the language of a channel of which nobody says it.
pub(crate) fn tag_of(channel: cea::Channel) -> String {
    let channel = channel.label().replace("Service ", "s").to_lowercase();
    format!("{UNKNOWN}-x-{channel}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_waited_for_is_told() {
        let waits = Waits::default();
        let is_awaited = waits.flag();
        assert!(is_awaited());
        drop(waits);
        assert!(!is_awaited());
    }

    #[test]
    fn parts_are_as_long_as_is_read_in_time() {
        let hour_ns = 3_600_000_000_000;
        // 2 Mbit/s, 100 Mbit/s, 600 Mbit/s, and what no file is.
        assert_eq!(part_ns(hour_ns, 900_000_000), PART_NS);
        assert_eq!(part_ns(hour_ns, 45_000_000_000) / 1_000_000_000, 171);
        assert_eq!(part_ns(hour_ns, 270_000_000_000) / 1_000_000_000, 28);
        assert_eq!(part_ns(hour_ns, u64::MAX), SHORTEST_PART_NS);
        assert_eq!(part_ns(u64::MAX, 0), PART_NS);
    }
}
