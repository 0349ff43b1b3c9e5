//! The multivariant playlist: which renditions there are.

use std::collections::BTreeSet;

use reeldrop_events::{Ratio, Transfer};

use super::{START, VERSION, attributes::Attributes};
use crate::presentation::{Audio, Presentation, Video};

/// Players without a measurement begin with the first variant: the best that most lines carry.
const FIRST_VARIANT_BPS: u64 = 2_200_000;

const AUDIO_GROUP: &str = "audio";

/// Writes the multivariant playlist, which lies beside the renditions' folders.
#[must_use]
pub fn multivariant(presentation: &Presentation) -> String {
    let mut lines = vec![
        "#EXTM3U".to_owned(),
        format!("#EXT-X-VERSION:{VERSION}"),
        "#EXT-X-INDEPENDENT-SEGMENTS".to_owned(),
    ];
    if !presentation.complete {
        lines.push(START.to_owned());
    }
    lines.extend(audio_lines(&presentation.audio));
    for variant in variants(presentation) {
        lines.push(format!(
            "#EXT-X-STREAM-INF:{}",
            variant.attributes(presentation)
        ));
        lines.push(format!("{}/index.m3u8", variant.video.track.name));
    }
    lines.join("\n") + "\n"
}

fn audio_lines(audio: &[Audio]) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut languages = BTreeSet::new();
    let mut lines = Vec::new();
    for audio in audio {
        // Names differ in a group, and only one of each language is picked by itself
        // (RFC 8216, section 4.3.4.1.1).
        let name = distinct(&mut names, &audio.label);
        let first_of_language = languages.insert(audio.language.as_str());
        let mut attributes = Attributes::default()
            .bare("TYPE", "AUDIO")
            .quoted("GROUP-ID", AUDIO_GROUP)
            .quoted("NAME", &name);
        if audio.language != "und" {
            attributes = attributes.quoted("LANGUAGE", &audio.language);
        }
        attributes = attributes
            .bare("DEFAULT", yes_no(audio.default))
            .bare("AUTOSELECT", yes_no(audio.default || first_of_language))
            .quoted("CHANNELS", &audio.channels.to_string())
            .quoted("URI", &format!("{}/index.m3u8", audio.track.name));
        lines.push(format!("#EXT-X-MEDIA:{}", attributes.into_string()));
    }
    lines
}

fn distinct(names: &mut BTreeSet<String>, label: &str) -> String {
    let label = if label.trim().is_empty() {
        "Audio"
    } else {
        label
    };
    let numbered = (2..).map(|number| format!("{label} {number}"));
    for name in std::iter::once(label.to_owned()).chain(numbered) {
        if names.insert(name.clone()) {
            return name;
        }
    }
    label.to_owned()
}

fn yes_no(value: bool) -> &'static str {
    if value { "YES" } else { "NO" }
}

struct Variant<'a> {
    video: &'a Video,
    bandwidth_bps: u64,
}

/// The variants in ascending order, but for the one to begin with.
fn variants(presentation: &Presentation) -> Vec<Variant<'_>> {
    // "The largest sum of peak segment bit rates of any playable combination of renditions."
    let audio = presentation
        .audio
        .iter()
        .map(|audio| presentation.bandwidth_bps(&audio.track));
    let audio_bps = audio.max().unwrap_or(0);
    let mut variants: Vec<_> = presentation
        .video
        .iter()
        .map(|video| Variant {
            video,
            bandwidth_bps: presentation.bandwidth_bps(&video.track) + audio_bps,
        })
        .collect();
    variants.sort_by_key(|variant| variant.bandwidth_bps);
    let affordable = variants
        .iter()
        .rposition(|variant| variant.bandwidth_bps <= FIRST_VARIANT_BPS);
    if let Some(first) = affordable {
        variants[..=first].rotate_right(1);
    }
    variants
}

impl Variant<'_> {
    fn attributes(&self, presentation: &Presentation) -> String {
        let video = self.video;
        let attributes = Attributes::default()
            .bare("BANDWIDTH", self.bandwidth_bps)
            .bare("AVERAGE-BANDWIDTH", self.average_bps(presentation))
            .quoted("CODECS", &self.codecs(presentation))
            .bare(
                "RESOLUTION",
                format_args!("{}x{}", video.width, video.height),
            )
            .bare("FRAME-RATE", frames_per_second(video.frame_rate))
            .bare("VIDEO-RANGE", video_range(video.range));
        let attributes = if presentation.audio.is_empty() {
            attributes
        } else {
            attributes.quoted("AUDIO", AUDIO_GROUP)
        };
        attributes.bare("CLOSED-CAPTIONS", "NONE").into_string()
    }

    fn average_bps(&self, presentation: &Presentation) -> u64 {
        let audio = presentation
            .audio
            .iter()
            .map(|audio| audio.track.average_bps())
            .max();
        (self.video.track.average_bps() + audio.unwrap_or(0)).min(self.bandwidth_bps)
    }

    fn codecs(&self, presentation: &Presentation) -> String {
        let audio: BTreeSet<_> = presentation
            .audio
            .iter()
            .map(|audio| audio.track.codec.as_str())
            .collect();
        let codecs: Vec<_> = std::iter::once(self.video.track.codec.as_str())
            .chain(audio)
            .collect();
        codecs.join(",")
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::samples::title;

    #[test]
    fn complete_playlist() {
        let expected = "\
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio-0/index.m3u8\"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Director '& crew'\",DEFAULT=NO,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio-1/index.m3u8\"
#EXT-X-STREAM-INF:BANDWIDTH=2126116,AVERAGE-BANDWIDTH=2125822,CODECS=\"avc1.64001F,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=29.970,VIDEO-RANGE=SDR,AUDIO=\"audio\",CLOSED-CAPTIONS=NONE
h264-720p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=547695,AVERAGE-BANDWIDTH=536823,CODECS=\"avc1.64001F,mp4a.40.2\",RESOLUTION=640x360,FRAME-RATE=29.970,VIDEO-RANGE=SDR,AUDIO=\"audio\",CLOSED-CAPTIONS=NONE
h264-360p/index.m3u8
";
        assert_eq!(multivariant(&title(true)), expected);
    }

    #[test]
    fn bandwidth_is_measured_when_complete_and_promised_before() {
        let complete = title(true);
        let (video, audio) = (&complete.video[1].track, &complete.audio[0].track);
        let bandwidth = video.peak_bps(6) + audio.peak_bps(6);
        let average = video.average_bps() + audio.average_bps();
        let text = multivariant(&complete);
        assert!(
            text.contains(&format!(
                "BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={average},"
            )),
            "{text}"
        );
        assert!(multivariant(&title(false)).contains("BANDWIDTH=928000,"));
    }

    #[test]
    fn the_first_variant_is_the_best_that_most_lines_carry() {
        let first = |title: &Presentation| {
            multivariant(title)
                .lines()
                .find(|line| line.ends_with("/index.m3u8"))
                .unwrap()
                .to_owned()
        };
        let mut title = title(false);
        assert_eq!(first(&title), "h264-360p/index.m3u8");
        title.video[0].track.declared_bps = 1_500_000;
        assert_eq!(first(&title), "h264-720p/index.m3u8");
        title.video[0].track.declared_bps = 9_000_000;
        title.video[1].track.declared_bps = 8_000_000;
        assert_eq!(first(&title), "h264-360p/index.m3u8");
    }

    #[test]
    fn equal_labels_become_different_names_and_one_language_is_picked_once() {
        let mut title = title(true);
        title.audio[1].label = "English".to_owned();
        title.audio[1].language = "en".to_owned();
        let text = multivariant(&title);
        assert!(text.contains("NAME=\"English 2\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=NO,"));
    }

    #[test]
    fn an_independent_parser_reads_it_back() {
        let text = multivariant(&title(true));
        let (rest, playlist) = m3u8_rs::parse_master_playlist(text.as_bytes()).unwrap();
        assert!(rest.is_empty());
        assert!(playlist.independent_segments);
        assert_eq!(playlist.alternatives.len(), 2);
        assert_eq!(playlist.variants.len(), 2);
        for variant in &playlist.variants {
            assert!(variant.average_bandwidth.unwrap() <= variant.bandwidth);
            assert_eq!(variant.audio.as_deref(), Some("audio"));
            assert!((variant.frame_rate.unwrap() - 29.97).abs() < 1e-9);
        }
    }

    #[test]
    fn a_silent_title_names_no_audio_group() {
        let mut title = title(true);
        title.audio.clear();
        let text = multivariant(&title);
        assert!(!text.contains("AUDIO"));
        assert!(text.contains("CODECS=\"avc1.64001F\""));
    }
}
