//! How loud a track is (ITU-R BS.1770, EBU R 128), and that it can be decoded at all.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ebur128::{EbuR128, Mode};
use gstreamer as gst;
use gstreamer_audio::AudioInfo;
use reeldrop_media::{Demuxed, Frame, Frames, MediaError, ReadAt, Track};

/// Tracks up to this long are heard whole, nanoseconds: those of any file, and of a small one.
const WHOLE_NS: u64 = 20_000_000_000;
const WHOLE_OF_SMALL_NS: u64 = 120_000_000_000;
/// Size of a small file, bytes: all of it is read for its sound, which lies between the pictures.
const SMALL: u64 = 8 << 20;
/// Windows that longer ones are sampled in, and how long each is. How many are heard never depends
/// on the time it takes: the same file must always get the same gain.
const WINDOWS: u64 = 12;
const WINDOW_NS: u64 = 1_500_000_000;
/// Longest time for one block of sound to come.
const PATIENCE: Duration = Duration::from_millis(2_000);
/// Longest time for all of it: the loudness of a track that takes longer stays unknown.
const LONGEST: Duration = Duration::from_millis(3_000);

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

/// Listens to a track mixed down to `channels`, as it will be delivered; none where nothing can be
/// decoded.
pub(crate) fn listen(
    reader: &Arc<dyn ReadAt>,
    track: Track,
    duration_ns: Option<u64>,
    channels: u32,
) -> Result<Option<Sound>, MediaError> {
    let started = Instant::now();
    let mut meter = None;
    let mut sound = Sound::default();
    let small = reader.size_bytes() <= SMALL;
    let whole_ns = if small { WHOLE_OF_SMALL_NS } else { WHOLE_NS };
    let long = duration_ns.filter(|ns| *ns > whole_ns);
    for from_ns in windows(long) {
        let (mut frames, native) = open(reader, track, from_ns, channels)?;
        let most = long.map_or(WHOLE_OF_SMALL_NS, |_| WINDOW_NS);
        sound.whole = hear(&mut frames, most, &mut sound, &mut meter)? && long.is_none();
        if let Some(native) = native {
            (sound.channels, sound.sample_rate_hz) = native;
        }
        if started.elapsed() > LONGEST {
            return Ok(meter.map(|_| sound));
        }
    }
    let Some(meter) = meter else { return Ok(None) };
    read_meter(&meter, channels, &mut sound);
    Ok(Some(sound))
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

fn open(
    reader: &Arc<dyn ReadAt>,
    track: Track,
    from_ns: Option<u64>,
    channels: u32,
) -> Result<(Frames, Option<(u32, u32)>), MediaError> {
    let demuxed = Demuxed::open(Arc::clone(reader), PATIENCE)?;
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
    let frames = demuxed
        .decode(track, from_ns)?
        .frames_through(&[element("audioconvert")?, filter])?;
    Ok((frames, native))
}

/// Hears up to `most_ns`; whether the track ended before that.
fn hear(
    frames: &mut Frames,
    most_ns: u64,
    sound: &mut Sound,
    meter: &mut Option<EbuR128>,
) -> Result<bool, MediaError> {
    let mut heard_ns = 0;
    while heard_ns < most_ns {
        let block = match frames.next(PATIENCE) {
            Ok(Some(block)) => block,
            Ok(None) | Err(MediaError::Damaged(_)) => return Ok(true),
            Err(error) => return Err(error),
        };
        heard_ns += block.duration_ns.unwrap_or(0);
        feed(&block, sound, meter);
    }
    Ok(false)
}

fn feed(block: &Frame, sound: &mut Sound, meter: &mut Option<EbuR128>) -> Option<()> {
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
    meter.as_mut()?.add_frames_f32(&samples).ok()
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
