//! Samples in, AAC packets out.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_audio as gst_audio;
use reeldrop_events::AudioRendition;

use super::{blocks::Block, level};
use crate::{Error, launched::Launched};

/// Blocks that wait at the pipeline's entrance.
const WAITING_BLOCKS: u64 = 16;

/// Silence is fed in blocks of at most this many samples.
const SILENT_BLOCK: u64 = 4096;

/// The pipeline as a text; `level` is where the gain is applied.
pub(crate) fn describe(rendition: &AudioRendition) -> String {
    format!(
        "appsrc name=in format=time max-buffers=0 max-bytes=0 max-time=0 ! audioconvert ! audioresample \
         ! audio/x-raw,format=F32LE,layout=interleaved,rate={},channels={} ! identity name=level \
         ! queue max-size-buffers=8 max-size-bytes=0 max-size-time=0 ! avenc_aac bitrate={} \
         ! audio/mpeg,mpegversion=4,stream-format=raw ! appsink name=out sync=false async=false",
        rendition.sample_rate_hz, rendition.channels, rendition.bitrate_bps
    )
}

/// What the encoder gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packets {
    /// `AudioSpecificConfig` of ISO/IEC 14496-3.
    pub(crate) config: Vec<u8>,
    /// One per AAC frame, the encoder's priming packet first.
    pub(crate) packets: Vec<Bytes>,
}

/// A running encoder of one format of samples. Dropping it stops it.
pub(crate) struct Encoding {
    launched: Launched,
    input: gst_app::AppSrc,
    output: Arc<Mutex<Packets>>,
    info: gst_audio::AudioInfo,
    fed: u64,
}

impl Encoding {
    pub(crate) fn start(
        rendition: &AudioRendition,
        info: gst_audio::AudioInfo,
    ) -> Result<Self, Error> {
        let launched = Launched::new(&describe(rendition))?;
        let input = launched.source("in")?;
        let caps = positioned(&info)?;
        input.set_caps(Some(&caps));
        apply_gain(&launched, level::factor(rendition.gain_cdb))?;
        let output = collect(&launched.sink("out")?);
        launched.play()?;
        Ok(Self {
            launched,
            input,
            output,
            info,
            fed: 0,
        })
    }

    /// Whether blocks of `info` can be fed.
    pub(crate) fn takes(&self, info: &gst_audio::AudioInfo) -> bool {
        let same = |a: &gst_audio::AudioInfo| (a.format(), a.rate(), a.channels());
        same(info) == same(&self.info)
    }

    /// Feeds `take` samples of a block after its first `skip`.
    pub(crate) fn push(&mut self, block: &Block, skip: usize, take: usize) -> Result<(), Error> {
        let bytes_per_sample = self.info.bpf() as usize;
        let range = skip * bytes_per_sample..(skip + take) * bytes_per_sample;
        let copied = block
            .buffer
            .copy_region(gst::BufferCopyFlags::MEMORY, range);
        let buffer = copied.map_err(|error| Error::Encoder(error.to_string()))?;
        self.feed(buffer, take as u64)
    }

    /// Feeds silence.
    pub(crate) fn push_silence(&mut self, mut samples: u64) -> Result<(), Error> {
        while samples > 0 {
            let now = samples.min(SILENT_BLOCK);
            let mut silence = vec![0; now as usize * self.info.bpf() as usize];
            self.info.format_info().fill_silence(&mut silence);
            self.feed(gst::Buffer::from_mut_slice(silence), now)?;
            samples -= now;
        }
        Ok(())
    }

    fn feed(&mut self, mut buffer: gst::Buffer, samples: u64) -> Result<(), Error> {
        let rate = u64::from(self.info.rate());
        let time = |sample: u64| {
            sample
                .mul_div_round(1_000_000_000, rate)
                .map(gst::ClockTime::from_nseconds)
        };
        let (begin, end) = (time(self.fed), time(self.fed + samples));
        let buffer_ref = buffer.make_mut();
        buffer_ref.set_pts(begin);
        buffer_ref.set_duration(begin.zip(end).map(|(begin, end)| end - begin));
        self.fed += samples;
        self.launched.push(&self.input, buffer, WAITING_BLOCKS)
    }

    /// Waits until everything fed is encoded.
    pub(crate) fn finish(self) -> Result<Packets, Error> {
        let fed = || locked(&self.output).packets.len();
        self.launched.finish(&self.input, fed)?;
        Ok(std::mem::take(&mut *locked(&self.output)))
    }
}

fn locked(output: &Mutex<Packets>) -> std::sync::MutexGuard<'_, Packets> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The caps of `info`, with places for channels that have none, so that they can be mixed.
fn positioned(info: &gst_audio::AudioInfo) -> Result<gst::Caps, Error> {
    let mut caps = info
        .to_caps()
        .map_err(|error| Error::Encoder(error.to_string()))?;
    let channels = info.channels();
    let placed = info.positions().is_some_and(|places| {
        places
            .iter()
            .all(|place| *place != gst_audio::AudioChannelPosition::None)
    });
    if channels > 2 && !placed {
        let mask = gst_audio::AudioChannelPosition::fallback_mask(channels);
        caps.make_mut().set("channel-mask", gst::Bitmask(mask));
    }
    Ok(caps)
}

fn apply_gain(launched: &Launched, gain: f32) -> Result<(), Error> {
    let pad = launched.pad("level", "src")?;
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let map = info
            .buffer_mut()
            .map(|buffer| buffer.make_mut().map_writable());
        if let Some(Ok(mut samples)) = map {
            level::apply(&mut samples, gain);
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

fn collect(sink: &gst_app::AppSink) -> Arc<Mutex<Packets>> {
    let output = Arc::new(Mutex::new(Packets::default()));
    let filled = Arc::clone(&output);
    let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let mut filled = locked(&filled);
        if filled.config.is_empty() {
            filled.config = config(&sample).unwrap_or_default();
        }
        let buffer = sample.buffer_owned().ok_or(gst::FlowError::Error)?;
        let map = buffer
            .into_mapped_buffer_readable()
            .map_err(|_| gst::FlowError::Error)?;
        filled.packets.push(Bytes::from_owner(map));
        Ok(gst::FlowSuccess::Ok)
    });
    sink.set_callbacks(callbacks.build());
    output
}

fn config(sample: &gst::Sample) -> Option<Vec<u8>> {
    let data = sample
        .caps()?
        .structure(0)?
        .get::<gst::Buffer>("codec_data")
        .ok()?;
    Some(data.map_readable().ok()?.to_vec())
}
