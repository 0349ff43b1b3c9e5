//! Usage rules: which tracks a key is for (CPIX 2.3, `ContentKeyUsageRule`).

use std::io;

use quick_xml::events::BytesStart;
use reeldrop_events::Transfer;
use uuid::Uuid;

use super::read::{attribute, uuid};
use super::write::Xml;
use crate::CmafError;
use crate::movie::Kind;

/// Which tracks a key is for. A key may have several rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageRule {
    /// Key id.
    pub kid: Uuid,
    /// What the key server calls the tracks: `VIDEO`, `AUDIO`, `SD`, `HD`, `UHD`, `ALL`, or several of
    /// them with `+` between. It decides where filters do not.
    pub track_type: Option<String>,
    /// Labels of the tracks, one of which has to fit; none where all do.
    pub labels: Vec<String>,
    /// Pictures, one of which has to fit.
    pub video: Vec<VideoFilter>,
    /// Sound, one of which has to fit.
    pub audio: Vec<AudioFilter>,
}

/// Pictures that a key is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoFilter {
    /// Fewest pixels of a picture.
    pub min_pixels: Option<u64>,
    /// Most pixels of a picture.
    pub max_pixels: Option<u64>,
    /// Only HDR, or only SDR.
    pub hdr: Option<bool>,
}

/// Sound that a key is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudioFilter {
    /// Fewest channels.
    pub min_channels: Option<u64>,
    /// Most channels.
    pub max_channels: Option<u64>,
}

impl UsageRule {
    /// Whether the rule is for a track of that kind and with these labels.
    ///
    /// A rule with filters of pictures and of sound is for both, as key servers mean it; one of pictures
    /// alone is for no sound.
    #[must_use]
    pub fn is_for(&self, kind: Kind, labels: &[&str]) -> bool {
        let has = |wanted: &String| labels.iter().any(|own| own.eq_ignore_ascii_case(wanted));
        let labelled = self.labels.is_empty() || self.labels.iter().any(has);
        let filtered = !self.video.is_empty() || !self.audio.is_empty();
        let fits = match (kind, filtered) {
            (Kind::Video(video), true) => {
                let pixels = u64::from(video.width) * u64::from(video.height);
                let hdr = video.range != Transfer::Sdr;
                self.video.iter().any(|filter| filter.fits(pixels, hdr))
            }
            (Kind::Audio(audio), true) => {
                let channels = u64::from(audio.channels);
                self.audio.iter().any(|filter| filter.fits(channels))
            }
            (_, false) => {
                !self.labels.is_empty() || self.track_type.is_none() || self.is_of_type(labels)
            }
        };
        labelled && fits
    }

    /// Whether the rule's type names one of `labels`.
    #[must_use]
    pub fn is_of_type(&self, labels: &[&str]) -> bool {
        let types = self.track_type.iter().flat_map(|types| types.split('+'));
        let mut types = types.map(str::trim);
        types.any(|name| {
            // Key servers number the classes above HD.
            let class = name.trim_end_matches(|last: char| last.is_ascii_digit());
            name.eq_ignore_ascii_case("ALL")
                || labels
                    .iter()
                    .any(|own| own.eq_ignore_ascii_case(name) || own.eq_ignore_ascii_case(class))
        })
    }

    pub(super) fn read(start: &BytesStart<'_>) -> Result<Self, CmafError> {
        Ok(Self {
            kid: uuid(attribute(start, "kid")?, "kid of a CPIX usage rule")?,
            track_type: attribute(start, "intendedTrackType")?,
            ..Self::default()
        })
    }

    /// Takes what stands in a rule: what cannot be kept must not be passed over, since other tracks would
    /// get the key.
    pub(super) fn add(&mut self, start: &BytesStart<'_>) -> Result<(), CmafError> {
        match start.local_name().as_ref() {
            "LabelFilter" => {
                let label = attribute(start, "label")?;
                self.labels.push(label.ok_or(CmafError::Missing(
                    "label of a CPIX usage rule's LabelFilter",
                ))?);
            }
            "VideoFilter" => self.video.push(VideoFilter::read(start)?),
            "AudioFilter" => self.audio.push(AudioFilter {
                min_channels: number(start, "minChannels")?,
                max_channels: number(start, "maxChannels")?,
            }),
            "KeyPeriodFilter" => {
                return Err(CmafError::Unsupported(
                    "key rotation (KeyPeriodFilter) in a CPIX document",
                ));
            }
            "BitrateFilter" => {
                return Err(CmafError::Unsupported("BitrateFilter in a CPIX document"));
            }
            name if name.ends_with("Filter") => {
                return Err(CmafError::Unsupported("filter of a CPIX usage rule"));
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let mut rule = xml
            .create_element("ContentKeyUsageRule")
            .with_attribute(("kid", self.kid.hyphenated().to_string().as_str()));
        if let Some(track_type) = &self.track_type {
            rule = rule.with_attribute(("intendedTrackType", track_type.as_str()));
        }
        rule.write_inner_content(|xml| {
            for filter in &self.video {
                filter.write(xml)?;
            }
            for filter in &self.audio {
                let (least, most) = (filter.min_channels, filter.max_channels);
                let bounds = [("minChannels", least), ("maxChannels", most)];
                write_filter(xml, "AudioFilter", &texts(bounds))?;
            }
            for label in &self.labels {
                write_filter(xml, "LabelFilter", &[("label", label.clone())])?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

impl VideoFilter {
    fn fits(self, pixels: u64, hdr: bool) -> bool {
        self.min_pixels.is_none_or(|least| pixels >= least)
            && self.max_pixels.is_none_or(|most| pixels <= most)
            && self.hdr.is_none_or(|wanted| wanted == hdr)
    }

    fn read(start: &BytesStart<'_>) -> Result<Self, CmafError> {
        for name in ["wcg", "minFps", "maxFps"] {
            if attribute(start, name)?.is_some() {
                return Err(CmafError::Unsupported(
                    "VideoFilter by frame rate or colour gamut in a CPIX document",
                ));
            }
        }
        let hdr = match attribute(start, "hdr")?.as_deref() {
            None => None,
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            Some(_) => return Err(CmafError::Invalid("hdr of a CPIX VideoFilter")),
        };
        Ok(Self {
            min_pixels: number(start, "minPixels")?,
            max_pixels: number(start, "maxPixels")?,
            hdr,
        })
    }

    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let bounds = [
            ("minPixels", self.min_pixels),
            ("maxPixels", self.max_pixels),
        ];
        let mut attributes = texts(bounds);
        attributes.extend(self.hdr.map(|hdr| ("hdr", hdr.to_string())));
        write_filter(xml, "VideoFilter", &attributes)
    }
}

impl AudioFilter {
    fn fits(self, channels: u64) -> bool {
        self.min_channels.is_none_or(|least| channels >= least)
            && self.max_channels.is_none_or(|most| channels <= most)
    }
}

fn number(start: &BytesStart<'_>, name: &str) -> Result<Option<u64>, CmafError> {
    let text = attribute(start, name)?;
    let number = text.map(|text| text.trim().parse());
    let number = number.transpose();
    number.map_err(|_| CmafError::Invalid("number in a CPIX usage rule"))
}

/// The bounds that there are, as text.
fn texts(bounds: [(&'static str, Option<u64>); 2]) -> Vec<(&'static str, String)> {
    let bounds = bounds.into_iter();
    let bounds = bounds.filter_map(|(name, value)| Some((name, value?.to_string())));
    bounds.collect()
}

fn write_filter(xml: &mut Xml, name: &str, attributes: &[(&str, String)]) -> io::Result<()> {
    let attributes = attributes.iter();
    xml.create_element(name)
        .with_attributes(attributes.map(|(name, value)| (*name, value.as_str())))
        .write_empty()?;
    Ok(())
}
