//! The video track as the events describe it.

use gstreamer as gst;
use reeldrop_events::{Color, Orientation, Ratio, VideoTrack};

use crate::{
    color,
    frames::Frames,
    streams::{Candidate, media_type},
    trial::Picture,
};

pub(crate) fn describe_video(
    video: &Candidate<'_>,
    picture: &Picture,
    frames: &Frames,
) -> VideoTrack {
    let orientation = video
        .track
        .map_or_else(|| tagged_orientation(video), |track| track.orientation);
    let (display_width, display_height) = display(picture, orientation);
    VideoTrack {
        index: video.number,
        codec: media_type(video.stream),
        profile: video
            .stream
            .caps
            .structure(0)
            .and_then(|s| s.get::<String>("profile").ok()),
        coded_width: picture.width,
        coded_height: picture.height,
        display_width,
        display_height,
        sample_aspect_ratio: picture.sample_aspect_ratio,
        orientation,
        frame_rate: frames.timing.rate,
        variable_frame_rate: frames.timing.variable,
        interlaced: picture.interlaced,
        bit_depth: picture.bit_depth,
        color: describe_color(video, picture),
        start_ns: u64::try_from(frames.start_ns).unwrap_or(0),
        duration_ns: frames.duration_ns(),
        frames: frames.count,
        bitrate_bps: frames.bitrate_bps(),
        key_frames: frames.keys,
    }
}

fn describe_color(video: &Candidate<'_>, picture: &Picture) -> Color {
    let caps = video
        .stream
        .caps
        .structure(0)
        .and_then(|s| s.get::<String>("colorimetry").ok());
    let container = video.stream.container_colorimetry.as_deref();
    let index = video.track.and_then(|track| track.color);
    color::color(
        &[caps.as_deref(), container, picture.colorimetry.as_deref()],
        index,
    )
}

/// Size in square pixels, upright: the height is kept, the width stretched.
fn display(picture: &Picture, orientation: Orientation) -> (u32, u32) {
    let Ratio { num, den } = picture.sample_aspect_ratio;
    let width = (u64::from(picture.width) * u64::from(num) + u64::from(den) / 2) / u64::from(den);
    let width = u32::try_from(width).unwrap_or(u32::MAX).max(1);
    if orientation.swaps_sides() {
        (picture.height, width)
    } else {
        (width, picture.height)
    }
}

fn tagged_orientation(video: &Candidate<'_>) -> Orientation {
    let tag = video.stream.tags.get::<gst::tags::ImageOrientation>();
    match tag.as_ref().map(|tag| tag.get()) {
        Some("rotate-90") => Orientation::Rotate90,
        Some("rotate-180") => Orientation::Rotate180,
        Some("rotate-270") => Orientation::Rotate270,
        Some("flip-rotate-0") => Orientation::FlipHorizontal,
        Some("flip-rotate-90") => Orientation::FlipRotate90,
        Some("flip-rotate-180") => Orientation::FlipVertical,
        Some("flip-rotate-270") => Orientation::FlipRotate270,
        _ => Orientation::Identity,
    }
}
