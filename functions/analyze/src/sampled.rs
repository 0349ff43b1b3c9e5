//! The frames of a part that are looked at, decoded.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gst::prelude::*;
use gstreamer as gst;
use reeldrop_events::AnalysisPlanned;
use reeldrop_media::{
    Demuxed, Frame, Frames, MediaError, ReadAt, Track, is_disposable, pad_stream_time_ns,
};

use crate::{
    Error,
    grid::{Grid, Taking},
};

const OPEN_PATIENCE: Duration = Duration::from_secs(30);
const FRAME_PATIENCE: Duration = Duration::from_secs(60);

/// How far before the wanted time decoding begins, attempt by attempt, seconds. After the last one it
/// begins at the start of the source.
const MARGINS_S: [u64; 3] = [0, 2, 10];

/// Times of key frames that wait to be decoded, nanoseconds of the title.
type Keys = Arc<Mutex<BTreeSet<i64>>>;

/// More key frames than any decoder holds back.
const MOST_KEYS: usize = 64;

/// Decodes a part, and gives each frame to look at, with its time in milliseconds of the title, to `take`
/// until that breaks off; only those after `after_ms` where there are such. Damage ends the part; a source
/// that gives no frame at all is an error.
pub(crate) fn each(
    reader: &Arc<dyn ReadAt>,
    planned: &AnalysisPlanned,
    after_ms: Option<u64>,
    mut take: impl FnMut(u64, &gst::Sample) -> Result<ControlFlow<()>, Error>,
) -> Result<ControlFlow<()>, Error> {
    let part = Part::of(planned);
    let mut opened = part.open(reader, part.from(after_ms))?;
    let mut taking = Taking::new(part.grid, opened.from_start);
    let mut decoded = false;
    while let Some(frame) = opened.next(decoded)? {
        decoded = true;
        let Some(ns) = frame.time_ns.map(|ns| part.in_title(ns)) else {
            continue;
        };
        if part.is_after(ns) {
            break;
        }
        let key = opened.was_key(ns);
        // What is rounded to the title's beginning is shown there.
        let shown_ns = if part.tick(ns) < 0 { ns } else { ns.max(0) };
        let takes = taking.takes(shown_ns, key);
        let time_ms = u64::try_from(shown_ns).map(|ns| ns / 1_000_000);
        if let (true, true, Ok(time_ms)) = (takes, part.has(ns), time_ms)
            && after_ms.is_none_or(|after_ms| time_ms > after_ms)
            && take(time_ms, &frame.sample)?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
    }
    // A source may end before its last chunk, but not before it has begun.
    match decoded || planned.chunk.start > 0 {
        true => Ok(ControlFlow::Continue(())),
        false => Err(Error::NoPicture),
    }
}

/// What of a source is wanted.
#[derive(Clone, Copy)]
struct Part<'a> {
    planned: &'a AnalysisPlanned,
    grid: Grid,
}

impl<'a> Part<'a> {
    fn of(planned: &'a AnalysisPlanned) -> Self {
        Self {
            planned,
            grid: Grid::of(planned),
        }
    }

    fn origin_ns(&self) -> u64 {
        self.planned.analysis.timeline.origin_ns
    }

    fn in_title(&self, stream_ns: i64) -> i64 {
        stream_ns.saturating_sub_unsigned(self.origin_ns())
    }

    /// The tick of a time, on which chunks are cut.
    fn tick(&self, ns: i64) -> i64 {
        let timeline = &self.planned.analysis.timeline;
        match ns.checked_add_unsigned(self.origin_ns()).map(u64::try_from) {
            Some(Ok(stream_ns)) => timeline.tick(stream_ns),
            Some(Err(_)) | None => -1,
        }
    }

    /// Behind the part, or a second behind the title: where a file says so, a frame may be a year later.
    fn is_after(&self, ns: i64) -> bool {
        let (end, duration_ms) = (self.planned.chunk.end, self.planned.analysis.duration_ms);
        u64::try_from(ns / 1_000_000).is_ok_and(|ms| ms > duration_ms.saturating_add(1_000))
            || end.is_some_and(|end| u64::try_from(self.tick(ns)).is_ok_and(|tick| tick >= end))
    }

    fn has(&self, ns: i64) -> bool {
        let tick = u64::try_from(self.tick(ns));
        tick.is_ok_and(|tick| tick >= self.planned.chunk.start) && !self.is_after(ns)
    }

    /// The tick from which on frames are wanted: the part's first, or that of the last picture before.
    fn from(&self, after_ms: Option<u64>) -> u64 {
        let timeline = &self.planned.analysis.timeline;
        let after = after_ms.map(|ms| timeline.tick(self.origin_ns() + ms * 1_000_000));
        let after = after.and_then(|tick| u64::try_from(tick).ok()).unwrap_or(0);
        after.max(self.planned.chunk.start)
    }

    /// Opens the source so that it gives everything from a tick on, and one frame before where only that
    /// tells what is first in its step.
    fn open(&self, reader: &Arc<dyn ReadAt>, start: u64) -> Result<Opened, Error> {
        let wanted_ns = self.origin_ns() + self.planned.analysis.timeline.tick_ns(start);
        for margin in MARGINS_S {
            let seek_ns = wanted_ns.saturating_sub(margin * 1_000_000_000);
            if start == 0 || seek_ns <= self.origin_ns() {
                break;
            }
            match self.begin(reader, Some(seek_ns)) {
                Ok(mut opened) => {
                    let first = match opened.frames.next(FRAME_PATIENCE) {
                        Ok(first) => first,
                        // Where that is damaged, what is before may not be.
                        Err(MediaError::Damaged(_)) => None,
                        Err(error) => return Err(error.into()),
                    };
                    let latest = start as i64 - i64::from(!self.grid.is_constant());
                    let in_time = |frame: &Frame| {
                        let tick = frame.time_ns.map(|ns| self.tick(self.in_title(ns)));
                        tick.is_some_and(|tick| tick <= latest)
                    };
                    if first.as_ref().is_some_and(in_time) {
                        opened.first = first;
                        return Ok(opened);
                    }
                }
                Err(MediaError::Damaged(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.begin(reader, None)?)
    }

    fn begin(&self, reader: &Arc<dyn ReadAt>, seek_ns: Option<u64>) -> Result<Opened, MediaError> {
        let demuxed = Demuxed::open(Arc::clone(reader), OPEN_PATIENCE)?.with_one_decoder_thread();
        let decoding = demuxed.decode(Track::Video(self.planned.video.index), seek_ns)?;
        let keys = Keys::default();
        if let Some(pad) = decoding.decoder_input() {
            leave_out(&pad, self.grid, self.origin_ns(), Arc::clone(&keys));
        }
        Ok(Opened {
            frames: decoding.frames()?,
            first: None,
            from_start: seek_ns.is_none(),
            keys,
        })
    }
}

/// Keeps packets from the decoder that no other needs and nobody looks at; notes the key frames.
fn leave_out(pad: &gst::Pad, grid: Grid, origin_ns: u64, keys: Keys) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let Some(buffer) = info.buffer() else {
            return gst::PadProbeReturn::Ok;
        };
        let time = buffer.pts().and_then(|pts| pad_stream_time_ns(pad, pts));
        let Some(ns) = time.map(|ns| ns.saturating_sub_unsigned(origin_ns)) else {
            return gst::PadProbeReturn::Ok;
        };
        if !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) {
            let mut keys = keys.lock().unwrap_or_else(PoisonError::into_inner);
            if keys.len() < MOST_KEYS {
                keys.insert(ns);
            }
            return gst::PadProbeReturn::Ok;
        }
        match !grid.may_take(ns) && nobody_needs(pad, buffer) {
            // As good as dropped, which GStreamer 1.22 complains of on an input.
            true => gst::PadProbeReturn::Handled,
            false => gst::PadProbeReturn::Ok,
        }
    });
}

fn nobody_needs(pad: &gst::Pad, buffer: &gst::BufferRef) -> bool {
    let packet = buffer.map_readable();
    let caps = pad.current_caps();
    caps.is_some_and(|caps| packet.is_ok_and(|packet| is_disposable(&caps, &packet)))
}

/// A decoder at work, and its first frame where that was asked for.
struct Opened {
    frames: Frames,
    first: Option<Frame>,
    /// Whether its first frame is the source's first.
    from_start: bool,
    keys: Keys,
}

impl Opened {
    /// The next frame. Where there were some, damage is the end.
    fn next(&mut self, decoded: bool) -> Result<Option<Frame>, MediaError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        match self.frames.next(FRAME_PATIENCE) {
            Err(MediaError::Damaged(reason)) if decoded => {
                tracing::warn!(%reason, "picture ends in damage");
                Ok(None)
            }
            other => other,
        }
    }

    /// Whether the frame at this time was a key frame.
    fn was_key(&self, ns: i64) -> bool {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let later = keys.split_off(&(ns.saturating_add(1)));
        let was = keys.contains(&ns);
        *keys = later;
        was
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        path::PathBuf,
        sync::atomic::{AtomicI32, Ordering},
    };

    use bytes::Bytes;
    use reeldrop_media::LocalFile;

    use super::*;

    /// A file of which one reading fails, and no other.
    struct Failing {
        file: LocalFile,
        /// Readings before it.
        left: AtomicI32,
    }

    impl ReadAt for Failing {
        fn size_bytes(&self) -> u64 {
            self.file.size_bytes()
        }

        fn read_at(&self, offset: u64, len: usize) -> io::Result<Bytes> {
            match self.left.fetch_sub(1, Ordering::SeqCst) {
                0 => Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the bucket is slow",
                )),
                _ => self.file.read_at(offset, len),
            }
        }
    }

    /// The part from its third second to its end.
    fn planned() -> AnalysisPlanned {
        let event: serde_json::Value = serde_json::from_str(include_str!(
            "../../../common/events/tests/golden/io.reeldrop.analysis.planned.v1.json"
        ))
        .unwrap();
        serde_json::from_value(event["data"].clone()).unwrap()
    }

    fn times(reader: Arc<dyn ReadAt>) -> Result<Vec<u64>, Error> {
        let mut times = Vec::new();
        let end = each(&reader, &planned(), None, |ms, _| {
            times.push(ms);
            Ok(ControlFlow::Continue(()))
        });
        end.map(|_| times)
    }

    #[test]
    fn a_reading_that_fails_once_is_tried_again_and_nothing_is_lost() {
        let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
            eprintln!("skipped: REELDROP_TEST_MEDIA names no folder");
            return;
        };
        reeldrop_media::init().unwrap();
        let path = PathBuf::from(folder).join("h264_aac_720p_people_5s.mp4");
        let whole = times(Arc::new(LocalFile::open(&path).unwrap())).unwrap();
        assert!(whole.len() >= 6 && whole[0] >= 2_000, "{whole:?}");
        // The first ones open the file, those after them read pictures.
        for left in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89] {
            let failing = Arc::new(Failing {
                file: LocalFile::open(&path).unwrap(),
                left: AtomicI32::new(left),
            });
            match times(Arc::<Failing>::clone(&failing)) {
                Ok(times) => assert_eq!(times, whole, "reading {left} failed"),
                Err(error) => assert!(error.is_transient(), "reading {left} failed: {error}"),
            }
            if failing.left.load(Ordering::SeqCst) >= 0 {
                assert!(left > 3, "so few readings prove little");
                return;
            }
        }
    }
}
