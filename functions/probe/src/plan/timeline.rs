//! Ticks, GOPs and segments.

use reeldrop_events::{FrameRate, Media, Ratio, Timeline};
use reeldrop_media::Profile;

/// Ticks per second where frames keep the source's times: MPEG's own clock.
const VARIABLE_TIMESCALE: u32 = 90_000;
/// Least ticks per second, so that sound and picture meet within a tenth of a millisecond.
const LEAST_TIMESCALE: u64 = 10_000;

/// The time line of a title, and its length in ticks.
pub(super) fn timeline(media: &Media, profile: &Profile) -> (Timeline, u64) {
    let frame_rate = frame_rate(media, profile);
    let cut = &profile.segments;
    let (timescale, gop_ticks, duration_ticks) = match frame_rate {
        FrameRate::Constant(rate) => {
            let timescale = timescale(rate);
            let frame_ticks = u64::from(timescale) * u64::from(rate.den) / u64::from(rate.num);
            let gop = rounded(
                u64::from(cut.gop_ms) * u64::from(timescale),
                1_000 * frame_ticks,
            )
            .max(1);
            (
                timescale,
                gop * frame_ticks,
                frames(media, rate) * frame_ticks,
            )
        }
        FrameRate::Variable(_) => {
            let ticks =
                |ns: u64| (u128::from(ns) * u128::from(VARIABLE_TIMESCALE) / 1_000_000_000) as u64;
            let gop = u64::from(cut.gop_ms) * u64::from(VARIABLE_TIMESCALE) / 1_000;
            (
                VARIABLE_TIMESCALE,
                gop,
                ticks(media.video.duration_ns).max(1),
            )
        }
    };
    let gops = rounded(
        u64::from(cut.segment_ms) * u64::from(timescale),
        1_000 * gop_ticks,
    )
    .max(1);
    let timeline = Timeline {
        origin_ns: media.video.start_ns,
        timescale,
        frame_rate,
        gop_ticks,
        segment_ticks: gops * gop_ticks,
        first_segment_ticks: (cut.fast_start && gops > 1).then_some(gop_ticks),
    };
    (timeline, duration_ticks)
}

/// The output's rate: the profile's own, or the source's, divided until it is low enough.
fn frame_rate(media: &Media, profile: &Profile) -> FrameRate {
    if let Some(rate) = profile.video.frame_rate {
        return FrameRate::Constant(rate);
    }
    let rate = media.video.frame_rate;
    let most = u64::from(profile.video.max_frame_rate);
    // A hair above is no reason to drop every other frame: 60.06 is a camera's 60.
    let divisor = (u64::from(rate.num) * 100)
        .div_ceil(u64::from(rate.den) * most * 102)
        .max(1);
    let lower =
        u32::try_from(u64::from(rate.den) * divisor).map(|den| Ratio { num: rate.num, den });
    let rate = lower.unwrap_or(rate);
    if media.video.variable_frame_rate && divisor == 1 {
        FrameRate::Variable(rate)
    } else {
        FrameRate::Constant(rate)
    }
}

/// Frames of the output at a constant rate.
fn frames(media: &Media, rate: Ratio) -> u64 {
    let video = &media.video;
    let kept = !video.variable_frame_rate && video.frame_rate == rate;
    let from_duration = u128::from(video.duration_ns) * u128::from(rate.num);
    let by = 1_000_000_000 * u128::from(rate.den);
    video
        .frames
        .filter(|_| kept)
        .unwrap_or(((from_duration + by / 2) / by) as u64)
        .max(1)
}

/// The rate's numerator times a power of ten: every frame is a whole number of ticks.
fn timescale(rate: Ratio) -> u32 {
    let mut timescale = u64::from(rate.num);
    while timescale < LEAST_TIMESCALE {
        timescale *= 10;
    }
    u32::try_from(timescale).unwrap_or(u32::MAX)
}

fn rounded(value: u64, by: u64) -> u64 {
    (value + by / 2) / by
}
