//! Clips as probe would tell of them.

use std::path::PathBuf;

use reeldrop_events::*;

/// What is known of a clip.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clip {
    pub(crate) file: &'static str,
    pub(crate) size: (u32, u32),
    pub(crate) rate: (u32, u32),
    pub(crate) orientation: Orientation,
    pub(crate) duration_ms: u64,
    /// Whether the rate is an average.
    pub(crate) variable: bool,
}

impl Clip {
    pub(crate) const fn new(
        file: &'static str,
        size: (u32, u32),
        rate: (u32, u32),
        duration_ms: u64,
    ) -> Self {
        Self {
            file,
            size,
            rate,
            orientation: Orientation::Identity,
            duration_ms,
            variable: false,
        }
    }

    pub(crate) fn path(&self) -> Option<PathBuf> {
        let folder = std::env::var_os("REELDROP_TEST_MEDIA");
        if folder.is_none() {
            eprintln!(
                "skipped: REELDROP_TEST_MEDIA names no folder with {}",
                self.file
            );
        }
        folder.map(|folder| PathBuf::from(folder).join(self.file))
    }

    fn video(&self) -> VideoTrack {
        let (width, height) = self.size;
        let shown = match self.orientation.swaps_sides() {
            true => (height, width),
            false => (width, height),
        };
        VideoTrack {
            index: 0,
            codec: "video/x-h264".to_owned(),
            profile: None,
            coded_width: width,
            coded_height: height,
            display_width: shown.0,
            display_height: shown.1,
            sample_aspect_ratio: Ratio::ONE,
            orientation: self.orientation,
            frame_rate: self.ratio(),
            variable_frame_rate: self.variable,
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
            duration_ns: self.duration_ms * 1_000_000,
            frames: None,
            bitrate_bps: None,
            key_frames: KeyFrames::default(),
        }
    }

    fn ratio(&self) -> Ratio {
        let (num, den) = self.rate;
        Ratio { num, den }
    }

    /// The clip probed, cut into this many chunks.
    pub(crate) fn probed(&self, source: Source, chunks: u32) -> MediaProbed {
        let (rate, video) = (self.ratio(), self.video());
        let frame_ticks = u64::from(rate.den) * 1_000;
        let frames = self.duration_ms * u64::from(rate.num) / u64::from(rate.den) / 1_000;
        let cut = |n: u32| frames * u64::from(n) / u64::from(chunks) * frame_ticks;
        MediaProbed {
            asset: AssetId::of(&source),
            source,
            name: None,
            media: Media {
                container: Container::Mp4,
                duration_ns: video.duration_ns,
                video,
                audio: Vec::new(),
                tracks: Vec::new(),
                seekable: true,
            },
            plan: Plan {
                profile: "default".to_owned(),
                timeline: Timeline {
                    origin_ns: 0,
                    timescale: rate.num * 1_000,
                    frame_rate: match self.variable {
                        true => FrameRate::Variable(rate),
                        false => FrameRate::Constant(rate),
                    },
                    gop_ticks: frame_ticks * 50,
                    segment_ticks: frame_ticks * 150,
                    first_segment_ticks: None,
                },
                duration_ticks: frames * frame_ticks,
                ladder: Vec::new(),
                chunks: (0..chunks)
                    .map(|index| Chunk {
                        index,
                        first_segment: index,
                        segments: 1,
                        start: cut(index),
                        end: (index + 1 < chunks).then(|| cut(index + 1)),
                    })
                    .collect(),
                audio: Vec::new(),
                audio_parts: Vec::new(),
                scheme: Scheme::None,
                analysis_mode: None,
            },
        }
    }
}
