//! When the frames of the video are shown: how many, how often, from when to when.

use gstreamer as gst;
use reeldrop_events::{Container, KeyFrames, Ratio};
use reeldrop_media::mp4;

use crate::{
    packets::Packets,
    streams::Candidate,
    timing::{Timing, measure},
    trial::Picture,
};

/// The frames of the video track.
pub(crate) struct Frames {
    pub(crate) timing: Timing,
    pub(crate) start_ns: i64,
    end_ns: i64,
    pub(crate) count: Option<u64>,
    pub(crate) keys: KeyFrames,
    /// When each key frame is shown that an index lists, ascending, on the source's time line.
    pub(crate) keys_ns: Vec<i64>,
    bytes: u64,
}

impl Frames {
    pub(crate) fn of_index(
        shown: &mp4::Presentation,
        video: &Candidate<'_>,
        picture: &Picture,
    ) -> Self {
        let times: Vec<i64> = shown.times.iter().map(|ticks| shown.ns(*ticks)).collect();
        let keys: Vec<i64> = shown.keys.iter().map(|ticks| shown.ns(*ticks)).collect();
        let tick_ns = 1_000_000_000 / i64::from(shown.timescale);
        let mut hints = exact_rate(shown).into_iter().collect::<Vec<_>>();
        hints.extend(claimed_rates(video, picture));
        Self::new(
            &times,
            keys,
            shown.ns(shown.end),
            tick_ns,
            &hints,
            picture,
            shown.whole,
            shown.bytes,
        )
    }

    pub(crate) fn of_packets(
        packets: Packets,
        container: Container,
        video: &Candidate<'_>,
        picture: &Picture,
    ) -> Self {
        let resolution_ns = match container {
            Container::Matroska | Container::Flv => 1_000_000,
            Container::Mp4
            | Container::FragmentedMp4
            | Container::MpegTs
            | Container::Avi
            | Container::Other => 11_112,
        };
        let hints = claimed_rates(video, picture);
        let timing = measure(
            &packets.times_ns,
            resolution_ns,
            &hints,
            packets.last_duration_ns,
        );
        let frame_ns = 1_000_000_000 * i64::from(timing.rate.den) / i64::from(timing.rate.num);
        let last_ns = if timing.variable {
            packets.last_duration_ns.unwrap_or(frame_ns)
        } else {
            frame_ns
        };
        let end_ns = packets.last_ns + last_ns;
        Self::new(
            &packets.times_ns,
            packets.keys_ns,
            end_ns,
            resolution_ns,
            &hints,
            picture,
            packets.whole,
            packets.bytes,
        )
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "two kinds of index meet here, once each"
    )]
    fn new(
        times: &[i64],
        keys: Vec<i64>,
        end_ns: i64,
        resolution_ns: i64,
        hints: &[Ratio],
        picture: &Picture,
        whole: bool,
        bytes: u64,
    ) -> Self {
        // Frames before the first that decodes are never shown: half a frame of tolerance.
        let first = times
            .iter()
            .position(|time| *time + resolution_ns >= picture.first_ns)
            .unwrap_or(0);
        let times = &times[first..];
        let start_ns = picture.first_ns.max(0);
        let timing = measure(times, resolution_ns, hints, Some(end_ns - start_ns));
        let end_ns = if timing.variable || !whole {
            end_ns
        } else {
            let frames = times.len() as i128;
            start_ns
                + (frames * i128::from(timing.rate.den) * 1_000_000_000
                    / i128::from(timing.rate.num)) as i64
        };
        let gaps = keys
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .chain(keys.last().filter(|_| whole).map(|last| end_ns - last));
        Self {
            timing,
            start_ns,
            end_ns: end_ns.max(start_ns),
            count: whole.then_some(times.len() as u64),
            keys: KeyFrames {
                count: if whole { keys.len() as u64 } else { 0 },
                longest_gap_ns: gaps
                    .max()
                    .and_then(|gap| u64::try_from(gap).ok())
                    .unwrap_or(0),
            },
            keys_ns: keys,
            bytes: if whole { bytes } else { 0 },
        }
    }

    pub(crate) fn duration_ns(&self) -> u64 {
        u64::try_from(self.end_ns - self.start_ns).unwrap_or(0)
    }

    pub(crate) fn bitrate_bps(&self) -> Option<u64> {
        let duration = u128::from(self.duration_ns()).max(1);
        (self.bytes > 0).then(|| (u128::from(self.bytes) * 8_000_000_000 / duration) as u64)
    }
}

/// The rate of a track whose frames all last equally many ticks.
fn exact_rate(shown: &mp4::Presentation) -> Option<Ratio> {
    let gap = shown.times.get(1)? - shown.times.first()?;
    let even = gap > 0 && shown.times.windows(2).all(|pair| pair[1] - pair[0] == gap);
    let divisor = gcd(u64::from(shown.timescale), u64::try_from(gap).ok()?);
    let den = u32::try_from(u64::try_from(gap).ok()? / divisor).ok()?;
    even.then_some(Ratio {
        num: (u64::from(shown.timescale) / divisor) as u32,
        den,
    })
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn claimed_rates(video: &Candidate<'_>, picture: &Picture) -> Vec<Ratio> {
    let caps = video
        .stream
        .caps
        .structure(0)
        .and_then(|s| s.get::<gst::Fraction>("framerate").ok());
    let caps = caps.and_then(|rate| {
        Some(Ratio {
            num: u32::try_from(rate.numer()).ok()?,
            den: u32::try_from(rate.denom()).ok()?,
        })
    });
    caps.into_iter().chain(picture.claimed_rate).collect()
}
