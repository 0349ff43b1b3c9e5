//! What probe found out about a source.

use serde::{Deserialize, Serialize};

/// A fraction, such as a frame rate of 30000/1001.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ratio {
    /// Numerator.
    pub num: u32,
    /// Denominator, never 0.
    pub den: u32,
}

impl Ratio {
    /// 1/1.
    pub const ONE: Self = Self { num: 1, den: 1 };
}

/// The file format around the tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Container {
    /// ISO base media: MP4, MOV, M4V, 3GP.
    Mp4,
    /// ISO base media in movie fragments.
    FragmentedMp4,
    /// Matroska and WebM.
    Matroska,
    /// MPEG-2 transport stream.
    MpegTs,
    /// AVI.
    Avi,
    /// Flash video.
    Flv,
    /// Any other that GStreamer demuxes.
    Other,
}

/// How the stored picture must be turned to stand upright, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orientation {
    /// As stored.
    #[default]
    Identity,
    /// Turn by 90 degrees clockwise.
    Rotate90,
    /// Turn by 180 degrees.
    Rotate180,
    /// Turn by 270 degrees clockwise.
    Rotate270,
    /// Mirror left to right.
    FlipHorizontal,
    /// Mirror top to bottom.
    FlipVertical,
    /// Mirror left to right, then turn by 90 degrees clockwise.
    FlipRotate90,
    /// Mirror left to right, then turn by 270 degrees clockwise.
    FlipRotate270,
}

impl Orientation {
    /// Whether width and height change places.
    #[must_use]
    pub fn swaps_sides(self) -> bool {
        matches!(
            self,
            Self::Rotate90 | Self::Rotate270 | Self::FlipRotate90 | Self::FlipRotate270
        )
    }
}

/// The transfer function: what makes a picture SDR or HDR (ITU-T H.273, table 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transfer {
    /// Standard dynamic range, whichever curve.
    #[default]
    Sdr,
    /// SMPTE ST 2084 (HDR10).
    Pq,
    /// ARIB STD-B67.
    Hlg,
}

/// Colour of a video track; the numbers are those of ITU-T H.273, 2 where unspecified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Color {
    /// Colour primaries (table 2).
    pub primaries: u8,
    /// Transfer characteristics (table 3).
    pub transfer: u8,
    /// Matrix coefficients (table 4).
    pub matrix: u8,
    /// Whether samples use the full range (0 to 255 at 8 bits).
    pub full_range: bool,
    /// SDR, PQ or HLG, from the transfer characteristics.
    pub dynamic_range: Transfer,
}

/// Key frames of the source's video, as far as its index tells without decoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFrames {
    /// How many the index lists, 0 where there is no index.
    pub count: u64,
    /// Longest distance between two of them in nanoseconds.
    pub longest_gap_ns: u64,
}

/// What kind of track a track is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Moving picture.
    Video,
    /// Sound.
    Audio,
    /// Captions or subtitles.
    Text,
    /// Anything else: time code, chapters, metadata.
    Other,
}

/// One track of the source, picked or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackSummary {
    /// Position among all tracks of the file, from 0, in the demuxer's order.
    pub index: u32,
    /// Kind of track.
    pub kind: TrackKind,
    /// GStreamer media type, such as `video/x-h264`.
    pub codec: String,
    /// BCP 47 language, where the file names one.
    pub language: Option<String>,
    /// Whether the title is made from it.
    pub picked: bool,
}

/// The video track that the title is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoTrack {
    /// Position among the *video* tracks of the file, from 0, in the demuxer's order.
    pub index: u32,
    /// GStreamer media type, such as `video/x-h264`.
    pub codec: String,
    /// Codec profile, such as `high-10`.
    pub profile: Option<String>,
    /// Stored width in pixels.
    pub coded_width: u32,
    /// Stored height in pixels.
    pub coded_height: u32,
    /// Width in square pixels, upright.
    pub display_width: u32,
    /// Height in square pixels, upright.
    pub display_height: u32,
    /// Sample aspect ratio of the stored picture.
    pub sample_aspect_ratio: Ratio,
    /// How to turn the stored picture.
    pub orientation: Orientation,
    /// Frames per second: exact where constant, the average where variable.
    pub frame_rate: Ratio,
    /// Whether frame durations differ by more than the container's rounding.
    pub variable_frame_rate: bool,
    /// Whether frames are coded as fields.
    pub interlaced: bool,
    /// Bits per sample of luma.
    pub bit_depth: u8,
    /// Colour.
    pub color: Color,
    /// Presentation time of the first frame in the file's stream time, nanoseconds.
    pub start_ns: u64,
    /// From the first frame's start to the last frame's end, nanoseconds.
    pub duration_ns: u64,
    /// Frames that are presented, where an index tells.
    pub frames: Option<u64>,
    /// Average bit rate in bits per second, where known.
    pub bitrate_bps: Option<u64>,
    /// Key frames, where an index tells.
    pub key_frames: KeyFrames,
}

/// An audio track that the title is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// Position among the *audio* tracks of the file, from 0, in the demuxer's order.
    pub index: u32,
    /// GStreamer media type, such as `audio/mpeg`.
    pub codec: String,
    /// Channels, 1 or more.
    pub channels: u32,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// BCP 47 language, where the file names one.
    pub language: Option<String>,
    /// The track's own name, where the file has one.
    pub title: Option<String>,
    /// Presentation time of the first sample in the file's stream time, nanoseconds.
    pub start_ns: u64,
    /// Duration in nanoseconds.
    pub duration_ns: u64,
    /// Integrated loudness in hundredths of a LUFS (ITU-R BS.1770), where it was measured and is not silence.
    pub loudness_clufs: Option<i32>,
    /// Highest sample peak in hundredths of a dBFS, where it was measured.
    pub peak_cdbfs: Option<i32>,
}

/// What a source is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// File format.
    pub container: Container,
    /// The longest picked track, nanoseconds: measured, never a header's bare claim.
    pub duration_ns: u64,
    /// The video track picked.
    pub video: VideoTrack,
    /// The audio tracks picked, the default one first.
    pub audio: Vec<AudioTrack>,
    /// Every track of the file.
    pub tracks: Vec<TrackSummary>,
    /// Whether the demuxer can start in the middle without reading what lies before.
    pub seekable: bool,
}
