//! How a decoded frame becomes the ladder's picture: decisions as values.

use reeldrop_events::{Color, FrameRate, Orientation, Ratio, Timeline, Transfer, VideoTrack};

use super::gate::Pacing;

/// The colour of a title's renditions: always limited range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputColor {
    /// ITU-R BT.709.
    Bt709,
    /// ITU-R BT.601 with 525 lines' primaries (SMPTE 170M).
    Bt601Ntsc,
    /// ITU-R BT.601 with 625 lines' primaries (BT.470 BG).
    Bt601Pal,
}

/// What is done to each frame before it is scaled and encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Preparation {
    /// Whether frames hold two fields.
    pub(crate) deinterlace: bool,
    /// How to turn them upright.
    pub(crate) orientation: Orientation,
    /// What the source's samples mean.
    pub(crate) input: Color,
    /// What the renditions' samples mean.
    pub(crate) output: OutputColor,
    /// The rate to tell the encoder.
    pub(crate) frame_rate: Ratio,
}

// ITU-T H.273, table 4.
const MATRIX_RGB: u8 = 0;
const MATRIX_BT709: u8 = 1;
const MATRIX_UNSPECIFIED: u8 = 2;
const MATRIX_BT470_BG: u8 = 5;
const MATRIX_SMPTE_170M: u8 = 6;
const MATRIX_BT2020: u8 = 9;
const MATRIX_BT2020_CONSTANT: u8 = 10;
// ITU-T H.273, table 2.
const PRIMARIES_BT470_BG: u8 = 5;

/// Pictures lower than this are taken for BT.601 where the file does not say.
const HD_LINES: u32 = 720;

impl Preparation {
    pub(crate) fn of(video: &VideoTrack, timeline: &Timeline) -> Self {
        Self {
            deinterlace: video.interlaced,
            orientation: video.orientation,
            input: video.color,
            output: OutputColor::of(video),
            frame_rate: timeline.frame_rate.ratio(),
        }
    }

    /// Whether an HDR picture has to become an SDR one.
    pub(crate) fn tone_maps(&self) -> bool {
        self.input.dynamic_range != Transfer::Sdr
    }

    /// Whether samples mean what those of the renditions mean, but for their range.
    fn keeps_matrix(&self) -> bool {
        let kept = [
            MATRIX_BT709,
            MATRIX_UNSPECIFIED,
            MATRIX_BT470_BG,
            MATRIX_SMPTE_170M,
        ];
        !self.tone_maps() && kept.contains(&self.input.matrix)
    }

    /// Whether full range has to become limited range, and nothing else.
    pub(crate) fn limits_range(&self) -> bool {
        self.input.full_range && self.keeps_matrix()
    }

    /// GStreamer's name of the source's colour.
    pub(crate) fn input_colorimetry(&self) -> String {
        let range = if self.input.full_range { "1" } else { "2" };
        // range:matrix:transfer:primaries, numbered as in GstVideoColorimetry.
        match (self.input.dynamic_range, self.input.matrix) {
            (Transfer::Pq, _) => format!("{range}:6:14:7"),
            (Transfer::Hlg, _) => format!("{range}:6:15:7"),
            // As the output, so that samples are scaled as they are.
            (Transfer::Sdr, _) if self.keeps_matrix() => self.output.colorimetry(range),
            (Transfer::Sdr, MATRIX_RGB) => "1:1:5:1".to_owned(),
            (Transfer::Sdr, MATRIX_BT2020 | MATRIX_BT2020_CONSTANT) => format!("{range}:6:13:7"),
            (Transfer::Sdr, _) => format!("{range}:3:5:1"),
        }
    }

    /// GStreamer's name of the renditions' colour in full range.
    pub(crate) fn full_range_colorimetry(&self) -> String {
        self.output.colorimetry("1")
    }

    /// GStreamer's name of the renditions' colour.
    pub(crate) fn output_colorimetry(&self) -> String {
        self.output.colorimetry("2")
    }
}

impl OutputColor {
    /// BT.601 stays BT.601, everything else becomes BT.709.
    fn of(video: &VideoTrack) -> Self {
        let color = &video.color;
        let lines = video.coded_height.min(video.coded_width);
        match (color.dynamic_range, color.matrix) {
            (Transfer::Sdr, MATRIX_BT470_BG | MATRIX_SMPTE_170M) => Self::bt601(color),
            (Transfer::Sdr, MATRIX_UNSPECIFIED) if lines < HD_LINES => Self::bt601(color),
            _ => Self::Bt709,
        }
    }

    fn bt601(color: &Color) -> Self {
        if color.primaries == PRIMARIES_BT470_BG {
            Self::Bt601Pal
        } else {
            Self::Bt601Ntsc
        }
    }

    fn colorimetry(self, range: &str) -> String {
        match self {
            Self::Bt709 => format!("{range}:3:5:1"),
            Self::Bt601Ntsc => format!("{range}:4:16:4"),
            Self::Bt601Pal => format!("{range}:4:16:3"),
        }
    }

    /// In the code points of ITU-T H.273.
    pub(crate) fn code_points(self) -> Color {
        let (primaries, transfer, matrix) = match self {
            Self::Bt709 => (1, 1, 1),
            Self::Bt601Ntsc => (6, 6, 6),
            Self::Bt601Pal => (5, 6, 5),
        };
        Color {
            primaries,
            transfer,
            matrix,
            full_range: false,
            dynamic_range: Transfer::Sdr,
        }
    }
}

/// Whether the source's frames are taken as they come or put on a grid.
pub(crate) fn pacing(video: &VideoTrack, timeline: &Timeline) -> Pacing {
    let FrameRate::Constant(rate) = timeline.frame_rate else {
        return Pacing::Source;
    };
    let source = video.frame_rate;
    let same =
        u64::from(rate.num) * u64::from(source.den) == u64::from(source.num) * u64::from(rate.den);
    match timeline.frame_ticks() {
        Some(step) if step > 0 && (video.variable_frame_rate || !same) => Pacing::Grid(step),
        _ => Pacing::Source,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use reeldrop_events::KeyFrames;

    use super::*;

    pub(crate) fn video(matrix: u8, height: u32) -> VideoTrack {
        VideoTrack {
            index: 0,
            codec: "video/x-h264".to_owned(),
            profile: None,
            coded_width: height * 16 / 9,
            coded_height: height,
            display_width: height * 16 / 9,
            display_height: height,
            sample_aspect_ratio: Ratio::ONE,
            orientation: Orientation::Identity,
            frame_rate: Ratio { num: 25, den: 1 },
            variable_frame_rate: false,
            interlaced: false,
            bit_depth: 8,
            color: Color {
                primaries: 2,
                transfer: 2,
                matrix,
                full_range: false,
                dynamic_range: Transfer::Sdr,
            },
            start_ns: 0,
            duration_ns: 0,
            frames: None,
            bitrate_bps: None,
            key_frames: KeyFrames::default(),
        }
    }

    #[test]
    fn unspecified_colour_follows_the_number_of_lines() {
        assert_eq!(OutputColor::of(&video(2, 480)), OutputColor::Bt601Ntsc);
        assert_eq!(OutputColor::of(&video(2, 1080)), OutputColor::Bt709);
    }

    #[test]
    fn wide_gamut_becomes_bt709() {
        assert_eq!(OutputColor::of(&video(9, 480)), OutputColor::Bt709);
    }

    #[test]
    fn a_rate_is_converted_only_where_the_profile_asks_for_another() {
        let timeline = |frame_rate| Timeline {
            origin_ns: 0,
            timescale: 25_000,
            frame_rate,
            gop_ticks: 50_000,
            segment_ticks: 150_000,
            first_segment_ticks: None,
        };
        let fifty = Ratio { num: 50, den: 2 };
        let track = video(1, 720);
        assert_eq!(
            pacing(&track, &timeline(FrameRate::Constant(fifty))),
            Pacing::Source
        );
        assert_eq!(
            pacing(&track, &timeline(FrameRate::Variable(fifty))),
            Pacing::Source
        );
        let other = FrameRate::Constant(Ratio { num: 50, den: 1 });
        assert_eq!(pacing(&track, &timeline(other)), Pacing::Grid(500));
    }
}
