//! Frame times of containers without an index of our own: read from the packets.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reeldrop_media::{Demuxed, Frame, Frames, MediaError, ReadAt, Track};

/// Files up to this size are read whole, bytes.
const WHOLE: u64 = 64 << 20;
/// Packets that are read from the start of larger ones.
const SOME: usize = 900;
/// How far before the claimed end the end of larger ones is looked for, nanoseconds.
const TAIL_NS: u64 = 10_000_000_000;
/// Longest time for each of the two.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Times of a track's packets, nanoseconds of stream time.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    /// Presentation times, ascending: all, or those of the start.
    pub(crate) times_ns: Vec<i64>,
    /// Those that can be decoded by themselves.
    pub(crate) keys_ns: Vec<i64>,
    /// Start of the last packet of the track.
    pub(crate) last_ns: i64,
    /// Duration of the last packet, where known.
    pub(crate) last_duration_ns: Option<i64>,
    /// Bytes of the packets read.
    pub(crate) bytes: u64,
    /// Whether these are all.
    pub(crate) whole: bool,
}

/// Reads the packets of a track: all of a small file, the start and the end of a large one.
pub(crate) fn read(reader: &Arc<dyn ReadAt>, track: Track) -> Result<Packets, MediaError> {
    let whole = reader.size_bytes() <= WHOLE;
    let demuxed = Demuxed::open(Arc::clone(reader), PATIENCE)?;
    let claimed_ns = demuxed.claimed_duration_ns();
    let mut packets = Packets::default();
    let most = if whole { usize::MAX } else { SOME };
    packets.whole = packets.take(demuxed.packets(track, None)?, most)?;
    if !packets.whole {
        packets.find_end(reader, track, claimed_ns)?;
    }
    packets.times_ns.sort_unstable();
    packets.keys_ns.sort_unstable();
    Ok(packets)
}

impl Packets {
    /// Takes up to `most` packets; whether that was all there is.
    fn take(&mut self, mut from: Frames, most: usize) -> Result<bool, MediaError> {
        let started = Instant::now();
        for _ in 0..most {
            let Some(packet) = next(&mut from)? else {
                return Ok(true);
            };
            self.bytes += packet
                .sample
                .buffer()
                .map_or(0, |buffer| buffer.size() as u64);
            let Some(time) = time(&packet) else { continue };
            self.times_ns.push(time);
            if packet.key {
                self.keys_ns.push(time);
            }
            self.note(&packet, time);
            if started.elapsed() > PATIENCE {
                return Ok(false);
            }
        }
        Ok(false)
    }

    fn note(&mut self, packet: &Frame, time: i64) {
        if time >= self.last_ns {
            self.last_ns = time;
            self.last_duration_ns = packet.duration_ns.and_then(|ns| i64::try_from(ns).ok());
        }
    }

    /// Looks for the end where the file claims it, and earlier where there is nothing.
    fn find_end(
        &mut self,
        reader: &Arc<dyn ReadAt>,
        track: Track,
        claimed_ns: Option<u64>,
    ) -> Result<(), MediaError> {
        let started = Instant::now();
        let mut from = claimed_ns.unwrap_or(0).saturating_sub(TAIL_NS);
        while from > u64::try_from(self.last_ns).unwrap_or(0) && started.elapsed() < PATIENCE {
            let before = self.last_ns;
            let demuxed = Demuxed::open(Arc::clone(reader), PATIENCE)?;
            let mut frames = demuxed.packets(track, Some(from))?;
            while let Some(packet) = next(&mut frames)? {
                if let Some(time) = time(&packet) {
                    self.note(&packet, time);
                }
                if started.elapsed() > PATIENCE {
                    return Ok(());
                }
            }
            if self.last_ns > before {
                return Ok(());
            }
            from /= 2;
        }
        Ok(())
    }
}

/// Damage in the middle ends the reading, not the title: what came before it can be shown.
fn next(frames: &mut Frames) -> Result<Option<Frame>, MediaError> {
    match frames.next(PATIENCE) {
        Err(MediaError::Damaged(_)) => Ok(None),
        other => other,
    }
}

/// Presentation time, or decoding time where the container has no other.
fn time(packet: &Frame) -> Option<i64> {
    packet.time_ns.or_else(|| {
        let dts = packet.sample.buffer()?.dts()?;
        reeldrop_media::stream_time_ns(&packet.sample, dts)
    })
}
