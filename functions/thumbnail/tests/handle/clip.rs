//! Clips, and what probe says of them as far as pictures depend on it.

use std::path::PathBuf;

use reeldrop_events::*;

#[derive(Clone, Copy)]
pub(crate) struct Clip {
    pub(crate) file: &'static str,
    pub(crate) coded: (u32, u32),
    pub(crate) display: (u32, u32),
    pub(crate) orientation: Orientation,
    pub(crate) transfer: Transfer,
    pub(crate) duration_ms: u64,
    pub(crate) frames_per_s: u32,
    /// As many as the index lists, 0 where there is none.
    pub(crate) key_frames: u64,
}

impl Clip {
    /// An upright clip in standard range.
    pub(crate) const fn plain(file: &'static str, size: (u32, u32), duration_ms: u64) -> Self {
        Self {
            file,
            coded: size,
            display: size,
            orientation: Orientation::Identity,
            transfer: Transfer::Sdr,
            duration_ms,
            frames_per_s: 30,
            key_frames: 0,
        }
    }

    /// Where it lies; none where the machine has no clips.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        let Some(folder) = std::env::var_os("REELDROP_TEST_MEDIA") else {
            eprintln!("skipped: REELDROP_TEST_MEDIA names no folder with clips");
            return None;
        };
        Some(PathBuf::from(folder).join(self.file))
    }

    pub(crate) fn probed(&self, source: Source) -> MediaProbed {
        MediaProbed {
            name: None,
            asset: AssetId::of(&source),
            source,
            media: self.media(),
            plan: self.plan(),
        }
    }

    fn media(&self) -> Media {
        let rate = Ratio {
            num: self.frames_per_s,
            den: 1,
        };
        Media {
            container: Container::Other,
            duration_ns: self.duration_ms * 1_000_000,
            video: VideoTrack {
                index: 0,
                codec: "video/x-h264".to_owned(),
                profile: None,
                coded_width: self.coded.0,
                coded_height: self.coded.1,
                display_width: self.display.0,
                display_height: self.display.1,
                sample_aspect_ratio: Ratio::ONE,
                orientation: self.orientation,
                frame_rate: rate,
                variable_frame_rate: false,
                interlaced: false,
                bit_depth: 8,
                color: Color {
                    primaries: 2,
                    transfer: 2,
                    matrix: 2,
                    full_range: false,
                    dynamic_range: self.transfer,
                },
                start_ns: 0,
                duration_ns: self.duration_ms * 1_000_000,
                frames: None,
                bitrate_bps: None,
                key_frames: KeyFrames {
                    count: self.key_frames,
                    longest_gap_ns: 0,
                },
            },
            audio: Vec::new(),
            tracks: Vec::new(),
            seekable: true,
        }
    }

    fn plan(&self) -> Plan {
        Plan {
            profile: "default".to_owned(),
            timeline: Timeline {
                origin_ns: 0,
                timescale: 1_000,
                frame_rate: FrameRate::Variable(Ratio {
                    num: self.frames_per_s,
                    den: 1,
                }),
                gop_ticks: 2_000,
                segment_ticks: 6_000,
                first_segment_ticks: None,
            },
            duration_ticks: self.duration_ms,
            ladder: Vec::new(),
            chunks: Vec::new(),
            audio: Vec::new(),
            audio_parts: Vec::new(),
            scheme: Scheme::Cbcs,
        }
    }
}
