//! The elements that our manifests have, and what each may have (ISO/IEC 23009-1).

/// A value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
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
pub(super) struct Rule {
    pub(super) section: &'static str,
    /// Children in the order in which they have to stand.
    pub(super) children: &'static [&'static str],
    /// Children that have to be there.
    pub(super) needed: &'static [&'static str],
    /// Children that are there once at most.
    pub(super) once: &'static [&'static str],
    /// Whether elements of other namespaces may follow.
    pub(super) foreign: bool,
    pub(super) attributes: &'static [(&'static str, Type)],
    pub(super) required: &'static [&'static str],
    /// Type of its text; none where it has none.
    pub(super) text: Option<Type>,
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

pub(super) fn rule(element: &str) -> Option<Rule> {
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
        | "AudioChannelConfiguration"
        | "UTCTiming" => DESCRIPTOR,
        _ => return None,
    })
}
