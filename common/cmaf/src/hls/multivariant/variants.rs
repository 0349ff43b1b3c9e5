//! `EXT-X-STREAM-INF` and `EXT-X-I-FRAME-STREAM-INF`: the pictures (RFC 8216bis, sections 4.4.6.2
//! and 4.4.6.3).

use std::collections::BTreeSet;

use reeldrop_events::{Ratio, Transfer};

use super::groups::{self, Group};
use crate::hls::{KeyFormat, attributes::Attributes};
use crate::presentation::{
    Audio, Presentation, Video,
    rate::{self, Piece},
};

/// Players without a measurement begin with the first variant: the best that most lines carry.
const FIRST_VARIANT_BPS: u64 = 2_200_000;

/// A rendition of the picture with a group of sound.
pub(super) struct Variant<'a> {
    pub(super) video: &'a Video,
    presentation: &'a Presentation,
    audio: Option<&'a Group<'a>>,
    bandwidth_bps: u64,
}

/// The variants of each group in ascending order, but for the one to begin with.
pub(super) fn of<'a>(presentation: &'a Presentation, groups: &'a [Group<'a>]) -> Vec<Variant<'a>> {
    let groups: Vec<Option<&Group<'_>>> = match groups {
        [] => vec![None],
        groups => groups.iter().map(Some).collect(),
    };
    let all = groups
        .into_iter()
        .flat_map(|group| of_group(presentation, group));
    all.collect()
}

fn of_group<'a>(presentation: &'a Presentation, audio: Option<&'a Group<'a>>) -> Vec<Variant<'a>> {
    // "The largest sum of peak segment bit rates of any playable combination of renditions."
    let audio_bps = most(audio, |audio| presentation.bandwidth_bps(&audio.track));
    let videos = presentation.video.iter().map(|video| Variant {
        video,
        presentation,
        audio,
        bandwidth_bps: presentation.bandwidth_bps(&video.track) + audio_bps,
    });
    let mut variants: Vec<_> = videos.collect();
    variants.sort_by_key(|variant| variant.bandwidth_bps);
    let affordable = variants
        .iter()
        .rposition(|variant| variant.bandwidth_bps <= FIRST_VARIANT_BPS);
    if let Some(first) = affordable {
        variants[..=first].rotate_right(1);
    }
    variants
}

fn most(group: Option<&Group<'_>>, bps: impl Fn(&Audio) -> u64) -> u64 {
    let audio = group.into_iter().flat_map(|group| &group.audio);
    audio.map(|audio| bps(audio)).max().unwrap_or(0)
}

impl Variant<'_> {
    pub(super) fn attributes(&self) -> String {
        let video = self.video;
        let mut attributes = Attributes::default()
            .bare("BANDWIDTH", self.bandwidth_bps)
            .bare("AVERAGE-BANDWIDTH", self.average_bps())
            .quoted("CODECS", &self.codecs())
            .bare(
                "RESOLUTION",
                format_args!("{}x{}", video.width, video.height),
            )
            .bare("FRAME-RATE", frames_per_second(video.frame_rate))
            .bare("VIDEO-RANGE", video_range(video.range));
        if let Some(group) = self.audio {
            attributes = attributes.quoted("AUDIO", &group.id);
        }
        if !self.presentation.text.is_empty() {
            attributes = attributes.quoted("SUBTITLES", groups::TEXT);
        }
        attributes.bare("CLOSED-CAPTIONS", "NONE").into_string()
    }

    fn average_bps(&self) -> u64 {
        let audio_bps = most(self.audio, |audio| audio.track.average_bps());
        (self.video.track.average_bps() + audio_bps).min(self.bandwidth_bps)
    }

    fn codecs(&self) -> String {
        let audio = self.audio.into_iter().flat_map(|group| &group.audio);
        let audio: BTreeSet<_> = audio.map(|audio| audio.track.codec.as_str()).collect();
        let codecs: Vec<_> = std::iter::once(self.video.track.codec.as_str())
            .chain(audio)
            .collect();
        codecs.join(",")
    }
}

/// A line for each rendition whose key frames can be fetched one by one.
pub(super) fn iframe_lines(presentation: &Presentation, format: KeyFormat) -> Vec<String> {
    let lines = presentation.video.iter().filter_map(|video| {
        let keys = video.track.key_pieces();
        let pieces: Vec<Piece> = keys.into_iter().map(|(_, piece)| piece).collect();
        (!pieces.is_empty()).then(|| iframe_line(presentation, video, &pieces, format))
    });
    lines.collect()
}

fn iframe_line(
    presentation: &Presentation,
    video: &Video,
    pieces: &[Piece],
    format: KeyFormat,
) -> String {
    let timescale = video.track.timescale;
    let average_bps = rate::average_bps(pieces, timescale);
    let peak_bps = rate::peak_bps(pieces, timescale, presentation.target_s());
    let attributes = Attributes::default()
        .bare("BANDWIDTH", peak_bps)
        .bare("AVERAGE-BANDWIDTH", average_bps.min(peak_bps))
        .quoted("CODECS", &video.track.codec)
        .bare(
            "RESOLUTION",
            format_args!("{}x{}", video.width, video.height),
        )
        .bare("VIDEO-RANGE", video_range(video.range))
        .quoted(
            "URI",
            &format!("{}/{}", video.track.name, format.iframes_file()),
        );
    format!("#EXT-X-I-FRAME-STREAM-INF:{}", attributes.into_string())
}

/// Three decimals, rounded to the nearest.
fn frames_per_second(rate: Ratio) -> String {
    let den = u64::from(rate.den);
    let thousandths = (u64::from(rate.num) * 1_000 + den / 2) / den;
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

fn video_range(range: Transfer) -> &'static str {
    match range {
        Transfer::Sdr => "SDR",
        Transfer::Pq => "PQ",
        Transfer::Hlg => "HLG",
    }
}
