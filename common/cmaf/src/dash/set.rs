//! `AdaptationSet`: the renditions that a player switches between.

use std::io;

use quick_xml::events::BytesText;
use reeldrop_events::{Ratio, Transfer};

use super::{Xml, protection, sidecar, timeline};
use crate::Codec;
use crate::presentation::{Audio, Presentation, Track, Video};

/// What a set is for (ISO/IEC 23009-1, section 5.8.5.5).
pub(super) const ROLE: &str = "urn:mpeg:dash:role:2011";

/// Writes one set for each video codec, in the order in which the ladder names them, and one for
/// each audio rendition.
pub(super) fn write_all(xml: &mut Xml, presentation: &Presentation) -> io::Result<()> {
    let mut families: Vec<Codec> = Vec::new();
    for video in &presentation.video {
        if !families.contains(&video.family) {
            families.push(video.family);
        }
    }
    let mut id = 0_u32;
    for family in families {
        let videos: Vec<_> = presentation
            .video
            .iter()
            .filter(|v| v.family == family)
            .collect();
        write_video(xml, presentation, id, &videos)?;
        id += 1;
    }
    for audio in &presentation.audio {
        write_audio(xml, presentation, id, audio)?;
        id += 1;
    }
    for track in &presentation.text {
        sidecar::write_text(xml, id, track)?;
        id += 1;
    }
    if let Some(storyboard) = &presentation.storyboard {
        sidecar::write_images(xml, presentation, id, storyboard)?;
    }
    Ok(())
}

fn write_video(
    xml: &mut Xml,
    presentation: &Presentation,
    id: u32,
    videos: &[&Video],
) -> io::Result<()> {
    let [first, others @ ..] = videos else {
        return Ok(());
    };
    let shared = others
        .iter()
        .all(|video| timeline::alike(&first.track, &video.track));
    let key = presentation.protection_of(&first.track);
    let one_key = others
        .iter()
        .all(|video| presentation.protection_of(&video.track) == key);
    xml.create_element("AdaptationSet")
        .with_attributes(set_attributes(&id.to_string(), "video"))
        .write_inner_content(|xml| {
            if one_key {
                write_protection(xml, presentation, &first.track)?;
            }
            write_range(xml, first.range)?;
            write_descriptor(xml, "Role", ROLE, "main")?;
            if shared {
                timeline::write(xml, &first.track)?;
            }
            for video in videos {
                write_video_representation(xml, presentation, video, (one_key, shared))?;
            }
            Ok(())
        })?;
    Ok(())
}

fn write_video_representation(
    xml: &mut Xml,
    presentation: &Presentation,
    video: &Video,
    (one_key, shared): (bool, bool),
) -> io::Result<()> {
    let element = xml.create_element("Representation").with_attributes([
        ("id", video.track.name.as_str()),
        ("codecs", video.track.codec.as_str()),
        (
            "bandwidth",
            presentation
                .bandwidth_bps(&video.track)
                .to_string()
                .as_str(),
        ),
        ("width", video.width.to_string().as_str()),
        ("height", video.height.to_string().as_str()),
        ("frameRate", frame_rate(video.frame_rate).as_str()),
        ("sar", "1:1"),
    ]);
    if one_key && shared {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|xml| {
        if !one_key {
            write_protection(xml, presentation, &video.track)?;
        }
        if !shared {
            timeline::write(xml, &video.track)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn write_audio(
    xml: &mut Xml,
    presentation: &Presentation,
    id: u32,
    audio: &Audio,
) -> io::Result<()> {
    xml.create_element("AdaptationSet")
        .with_attributes(set_attributes(&id.to_string(), "audio"))
        .with_attribute(("lang", audio.language.as_str()))
        .write_inner_content(|xml| {
            write_protection(xml, presentation, &audio.track)?;
            if !audio.label.is_empty() {
                xml.create_element("Label")
                    .write_text_content(BytesText::new(&audio.label))?;
            }
            let role = if audio.default { "main" } else { "alternate" };
            write_descriptor(xml, "Role", ROLE, role)?;
            timeline::write(xml, &audio.track)?;
            write_audio_representation(xml, presentation, audio)
        })?;
    Ok(())
}

fn write_audio_representation(
    xml: &mut Xml,
    presentation: &Presentation,
    audio: &Audio,
) -> io::Result<()> {
    xml.create_element("Representation")
        .with_attributes([
            ("id", audio.track.name.as_str()),
            ("codecs", audio.track.codec.as_str()),
            (
                "bandwidth",
                presentation
                    .bandwidth_bps(&audio.track)
                    .to_string()
                    .as_str(),
            ),
            (
                "audioSamplingRate",
                audio.sample_rate_hz.to_string().as_str(),
            ),
        ])
        .write_inner_content(|xml| {
            write_descriptor(
                xml,
                "AudioChannelConfiguration",
                "urn:mpeg:mpegB:cicp:ChannelConfiguration",
                &channel_configuration(audio.channels).to_string(),
            )
        })?;
    Ok(())
}

fn set_attributes<'a>(id: &'a str, content_type: &'a str) -> [(&'a str, &'a str); 5] {
    let mime_type = if content_type == "video" {
        "video/mp4"
    } else {
        "audio/mp4"
    };
    [
        ("id", id),
        ("contentType", content_type),
        ("mimeType", mime_type),
        ("segmentAlignment", "true"),
        ("startWithSAP", "1"),
    ]
}

fn write_protection(xml: &mut Xml, presentation: &Presentation, track: &Track) -> io::Result<()> {
    match presentation.protection_of(track) {
        Some(protection) => protection::write(xml, protection),
        None => Ok(()),
    }
}

/// Says that the picture is HDR, so that players that cannot show it pass it by (code points of
/// ISO/IEC 23091-2: BT.2020 with PQ; with HLG as DASH-IF IOP, section 10.3, wants it, so that those
/// that know BT.2020 alone may show it). SDR goes without saying.
fn write_range(xml: &mut Xml, range: Transfer) -> io::Result<()> {
    let (transfer, better) = match range {
        Transfer::Sdr => return Ok(()),
        Transfer::Pq => ("16", None),
        Transfer::Hlg => ("14", Some("18")),
    };
    let scheme = |what: &str| format!("urn:mpeg:mpegB:cicp:{what}");
    for (what, value) in [
        ("ColourPrimaries", "9"),
        ("TransferCharacteristics", transfer),
        ("MatrixCoefficients", "9"),
    ] {
        write_descriptor(xml, "EssentialProperty", &scheme(what), value)?;
    }
    let Some(better) = better else { return Ok(()) };
    let transfer = scheme("TransferCharacteristics");
    write_descriptor(xml, "SupplementalProperty", &transfer, better)
}

pub(super) fn write_descriptor(
    xml: &mut Xml,
    name: &str,
    scheme: &str,
    value: &str,
) -> io::Result<()> {
    xml.create_element(name)
        .with_attributes([("schemeIdUri", scheme), ("value", value)])
        .write_empty()?;
    Ok(())
}

fn frame_rate(rate: Ratio) -> String {
    if rate.den == 1 {
        rate.num.to_string()
    } else {
        format!("{}/{}", rate.num, rate.den)
    }
}

/// ISO/IEC 23091-3: the layouts that AAC encoders make of a number of channels.
fn channel_configuration(channels: u32) -> u32 {
    match channels {
        7 => 11,
        8 => 12,
        channels => channels,
    }
}
