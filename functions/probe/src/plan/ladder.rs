//! Which renditions a picture is encoded in.

use reeldrop_events::{Ratio, Rendition, VideoCodec, VideoTrack};
use reeldrop_media::{Profile, RungProfile};

/// Rate that a rung's bit rate is meant for, frames per second.
const USUAL_RATE: u32 = 30;

/// The rungs that are not above the source; at least one, at the source's size.
pub(super) fn ladder(video: &VideoTrack, profile: &Profile, rate: Ratio) -> Vec<Rendition> {
    let (width, height) = (video.display_width, video.display_height);
    let short = width.min(height);
    let rungs = &profile.video.rungs;
    let fitting: Vec<_> = rungs
        .iter()
        .filter(|rung| rung.short_side <= short)
        .collect();
    if fitting.is_empty() {
        let lowest = rungs.last().map(|rung| RungProfile {
            short_side: short,
            ..rung.clone()
        });
        return lowest
            .iter()
            .map(|rung| rendition(rung, width, height, rate))
            .collect();
    }
    fitting
        .into_iter()
        .map(|rung| rendition(rung, width, height, rate))
        .collect()
}

fn rendition(rung: &RungProfile, width: u32, height: u32, rate: Ratio) -> Rendition {
    let (width, height) = fit(width, height, rung.short_side);
    let codec = match rung.codec {
        VideoCodec::H264 => "h264",
        VideoCodec::H265 => "h265",
        VideoCodec::Av1 => "av1",
    };
    // Twice the frames need about half as many bits again.
    let fast = u64::from(rate.num) > u64::from(rate.den) * u64::from(USUAL_RATE) * 3 / 2;
    Rendition {
        name: format!("{codec}-{}p", rung.short_side),
        codec: rung.codec,
        width,
        height,
        max_bitrate_bps: if fast {
            rung.max_bitrate_bps * 3 / 2
        } else {
            rung.max_bitrate_bps
        },
        crf: rung.crf,
        preset: rung.preset.clone(),
    }
}

/// Scales a picture to a short side, with even sides for 4:2:0.
fn fit(width: u32, height: u32, short_side: u32) -> (u32, u32) {
    let (width, height) = (u64::from(width), u64::from(height));
    let short = width.min(height).max(1);
    let even = |side: u64| {
        let scaled = (side * u64::from(short_side) + short) / (2 * short);
        u32::try_from(scaled * 2).unwrap_or(u32::MAX - 1).max(2)
    };
    // Rounding never makes it larger than the source.
    let floor = |side: u64| u32::try_from(side & !1).unwrap_or(u32::MAX - 1).max(2);
    (
        even(width).min(floor(width)),
        even(height).min(floor(height)),
    )
}
