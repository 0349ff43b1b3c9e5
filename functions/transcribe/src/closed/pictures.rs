//! The pictures of a source that carry captions, read without being decoded.

use std::{sync::Arc, time::Duration};

use reeldrop_captions::cea::Padding;
use reeldrop_events::{ClosedCaptionsPlanned, VideoTrack};
use reeldrop_media::{
    Demuxed, Frame, Frames, MediaError, ReadAt, Track, closed_captions, packet_time_ns,
};

use crate::Error;

const OPEN_PATIENCE: Duration = Duration::from_secs(30);
const PACKET_PATIENCE: Duration = Duration::from_secs(60);

/// Captions of one part, at most, bytes without padding: a receiver takes 1,200 a second (CTA-708-E).
pub(super) const LIMIT_BYTES: usize = 2 << 20;

/// Pictures that are looked at, in the beginning and in the middle, to find out whether they carry captions, and
/// most bytes of them: who carries captions does so in every picture, padding where nothing is said.
const LOOKED_AT: usize = 150;
const LOOKED_AT_BYTES: usize = 16 << 20;

/// How far before the wanted time reading begins, attempt by attempt. After the last one it begins at the start
/// of the source.
const MARGINS_NS: [u64; 2] = [2_000_000_000, 10_000_000_000];

/// Packets come in the order in which they are decoded: so far apart, at most, are those that are shown at nearly
/// the same time.
const REORDERED_NS: i64 = 1_000_000_000;

/// What a picture carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    /// When it is shown, milliseconds of the title.
    pub(super) at_ms: u64,
    /// Triplets of `cc_data`, without padding.
    pub(super) triplets: Vec<u8>,
}

/// Whether pictures in the beginning, or in the middle, carry captions.
pub(super) fn carry_captions(
    reader: &Arc<dyn ReadAt>,
    video: &VideoTrack,
) -> Result<bool, MediaError> {
    let middle_ns = video.start_ns.saturating_add(video.duration_ns / 2);
    for from_ns in [None, Some(middle_ns)] {
        let mut packets = open(reader, video.index, from_ns)?;
        let mut bytes = 0;
        for _ in 0..LOOKED_AT {
            let Some(packet) = next(&mut packets)? else {
                break;
            };
            if !closed_captions(&packet).is_empty() {
                return Ok(true);
            }
            bytes += packet.sample.buffer().map_or(0, |buffer| buffer.size());
            if bytes > LOOKED_AT_BYTES {
                break;
            }
        }
    }
    Ok(false)
}

/// What the pictures of a part carry, in the order in which they are shown.
///
/// # Errors
/// [`MediaError::Timeout`] where `is_awaited` no longer: its events come again.
pub(super) fn read(
    reader: &Arc<dyn ReadAt>,
    planned: &ClosedCaptionsPlanned,
    is_awaited: &impl Fn() -> bool,
) -> Result<Vec<Picture>, Error> {
    let part = Part::of(planned);
    let (mut packets, mut first) = part.open(reader)?;
    let (mut found, mut bytes, mut last_ns) = (Vec::new(), 0, i64::MIN);
    loop {
        let packet = match first.take() {
            Some(first) => Some(first),
            None => next(&mut packets)?,
        };
        let Some(packet) = packet else { break };
        if !is_awaited() {
            return Err(MediaError::Timeout("reading closed captions").into());
        }
        // One that says no time is shown with the one before.
        let time_ns = packet_time_ns(&packet).map_or(last_ns, |ns| part.in_title(ns));
        last_ns = time_ns;
        if part.is_past(time_ns) {
            break;
        }
        let triplets = closed_captions(&packet);
        if part.has(time_ns) && !triplets.is_empty() {
            bytes += triplets.len() + PICTURE_BYTES;
            found.push((time_ns, triplets));
        }
        if bytes > MOST_PADDED * LIMIT_BYTES {
            return Err(too_much());
        }
    }
    found.sort_by_key(|(time_ns, _)| *time_ns);
    strip(found)
}

/// What a picture takes besides its triplets, about.
const PICTURE_BYTES: usize = 64;

/// Padding is many times what is said.
const MOST_PADDED: usize = 8;

fn too_much() -> Error {
    Error::TooMuchText {
        limit_bytes: LIMIT_BYTES,
    }
}

fn strip(found: Vec<(i64, Vec<u8>)>) -> Result<Vec<Picture>, Error> {
    let mut padding = Padding::default();
    let pictures = found.into_iter().map(|(time_ns, triplets)| Picture {
        at_ms: u64::try_from(time_ns).unwrap_or(0) / 1_000_000,
        triplets: padding.strip(&triplets),
    });
    let pictures: Vec<Picture> = pictures
        .filter(|picture| !picture.triplets.is_empty())
        .collect();
    let bytes: usize = pictures.iter().map(|picture| picture.triplets.len()).sum();
    match bytes > LIMIT_BYTES {
        true => Err(too_much()),
        false => Ok(pictures),
    }
}

/// From when to when a part lasts, nanoseconds of the title.
struct Part<'a> {
    planned: &'a ClosedCaptionsPlanned,
    /// None for the first part, which takes what is before the title, too.
    start_ns: Option<i64>,
    end_ns: i64,
}

impl<'a> Part<'a> {
    fn of(planned: &'a ClosedCaptionsPlanned) -> Self {
        let plan = &planned.closed;
        let mark = |part: u32| {
            let ns = plan.part_ns.saturating_mul(u64::from(part));
            i64::try_from(ns).unwrap_or(i64::MAX)
        };
        let is_last = planned.part.saturating_add(1) >= plan.parts;
        Self {
            planned,
            start_ns: (planned.part > 0).then(|| mark(planned.part)),
            end_ns: match is_last {
                true => i64::try_from(plan.duration_ns).unwrap_or(i64::MAX),
                false => mark(planned.part + 1),
            },
        }
    }

    fn in_title(&self, stream_ns: i64) -> i64 {
        stream_ns.saturating_sub_unsigned(self.planned.closed.origin_ns)
    }

    fn has(&self, ns: i64) -> bool {
        self.start_ns.is_none_or(|start_ns| ns >= start_ns) && ns < self.end_ns
    }

    /// Whether no picture of the part comes after one that is shown then.
    fn is_past(&self, ns: i64) -> bool {
        ns >= self.end_ns.saturating_add(REORDERED_NS)
    }

    /// Opens the source so that it gives every picture of the part, and the first that it gives.
    fn open(&self, reader: &Arc<dyn ReadAt>) -> Result<(Frames, Option<Frame>), MediaError> {
        let (plan, start_ns) = (&self.planned.closed, self.start_ns.unwrap_or(0));
        let stream_ns = plan.origin_ns.saturating_add(start_ns.unsigned_abs());
        for margin_ns in MARGINS_NS {
            let from_ns = stream_ns.saturating_sub(margin_ns);
            if self.start_ns.is_none() || from_ns <= plan.origin_ns {
                break;
            }
            let opened = open(reader, plan.track, Some(from_ns));
            let first = opened.and_then(|mut packets| Ok((next(&mut packets)?, packets)));
            let first = match first {
                Err(error) if !error.is_transient() => continue,
                other => other?,
            };
            if let (Some(packet), packets) = first
                && packet_time_ns(&packet)
                    .is_some_and(|ns| self.in_title(ns) <= start_ns.saturating_sub(REORDERED_NS))
            {
                return Ok((packets, Some(packet)));
            }
        }
        Ok((open(reader, plan.track, None)?, None))
    }
}

fn open(reader: &Arc<dyn ReadAt>, track: u32, from_ns: Option<u64>) -> Result<Frames, MediaError> {
    let demuxed = Demuxed::open(Arc::clone(reader), OPEN_PATIENCE)?;
    demuxed.packets(Track::Video(track), from_ns)
}

/// The next packet; damage ends them.
fn next(packets: &mut Frames) -> Result<Option<Frame>, MediaError> {
    match packets.next(PACKET_PATIENCE) {
        Err(MediaError::Damaged(reason)) => {
            tracing::warn!(%reason, "picture ends in damage");
            Ok(None)
        }
        other => other,
    }
}
