//! How loud a track is (ITU-R BS.1770, EBU R 128), and that it can be decoded at all.

use std::sync::Arc;

use ebur128::{EbuR128, Mode};
use gstreamer as gst;
use gstreamer_audio::AudioInfo;
use reeldrop_media::{Frame, Frames, MediaError, Track};

use crate::{opened::Upload, source::Bounded};

/// Tracks up to this long are heard whole, nanoseconds: those of any file, and of a small one.
const WHOLE_NS: u64 = 20_000_000_000;
const WHOLE_OF_SMALL_NS: u64 = 120_000_000_000;
/// Size of a small file, bytes: all of it is read for its sound, which lies between the pictures.
const SMALL: u64 = 8 << 20;
/// Windows that longer ones are sampled in, and how long each is. How many are heard never depends
/// on the time it takes: the same file must always get the same gain.
const WINDOWS: u64 = 12;
const WINDOW_NS: u64 = 1_500_000_000;
/// What was heard of a track.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sound {
    pub(crate) channels: u32,
    pub(crate) sample_rate_hz: u32,
    /// Stream time of the first sample, nanoseconds.
    pub(crate) first_ns: i64,
    /// Stream time of the end of the last sample heard, nanoseconds.
    pub(crate) end_ns: i64,
    /// Whether the track was heard to its end.
    pub(crate) whole: bool,
    /// Integrated loudness, none for silence.
    pub(crate) loudness_lufs: Option<f64>,
    /// Highest sample peak, none for silence.
    pub(crate) peak_dbfs: Option<f64>,
}

/// Listens to a track mixed down to `channels`, as it will be delivered, by reading `bytes` of the
/// file; none where nothing can be decoded.
pub(crate) fn listen(
    upload: &Upload,
    track: Track,
    duration_ns: Option<u64>,
    channels: u32,
    bytes: u64,
) -> Result<Option<Sound>, MediaError> {
    let small = upload.reader.size_bytes() <= SMALL;
    let whole_ns = if small { WHOLE_OF_SMALL_NS } else { WHOLE_NS };
    let long = duration_ns.filter(|ns| *ns > whole_ns);
    let windows = windows(long);
    let most_ns = long.map_or(WHOLE_OF_SMALL_NS, |_| WINDOW_NS);
    let most_bytes = bytes / windows.len() as u64;
    let mut ear = Ear::open(upload, track, channels, most_bytes)?;
    for from_ns in windows {
        // Where the demuxer cannot go, what was heard so far stands for all of it.
        if let Some(from_ns) = from_ns
            && !ear.go_to(upload, from_ns, most_bytes)?
        {
            break;
        }
        ear.sound.whole = ear.hear(upload, most_ns)? && long.is_none();
    }
    Ok(ear.sound())
}

/// Where to listen: from the start, and at even distances up to the end of a long track.
fn windows(long_ns: Option<u64>) -> Vec<Option<u64>> {
    match long_ns {
        None => vec![None],
        Some(ns) => (0..WINDOWS)
            .map(|n| (n > 0).then(|| n * ns.saturating_sub(WINDOW_NS) / (WINDOWS - 1)))
            .collect(),
    }
}

/// A track that is being listened to.
struct Ear {
    frames: Frames,
    source: Arc<Bounded>,
    native: Option<(u32, u32)>,
    channels: u32,
    meter: Option<EbuR128>,
    sound: Sound,
}

impl Ear {
    fn open(upload: &Upload, track: Track, channels: u32, bytes: u64) -> Result<Self, MediaError> {
        let (demuxed, source) = upload.open(bytes)?;
        let native = demuxed.stream(track).and_then(|stream| {
            let caps = stream.caps.structure(0)?;
            let number = |name| u32::try_from(caps.get::<i32>(name).ok()?).ok();
            Some((number("channels")?, number("rate")?))
        });
        let element = |name: &str| {
            gst::ElementFactory::make(name)
                .build()
                .map_err(|_| MediaError::Missing(name.to_owned()))
        };
        let caps = gst::Caps::builder("audio/x-raw")
            .field("format", gstreamer_audio::AUDIO_FORMAT_F32.to_str())
            .field("layout", "interleaved")
            .field("channels", channels as i32)
            .build();
        let filter = element("capsfilter")?;
        gst::prelude::ObjectExt::set_property(&filter, "caps", caps);
        let convert = element("audioconvert")?;
        let frames = demuxed
            .decode(track, None)?
            .frames_through(&[convert, filter])?;
        Ok(Self {
            frames,
            source,
            native,
            channels,
            meter: None,
            sound: Sound::default(),
        })
    }

    /// Goes elsewhere, from where `bytes` may be read; whether the demuxer could. What it has read
    /// ahead is drained first, so that it is not counted there.
    fn go_to(&mut self, upload: &Upload, from_ns: u64, bytes: u64) -> Result<bool, MediaError> {
        self.source.allow(0);
        loop {
            match self.frames.next(upload.patience()?) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(MediaError::Damaged(_)) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.source.allow(bytes);
        Ok(self.frames.seek(from_ns).is_ok())
    }

    /// Hears up to `most_ns`; whether the track ended before that.
    fn hear(&mut self, upload: &Upload, most_ns: u64) -> Result<bool, MediaError> {
        let mut heard_ns = 0;
        while heard_ns < most_ns {
            let block = match self.frames.next(upload.patience()?) {
                Ok(Some(block)) => block,
                Ok(None) | Err(MediaError::Damaged(_)) => return Ok(!self.source.spent()),
                Err(error) => return Err(error),
            };
            heard_ns += feed(&block, &mut self.sound, &mut self.meter).unwrap_or(0);
        }
        Ok(false)
    }

    /// What was heard, none where nothing was.
    fn sound(mut self) -> Option<Sound> {
        let meter = self.meter?;
        if let Some(native) = self.native {
            (self.sound.channels, self.sound.sample_rate_hz) = native;
        }
        read_meter(&meter, self.channels, &mut self.sound);
        Some(self.sound)
    }
}

/// Feeds a block to the meter; its duration by the count of its samples, nanoseconds.
fn feed(block: &Frame, sound: &mut Sound, meter: &mut Option<EbuR128>) -> Option<u64> {
    let info = AudioInfo::from_caps(block.sample.caps()?).ok()?;
    let mode = Mode::I | Mode::SAMPLE_PEAK;
    if meter.is_none() {
        sound.sample_rate_hz = info.rate();
        sound.channels = info.channels();
        sound.first_ns = block.time_ns.unwrap_or(0);
        *meter = EbuR128::new(info.channels(), info.rate(), mode).ok();
    }
    let map = block.sample.buffer()?.map_readable().ok()?;
    let samples: Vec<f32> = map
        .chunks_exact(4)
        .map(|bytes| f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let duration = i64::try_from(block.duration_ns.unwrap_or(0)).unwrap_or(0);
    sound.end_ns = sound.end_ns.max(block.time_ns.unwrap_or(0) + duration);
    meter.as_mut()?.add_frames_f32(&samples).ok()?;
    let frames = samples.len() as u64 / u64::from(info.channels());
    Some(frames * 1_000_000_000 / u64::from(info.rate()))
}

fn read_meter(meter: &EbuR128, channels: u32, sound: &mut Sound) {
    // BS.1770 gates out what is below -70 LUFS: nothing is left of silence.
    sound.loudness_lufs = meter
        .loudness_global()
        .ok()
        .filter(|lufs| lufs.is_finite() && *lufs > -70.0);
    let peaks = (0..channels).filter_map(|channel| meter.sample_peak(channel).ok());
    let peak = 20.0 * peaks.fold(0.0_f64, f64::max).log10();
    sound.peak_dbfs = Some(peak).filter(|peak| peak.is_finite());
}
