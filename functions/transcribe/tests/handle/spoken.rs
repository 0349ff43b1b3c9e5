//! Sound made for a test: sentences of espeak-ng, silence, tones, noise.

use std::process::Command;

use reeldrop_events::*;
use uuid::Uuid;

/// Samples per second.
const RATE: usize = 22_050;

/// Mono sound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sound(Vec<i16>);

/// A sentence as espeak-ng says it, without the silence around it.
fn say(sentence: &str) -> Vec<i16> {
    let output = Command::new("espeak-ng")
        .args(["-v", "en-us", "-s", "160", "--stdout", sentence])
        .output()
        .unwrap();
    let samples: Vec<i16> = output.stdout[44..]
        .chunks_exact(2)
        .map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]]))
        .collect();
    let loud = |sample: &i16| sample.unsigned_abs() > 300;
    let first = samples.iter().position(loud).unwrap();
    let last = samples.iter().rposition(loud).unwrap();
    samples[first..=last].to_vec()
}

impl Sound {
    /// Adds a sentence, and says at which second it begins.
    pub(crate) fn speak(&mut self, sentence: &str) -> f64 {
        let begins = self.0.len() as f64 / RATE as f64;
        self.0.extend(say(sentence));
        begins
    }

    pub(crate) fn silence(&mut self, seconds: f64) {
        self.add(seconds, |_| 0.0);
    }

    pub(crate) fn tone(&mut self, seconds: f64, hz: f64) {
        self.add(seconds, |at| {
            (at as f64 / RATE as f64 * hz * std::f64::consts::TAU).sin() / 3.0
        });
    }

    pub(crate) fn noise(&mut self, seconds: f64) {
        let mut state = 1_u32;
        self.add(seconds, |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 16) / 65_536.0 * 0.4 - 0.2
        });
    }

    fn add(&mut self, seconds: f64, mut value: impl FnMut(usize) -> f64) {
        let count = (seconds * RATE as f64) as usize;
        self.0
            .extend((0..count).map(|at| (value(at) * 32_767.0) as i16));
    }

    pub(crate) fn duration_ns(&self) -> u64 {
        self.0.len() as u64 * 1_000_000_000 / RATE as u64
    }

    /// The sound as a WAVE file.
    pub(crate) fn wav(&self) -> Vec<u8> {
        let bytes = self.0.len() as u32 * 2;
        let mut file = b"RIFF".to_vec();
        file.extend((bytes + 36).to_le_bytes());
        file.extend(b"WAVEfmt ");
        file.extend(16_u32.to_le_bytes());
        file.extend([1_u16, 1].map(u16::to_le_bytes).concat());
        file.extend(
            [RATE as u32, RATE as u32 * 2]
                .map(u32::to_le_bytes)
                .concat(),
        );
        file.extend([2_u16, 16].map(u16::to_le_bytes).concat());
        file.extend(b"data");
        file.extend(bytes.to_le_bytes());
        file.extend(self.0.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    }
}

/// What probe says of a title with so much sound, or none.
pub(crate) fn probed(sound_ns: Option<u64>) -> MediaProbed {
    let duration_ns = sound_ns.unwrap_or(10_000_000_000);
    let rate = Ratio { num: 25, den: 1 };
    MediaProbed {
        asset: AssetId(Uuid::from_u128(1)),
        source: Source {
            bucket: "uploads".to_owned(),
            object: "clip.mp4".to_owned(),
            version: "1".to_owned(),
            size_bytes: 1,
        },
        name: None,
        media: media(duration_ns, rate, sound_ns.is_some()),
        plan: Plan {
            profile: "default".to_owned(),
            timeline: Timeline {
                origin_ns: 0,
                timescale: 25_000,
                frame_rate: FrameRate::Constant(rate),
                gop_ticks: 50_000,
                segment_ticks: 150_000,
                first_segment_ticks: None,
            },
            duration_ticks: duration_ns / 40_000,
            ladder: Vec::new(),
            chunks: Vec::new(),
            audio: Vec::new(),
            audio_parts: Vec::new(),
            scheme: Scheme::None,
            analysis_mode: None,
        },
    }
}

fn media(duration_ns: u64, frame_rate: Ratio, sound: bool) -> Media {
    let track = AudioTrack {
        index: 0,
        codec: "audio/mpeg".to_owned(),
        channels: 2,
        sample_rate_hz: 48_000,
        language: None,
        title: None,
        start_ns: 0,
        duration_ns,
        loudness_clufs: None,
        peak_cdbfs: None,
    };
    Media {
        container: Container::Mp4,
        duration_ns,
        video: VideoTrack {
            index: 0,
            // Its pictures carry no captions.
            codec: "video/x-vp9".to_owned(),
            profile: None,
            coded_width: 640,
            coded_height: 360,
            display_width: 640,
            display_height: 360,
            sample_aspect_ratio: Ratio::ONE,
            orientation: Orientation::Identity,
            frame_rate,
            variable_frame_rate: false,
            interlaced: false,
            bit_depth: 8,
            color: Color {
                primaries: 1,
                transfer: 1,
                matrix: 1,
                full_range: false,
                dynamic_range: Transfer::Sdr,
            },
            start_ns: 0,
            duration_ns,
            frames: None,
            bitrate_bps: None,
            key_frames: KeyFrames::default(),
        },
        audio: sound.then_some(track).into_iter().collect(),
        tracks: Vec::new(),
        seekable: true,
    }
}
