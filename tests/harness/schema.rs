//! What the MPEG schema (`DASH-MPD.xsd` of ISO/IEC 23009-1) and the text around it ask of a manifest:
//! each rule with the section of the standard that it stands in.
//!
//! The schema itself is not here: no package registry has it. Where `REELDROP_DASH_SCHEMA` names a
//! folder with it, [`xsd`] asks it, too. This module knows the elements that our manifests have, and
//! refuses all others.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// A value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Text,
    Uri,
    UnsignedInt,
    UnsignedLong,
    Integer,
    Boolean,
    BooleanOrNumber,
    Duration,
    DateTime,
    Language,
    Ratio,
    FrameRate,
    NoSpace,
    Range,
    /// One of these words.
    One(&'static [&'static str]),
}
use Type::{
    Boolean, BooleanOrNumber, DateTime, Duration, FrameRate, Integer, Language, NoSpace, One,
    Range, Ratio, Text, UnsignedInt, UnsignedLong, Uri,
};

/// What an element may have.
struct Rule {
    section: &'static str,
    /// Children in the order in which they have to stand.
    children: &'static [&'static str],
    /// Children that have to be there.
    needed: &'static [&'static str],
    /// Children that are there once at most.
    once: &'static [&'static str],
    /// Whether elements of other namespaces may follow.
    foreign: bool,
    attributes: &'static [(&'static str, Type)],
    required: &'static [&'static str],
    /// Type of its text; none where it has none.
    text: Option<Type>,
}

const NOTHING: Rule = Rule {
    section: "",
    children: &[],
    needed: &[],
    once: &[],
    foreign: true,
    attributes: &[],
    required: &[],
    text: None,
};

const MPD: Rule = Rule {
    section: "5.3.1",
    children: &[
        "ProgramInformation",
        "BaseURL",
        "Location",
        "ServiceDescription",
        "Period",
        "Metrics",
        "EssentialProperty",
        "SupplementalProperty",
        "UTCTiming",
    ],
    needed: &["Period"],
    attributes: &[
        ("id", Text),
        ("profiles", NoSpace),
        ("type", One(&["static", "dynamic"])),
        ("availabilityStartTime", DateTime),
        ("availabilityEndTime", DateTime),
        ("publishTime", DateTime),
        ("mediaPresentationDuration", Duration),
        ("minimumUpdatePeriod", Duration),
        ("minBufferTime", Duration),
        ("timeShiftBufferDepth", Duration),
        ("suggestedPresentationDelay", Duration),
        ("maxSegmentDuration", Duration),
        ("maxSubsegmentDuration", Duration),
    ],
    required: &["profiles", "minBufferTime"],
    ..NOTHING
};

const PERIOD: Rule = Rule {
    section: "5.3.2",
    children: &[
        "BaseURL",
        "SegmentBase",
        "SegmentList",
        "SegmentTemplate",
        "AssetIdentifier",
        "EventStream",
        "ServiceDescription",
        "AdaptationSet",
        "Subset",
        "SupplementalProperty",
    ],
    once: &["SegmentBase", "SegmentList", "SegmentTemplate"],
    attributes: &[
        ("id", Text),
        ("start", Duration),
        ("duration", Duration),
        ("bitstreamSwitching", Boolean),
    ],
    ..NOTHING
};

/// Those of 5.3.7, which sets and representations have alike, and then those of a set.
const ADAPTATION_SET: Rule = Rule {
    section: "5.3.3",
    children: &[
        "FramePacking",
        "AudioChannelConfiguration",
        "ContentProtection",
        "EssentialProperty",
        "SupplementalProperty",
        "InbandEventStream",
        "Switching",
        "RandomAccess",
        "GroupLabel",
        "Label",
        "ProducerReferenceTime",
        "Accessibility",
        "Role",
        "Rating",
        "Viewpoint",
        "ContentComponent",
        "BaseURL",
        "SegmentBase",
        "SegmentList",
        "SegmentTemplate",
        "Representation",
    ],
    needed: &["Representation"],
    once: &["SegmentBase", "SegmentList", "SegmentTemplate"],
    foreign: false,
    attributes: &[
        ("id", UnsignedInt),
        ("group", UnsignedInt),
        ("lang", Language),
        (
            "contentType",
            One(&["text", "image", "audio", "video", "application", "font"]),
        ),
        ("par", Ratio),
        ("segmentAlignment", BooleanOrNumber),
        ("startWithSAP", One(&["0", "1", "2", "3", "4", "5", "6"])),
        ("mimeType", Text),
        ("codecs", Text),
        ("width", UnsignedInt),
        ("height", UnsignedInt),
        ("frameRate", FrameRate),
    ],
    ..NOTHING
};

const REPRESENTATION: Rule = Rule {
    section: "5.3.5",
    children: &[
        "FramePacking",
        "AudioChannelConfiguration",
        "ContentProtection",
        "EssentialProperty",
        "SupplementalProperty",
        "InbandEventStream",
        "Switching",
        "RandomAccess",
        "GroupLabel",
        "Label",
        "ProducerReferenceTime",
        "BaseURL",
        "SubRepresentation",
        "SegmentBase",
        "SegmentList",
        "SegmentTemplate",
    ],
    once: &["SegmentBase", "SegmentList", "SegmentTemplate"],
    foreign: false,
    attributes: &[
        ("id", NoSpace),
        ("bandwidth", UnsignedInt),
        ("codecs", Text),
        ("mimeType", Text),
        ("width", UnsignedInt),
        ("height", UnsignedInt),
        ("sar", Ratio),
        ("frameRate", FrameRate),
        ("audioSamplingRate", UnsignedInt),
    ],
    required: &["id", "bandwidth"],
    ..NOTHING
};

const SEGMENT_TEMPLATE: Rule = Rule {
    section: "5.3.9.4",
    children: &[
        "Initialization",
        "RepresentationIndex",
        "SegmentTimeline",
        "BitstreamSwitching",
    ],
    once: &["Initialization", "RepresentationIndex", "SegmentTimeline"],
    attributes: &[
        ("timescale", UnsignedInt),
        ("presentationTimeOffset", UnsignedLong),
        ("duration", UnsignedInt),
        ("startNumber", UnsignedInt),
        ("endNumber", UnsignedInt),
        ("media", Text),
        ("index", Text),
        ("initialization", Text),
    ],
    ..NOTHING
};

const SEGMENT_BASE: Rule = Rule {
    section: "5.3.9.2",
    children: &["Initialization", "RepresentationIndex"],
    once: &["Initialization", "RepresentationIndex"],
    attributes: &[
        ("timescale", UnsignedInt),
        ("presentationTimeOffset", UnsignedLong),
        ("indexRange", Range),
        ("indexRangeExact", Boolean),
    ],
    ..NOTHING
};

const DESCRIPTOR: Rule = Rule {
    section: "5.8.2",
    attributes: &[("schemeIdUri", Uri), ("value", Text), ("id", Text)],
    required: &["schemeIdUri"],
    ..NOTHING
};

fn rule(element: &str) -> Option<Rule> {
    Some(match element {
        "MPD" => MPD,
        "Period" => PERIOD,
        "AdaptationSet" => ADAPTATION_SET,
        "Representation" => REPRESENTATION,
        "SegmentTemplate" => SEGMENT_TEMPLATE,
        "SegmentBase" => SEGMENT_BASE,
        "SegmentTimeline" => Rule {
            section: "5.3.9.6",
            children: &["S"],
            ..NOTHING
        },
        "S" => Rule {
            section: "5.3.9.6",
            attributes: &[
                ("t", UnsignedLong),
                ("n", UnsignedLong),
                ("d", UnsignedLong),
                ("r", Integer),
            ],
            required: &["d"],
            ..NOTHING
        },
        "Initialization" => Rule {
            section: "5.3.9.2",
            attributes: &[("sourceURL", Uri), ("range", Range)],
            ..NOTHING
        },
        "BaseURL" => Rule {
            section: "5.6",
            foreign: false,
            text: Some(Uri),
            ..NOTHING
        },
        "Label" => Rule {
            section: "5.3.10",
            foreign: false,
            attributes: &[("id", UnsignedInt), ("lang", Language)],
            text: Some(Text),
            ..NOTHING
        },
        "ContentProtection"
        | "Role"
        | "EssentialProperty"
        | "SupplementalProperty"
        | "AudioChannelConfiguration" => DESCRIPTOR,
        _ => return None,
    })
}

/// An element, with what is in it.
#[derive(Default)]
struct Node {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Node>,
    text: String,
}

impl Node {
    fn of(start: &BytesStart<'_>) -> Result<Self> {
        let mut node = Self {
            name: start.name().as_ref().to_owned(),
            ..Self::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute?;
            let key = attribute.key.as_ref().to_owned();
            node.attributes.insert(key, attribute.value.into_owned());
        }
        Ok(node)
    }

    fn read(text: &str) -> Result<Self> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event()? {
                Event::Start(start) => open.push(Self::of(&start)?),
                Event::Empty(start) => {
                    let node = Self::of(&start)?;
                    open.last_mut().context("no parent")?.children.push(node);
                }
                Event::End(_) => {
                    let node = open.pop().context("an end without a start")?;
                    open.last_mut()
                        .context("an end too many")?
                        .children
                        .push(node);
                }
                Event::Text(text) => {
                    open.last_mut().context("no parent")?.text += text.as_ref();
                }
                Event::Eof => break,
                Event::Decl(_)
                | Event::Comment(_)
                | Event::PI(_)
                | Event::CData(_)
                | Event::DocType(_)
                | Event::GeneralRef(_) => {}
            }
        }
        match (open.pop(), open.is_empty()) {
            (Some(mut root), true) if root.children.len() == 1 => Ok(root.children.remove(0)),
            _ => bail!("it has not one root"),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> + Clone {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// What is wrong with a manifest: the section of ISO/IEC 23009-1, and what breaks it.
#[must_use]
pub fn judge(mpd: &str) -> Vec<(&'static str, String)> {
    let root = match Node::read(mpd) {
        Ok(root) => root,
        Err(error) => return vec![("4.2", format!("it is no XML: {error}"))],
    };
    let mut wrong = Vec::new();
    if root.name != "MPD" || root.get("xmlns") != Some("urn:mpeg:dash:schema:mpd:2011") {
        wrong.push(("5.3.1", "the root is no MPD of the schema".to_owned()));
    }
    element(&root, &mut wrong);
    presentation(&root, &mut wrong);
    for period in root.all("Period") {
        ids(period, &mut wrong);
        for set in period.all("AdaptationSet") {
            for representation in set.all("Representation") {
                media(root.get("type"), period, set, representation, &mut wrong);
            }
        }
    }
    wrong
}

type Wrong = Vec<(&'static str, String)>;

fn element(node: &Node, wrong: &mut Wrong) {
    let name = &node.name;
    let Some(rule) = rule(name) else {
        return wrong.push(("5.3", format!("no rule is known for {name}")));
    };
    let mut say = |what: String| wrong.push((rule.section, what));
    let is_foreign = |name: &str| name.contains(':');
    let mut last = 0;
    for child in &node.children {
        let place = rule.children.iter().position(|known| *known == child.name);
        match place {
            Some(place) if place < last => say(format!("{name}: {} is too late", child.name)),
            Some(place) => last = place,
            None if is_foreign(&child.name) && rule.foreign => last = usize::MAX,
            None => say(format!("{name}: {} has no place in it", child.name)),
        }
    }
    for needed in rule.needed {
        if node.all(needed).next().is_none() {
            say(format!("{name}: there is no {needed}"));
        }
    }
    for once in rule.once {
        if node.all(once).count() > 1 {
            say(format!("{name}: more than one {once}"));
        }
    }
    for (attribute, value) in &node.attributes {
        let own = !is_foreign(attribute) && attribute != "xmlns";
        let known = rule.attributes.iter().find(|(name, _)| name == attribute);
        match known {
            Some((_, kind)) if !fits(value, *kind) => {
                say(format!("{name}: {attribute}={value:?} is no {kind:?}"));
            }
            None if own => say(format!("{name}: no attribute {attribute} is known")),
            Some(_) | None => {}
        }
    }
    for required in rule.required {
        if node.get(required).is_none() {
            say(format!("{name}: there is no {required}"));
        }
    }
    let text = node.text.trim();
    if !rule.text.map_or(text.is_empty(), |kind| fits(text, kind)) {
        say(format!("{name}: {text:?} is not its text"));
    }
    for child in &node.children {
        if !is_foreign(&child.name) {
            element(child, wrong);
        }
    }
}

/// 5.3.1.2: which times each type of presentation has to say.
fn presentation(root: &Node, wrong: &mut Wrong) {
    let mut need = |name: &str, why: &str| {
        if root.get(name).is_none() {
            wrong.push(("5.3.1.2", format!("MPD: {why}, and no {name}")));
        }
    };
    if root.get("type") == Some("dynamic") {
        need("availabilityStartTime", "dynamic");
        need("publishTime", "dynamic");
    } else {
        need("mediaPresentationDuration", "static");
        if root.get("minimumUpdatePeriod").is_some() {
            let what = "MPD: static, and has a minimumUpdatePeriod";
            wrong.push(("5.3.1.2", what.to_owned()));
        }
    }
}

/// 5.3.3.2 and 5.3.5.2: ids are there once in a period.
fn ids(period: &Node, wrong: &mut Wrong) {
    let sets = period.all("AdaptationSet");
    let representations = sets.clone().flat_map(|set| set.all("Representation"));
    let mut once = |section, ids: Vec<Option<&str>>| {
        let mut seen = BTreeSet::new();
        for id in ids.into_iter().flatten() {
            if !seen.insert(id) {
                wrong.push((section, format!("the id {id} is there twice")));
            }
        }
    };
    once("5.3.3.2", sets.clone().map(|set| set.get("id")).collect());
    once("5.3.5.2", representations.map(|r| r.get("id")).collect());
}

/// What a player needs of a representation, wherever it is said.
fn media(kind: Option<&str>, period: &Node, set: &Node, representation: &Node, wrong: &mut Wrong) {
    let id = representation.get("id").unwrap_or_default();
    let places = [representation, set, period];
    if places.iter().all(|place| place.get("mimeType").is_none()) {
        wrong.push(("5.3.7.2", format!("{id}: no mimeType")));
    }
    let named = |name: &'static str| {
        places
            .into_iter()
            .find_map(move |place| place.all(name).next())
    };
    let (template, base) = (named("SegmentTemplate"), named("SegmentBase"));
    let Some(template) = template else {
        if base.is_none() && representation.all("BaseURL").next().is_none() {
            wrong.push(("5.3.9.1", format!("{id}: no address of media")));
        }
        return;
    };
    let address = template.get("media").unwrap_or_default();
    if !is_template(address) || !(address.contains("$Number") || address.contains("$Time$")) {
        wrong.push(("5.3.9.4.4", format!("{id}: {address:?} is no template")));
    }
    let timeline = template.all("SegmentTimeline").next();
    match (timeline, template.get("duration")) {
        (None, None) => wrong.push(("5.3.9.5.3", format!("{id}: how long segments last?"))),
        (Some(_), Some(_)) => {
            wrong.push(("5.3.9.6", format!("{id}: both a duration and a timeline")));
        }
        (Some(timeline), None) if kind != Some("dynamic") && timeline.children.is_empty() => {
            wrong.push(("5.3.9.6", format!("{id}: no segment in the timeline")));
        }
        (Some(_), None) | (None, Some(_)) => {}
    }
}

/// 5.3.9.4.4: identifiers between dollars, some with a width.
fn is_template(address: &str) -> bool {
    let mut parts = address.split('$');
    parts.next();
    let inner: Vec<&str> = parts.collect();
    let identifiers = inner.iter().step_by(2);
    let known = identifiers.clone().all(|identifier| {
        let (name, width) = identifier.split_once('%').unwrap_or((identifier, "01d"));
        let digits = width.strip_prefix('0').and_then(|w| w.strip_suffix('d'));
        let has_width = digits.is_some_and(|digits| digits.parse::<u8>().is_ok());
        matches!(
            name,
            "RepresentationID" | "Number" | "Bandwidth" | "Time" | ""
        ) && has_width
    });
    inner.len().is_multiple_of(2) && known
}

fn fits(value: &str, kind: Type) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    match kind {
        Text => true,
        // xs:anyURI takes nearly all; a space is never meant.
        Uri | NoSpace => !value.is_empty() && !value.chars().any(char::is_whitespace),
        UnsignedInt => digits(value) && value.parse::<u32>().is_ok(),
        UnsignedLong => digits(value) && value.parse::<u64>().is_ok(),
        Integer => value.parse::<i64>().is_ok(),
        Boolean => ["true", "false", "0", "1"].contains(&value),
        BooleanOrNumber => fits(value, Boolean) || fits(value, UnsignedInt),
        Duration => is_duration(value),
        DateTime => is_date_time(value),
        Language => value.split('-').enumerate().all(|(at, part)| {
            let right = |c: char| c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit());
            (1..=8).contains(&part.len()) && part.chars().all(right)
        }),
        Ratio => value
            .split_once(':')
            .is_some_and(|(a, b)| digits(a) && digits(b)),
        FrameRate => match value.split_once('/') {
            Some((num, den)) => digits(num) && digits(den) && !den.starts_with('0'),
            None => digits(value),
        },
        Range => value.split_once('-').is_some_and(|(from, to)| {
            let ends = from.parse::<u64>().ok().zip(to.parse::<u64>().ok());
            ends.is_some_and(|(from, to)| from <= to)
        }),
        One(words) => words.contains(&value),
    }
}

/// The part of `xs:duration` without years and months: `PT1H2M3.5S`.
fn is_duration(value: &str) -> bool {
    let Some(mut rest) = value.strip_prefix("PT").filter(|rest| !rest.is_empty()) else {
        return false;
    };
    for unit in ['H', 'M', 'S'] {
        if let Some((number, after)) = rest.split_once(unit) {
            let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
            if !digits(whole) || !digits(fraction) || (unit != 'S' && number.contains('.')) {
                return false;
            }
            rest = after;
        }
    }
    rest.is_empty()
}

/// `2026-11-20T10:01:02.5Z`.
fn is_date_time(value: &str) -> bool {
    let shape: String = value
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00") else {
        return false;
    };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('0') => fraction.trim_start_matches('0'),
        Some(_) => return false,
        None => rest,
    };
    zone.is_empty() || zone == "Z" || ["+00:00", "-00:00"].contains(&zone)
}

/// The folder of the schema, where somebody has it.
#[must_use]
pub fn xsd_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("REELDROP_DASH_SCHEMA").map(PathBuf::from);
    let found = folder.filter(|folder| folder.join("DASH-MPD.xsd").is_file());
    if found.is_none() {
        #[expect(clippy::print_stdout, reason = "a skipped test says so")]
        {
            println!(
                "skipped: the MPEG schema itself; set REELDROP_DASH_SCHEMA to a folder with its \
                 DASH-MPD.xsd (https://github.com/MPEGGroup/DASHSchema) to ask it, too"
            );
        }
    }
    found
}

/// Where the schema looks for the attributes of XLink.
const XLINK: &str = "http://www.w3.org/XML/2008/06/xlink.xsd";

/// What the schema needs of XLink: four attributes, which our manifests do not have.
const XLINK_STUB: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="http://www.w3.org/1999/xlink">
  <xs:attribute name="href" type="xs:anyURI"/>
  <xs:attribute name="actuate" type="xs:string"/>
  <xs:attribute name="type" type="xs:string"/>
  <xs:attribute name="show" type="xs:string"/>
</xs:schema>"#;

/// What the schema in `folder` says against a manifest: nothing where it is valid.
///
/// # Errors
/// Where xmllint (libxml2-utils) is not there, or files cannot be written.
pub fn xsd(folder: &Path, mpd: &str) -> Result<String> {
    let at = tempfile::tempdir()?;
    let own = |name: &str| at.path().join(name);
    let schema = fs::read_to_string(folder.join("DASH-MPD.xsd"))?;
    fs::write(own("schema.xsd"), schema.replace(XLINK, "xlink.xsd"))?;
    fs::write(own("xlink.xsd"), XLINK_STUB)?;
    fs::write(own("stream.mpd"), mpd)?;
    let output = Command::new("xmllint")
        .args(["--noout", "--nonet", "--schema"])
        .arg(own("schema.xsd"))
        .arg(own("stream.mpd"))
        .output()
        .context("xmllint is needed to ask the schema: apt-get install libxml2-utils")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(if output.status.success() {
        String::new()
    } else {
        said
    })
}
