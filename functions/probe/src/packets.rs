//! Frame times of containers without an index of our own: read from the packets.

use reeldrop_media::{Frame, Frames, MediaError, Track, packet_time_ns};

use crate::opened::Upload;

/// Files up to this size are read whole, bytes.
const WHOLE: u64 = 64 << 20;
/// Packets that are read from the start of larger ones, and most bytes read for them.
const SOME: usize = 900;
const SOME_BYTES: u64 = 2 * WHOLE;
/// How far before the claimed end the end of larger ones is looked for, nanoseconds.
const TAIL_NS: u64 = 10_000_000_000;
/// How often it is looked for, and most bytes read each time.
const MOST_LOOKS: usize = 20;
const LOOK_BYTES: u64 = 32 << 20;

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
pub(crate) fn read(upload: &Upload, track: Track) -> Result<Packets, MediaError> {
    let (demuxed, source) = upload.open(SOME_BYTES)?;
    let claimed_ns = demuxed.claimed_duration_ns();
    let most = match upload.reader.size_bytes() <= WHOLE {
        true => usize::MAX,
        false => SOME,
    };
    let mut packets = Packets::default();
    let ended = packets.take(upload, demuxed.packets(track, None)?, most)?;
    packets.whole = ended && !source.spent();
    if !packets.whole {
        packets.find_end(upload, track, claimed_ns.unwrap_or(0))?;
    }
    packets.times_ns.sort_unstable();
    packets.keys_ns.sort_unstable();
    Ok(packets)
}

impl Packets {
    /// Takes up to `most` packets; whether that was all there is.
    fn take(&mut self, upload: &Upload, mut from: Frames, most: usize) -> Result<bool, MediaError> {
        for _ in 0..most {
            let Some(packet) = next(upload, &mut from)? else {
                return Ok(true);
            };
            self.bytes += packet
                .sample
                .buffer()
                .map_or(0, |buffer| buffer.size() as u64);
            let Some(time) = packet_time_ns(&packet) else {
                continue;
            };
            self.times_ns.push(time);
            if packet.key {
                self.keys_ns.push(time);
            }
            self.note(&packet, time);
        }
        Ok(false)
    }

    fn note(&mut self, packet: &Frame, time: i64) {
        if time >= self.last_ns {
            self.last_ns = time;
            self.last_duration_ns = packet.duration_ns.and_then(|ns| i64::try_from(ns).ok());
        }
    }

    /// Looks for the end where the file claims it, and between there and the last packet known where
    /// there is nothing.
    fn find_end(
        &mut self,
        upload: &Upload,
        track: Track,
        claimed_ns: u64,
    ) -> Result<(), MediaError> {
        let mut nothing_from = claimed_ns;
        let mut from = claimed_ns.saturating_sub(TAIL_NS);
        for _ in 0..MOST_LOOKS {
            let known = u64::try_from(self.last_ns).unwrap_or(0);
            if nothing_from <= known {
                return Ok(());
            }
            from = from.max(known);
            let to_the_end = nothing_from - from <= TAIL_NS;
            let ended = self.look(upload, track, from, to_the_end)?;
            let reached = u64::try_from(self.last_ns).unwrap_or(0);
            match reached > known {
                true if to_the_end && ended => return Ok(()),
                true => {}
                false if from == known => return Ok(()),
                false => nothing_from = from,
            }
            from = match nothing_from.saturating_sub(reached) {
                near if near <= TAIL_NS => reached,
                far => reached + far / 2,
            };
        }
        Ok(())
    }

    /// Notes the packets behind `from_ns`: all that are near, or the first; whether they ended.
    fn look(
        &mut self,
        upload: &Upload,
        track: Track,
        from_ns: u64,
        to_the_end: bool,
    ) -> Result<bool, MediaError> {
        let before = self.last_ns;
        let (demuxed, source) = upload.open(LOOK_BYTES)?;
        let mut frames = demuxed.packets(track, Some(from_ns))?;
        while let Some(packet) = next(upload, &mut frames)? {
            if let Some(time) = packet_time_ns(&packet) {
                self.note(&packet, time);
            }
            if !to_the_end && self.last_ns > before {
                return Ok(false);
            }
        }
        Ok(!source.spent())
    }
}

/// Damage in the middle ends the reading, not the title: what came before it can be shown.
fn next(upload: &Upload, frames: &mut Frames) -> Result<Option<Frame>, MediaError> {
    match frames.next(upload.patience()?) {
        Err(MediaError::Damaged(_)) => Ok(None),
        other => other,
    }
}
