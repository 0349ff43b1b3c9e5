use base64::{Engine as _, engine::general_purpose::STANDARD};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use reeldrop_events::{CaptionKind, Scheme, Transfer};
use time::macros::datetime;

use super::*;
use crate::{
    Codec,
    boxes::common_pssh,
    presentation::{
        KeySystem, Protection, TextTrack,
        samples::{title, title_with_extras},
    },
};

fn times() -> Times<'static> {
    Times {
        available_from: datetime!(2026-11-20 10:00:00 UTC),
        published: datetime!(2026-11-20 10:01:02.5 UTC),
        clock: "/api/time",
    }
}

/// Compares with a file, which `REELDROP_WRITE_GOLDEN=1` writes anew.
fn assert_golden(name: &str, text: &str) {
    let path = format!("{}/src/dash/tests/{name}.mpd", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("REELDROP_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "see {path}");
}

/// An element as a parser finds it.
struct Element {
    depth: usize,
    name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    fn of(depth: usize, start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.unwrap();
            (
                attribute.key.as_ref().to_owned(),
                attribute.value.into_owned(),
            )
        });
        Self {
            depth,
            name: start.name().as_ref().to_owned(),
            attributes: attributes.collect(),
        }
    }
}

/// The elements in order, read by a parser and not by searching text.
fn elements(text: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(text);
    let mut depth = 0;
    let mut found = Vec::new();
    loop {
        let event = reader.read_event().unwrap();
        if let Event::Start(start) | Event::Empty(start) = &event {
            found.push(Element::of(depth, start));
        }
        depth += usize::from(matches!(event, Event::Start(_)));
        depth -= usize::from(matches!(event, Event::End(_)));
        if matches!(event, Event::Eof) {
            return found;
        }
    }
}

/// The values of an attribute of all elements of a name.
fn attribute(text: &str, element: &str, name: &str) -> Vec<Option<String>> {
    let found = elements(text).into_iter();
    found
        .filter(|found| found.name == element)
        .map(|found| {
            let mut attributes = found.attributes.into_iter();
            attributes
                .find(|(key, _)| key == name)
                .map(|(_, value)| value)
        })
        .collect()
}

#[test]
fn complete_manifest() {
    assert_golden("complete", &mpd(&title(true), &times()));
}

#[test]
fn growing_manifest() {
    assert_golden("growing", &mpd(&title(false), &times()));
}

#[test]
fn a_complete_manifest_does_not_depend_on_the_clock() {
    let later = Times {
        published: datetime!(2027-01-01 00:00:00 UTC),
        ..times()
    };
    assert_eq!(mpd(&title(true), &times()), mpd(&title(true), &later));
}

#[test]
fn each_codec_and_each_sound_is_a_set_of_its_own() {
    let mut title = title(true);
    title.video[1].family = Codec::Av1;
    let text = mpd(&title, &times());
    let kinds = attribute(&text, "AdaptationSet", "contentType");
    let expected = ["video", "video", "audio", "audio"].map(|kind| Some(kind.to_owned()));
    assert_eq!(kinds, expected);
    assert_eq!(
        attribute(&text, "Role", "value"),
        ["main", "main", "main", "alternate"].map(|r| Some(r.to_owned()))
    );
}

#[test]
fn renditions_with_other_times_have_templates_of_their_own() {
    let mut title = title(true);
    title.video[1].track.segments[3].duration_ticks -= 1_001;
    let text = mpd(&title, &times());
    let depths: Vec<_> = elements(&text)
        .into_iter()
        .filter(|found| found.name == "SegmentTemplate")
        .map(|found| found.depth)
        .collect();
    assert_eq!(depths, [4, 4, 3, 3]);
}

/// The key ids of all descriptors, and how deep each lies.
fn key_ids(text: &str) -> Vec<(usize, String)> {
    let found = elements(text).into_iter();
    let found = found.filter(|found| found.name == "ContentProtection");
    found
        .map(|found| {
            let mut attributes = found.attributes.into_iter();
            let kid = attributes.find(|(name, _)| name == "cenc:default_KID");
            (found.depth, kid.unwrap().1)
        })
        .collect()
}

#[test]
fn a_key_of_all_renditions_is_said_of_the_set_and_others_of_each() {
    let mut title = title(true);
    let common = title.protection.clone().unwrap();
    let one = key_ids(&mpd(&title, &times()));
    // Three descriptors of each of the three sets.
    assert_eq!(one, vec![(3, common.kid.hyphenated().to_string()); 9]);
    let own = Protection {
        kid: uuid::Uuid::from_u128(2),
        pssh: common_pssh(&[uuid::Uuid::from_u128(2)]),
        ..common.clone()
    };
    title.video[1].track.protection = Some(own.clone());
    let text = mpd(&title, &times());
    let (first, second) = (common.kid.to_string(), own.kid.to_string());
    let mut expected = vec![(4, first.clone()); 3];
    expected.extend(vec![(4, second); 3]);
    expected.extend(vec![(3, first); 6]);
    assert_eq!(key_ids(&text), expected);
    let boxes = |pssh: &[u8]| text.matches(&STANDARD.encode(pssh)).count();
    assert_eq!((boxes(&common.pssh), boxes(&own.pssh)), (3, 1));
}

#[test]
fn a_clear_title_has_no_protection() {
    let mut title = title(true);
    title.protection.as_mut().unwrap().scheme = Scheme::None;
    assert!(attribute(&mpd(&title, &times()), "ContentProtection", "value").is_empty());
}

#[test]
fn a_short_first_segment_is_enough_to_begin() {
    let mut title = title(false);
    assert_eq!(
        attribute(&mpd(&title, &times()), "MPD", "minBufferTime"),
        [Some("PT2S".to_owned())]
    );
    for video in &mut title.video {
        video.track.segments[0].duration_ticks = 15_000;
    }
    assert_eq!(
        attribute(&mpd(&title, &times()), "MPD", "minBufferTime"),
        [Some("PT0.5S".to_owned())]
    );
}

#[test]
fn durations_are_exact_to_the_microsecond() {
    assert_eq!(duration(17_017_000), "PT17.017S");
    assert_eq!(duration(6_000_000), "PT6S");
    assert_eq!(duration(1), "PT0.000001S");
}

#[test]
fn manifest_with_captions_storyboard_and_commercial_key_systems() {
    let mut title = title_with_extras();
    let system = |id: uuid::Uuid, license: Option<&str>| KeySystem {
        id,
        pssh: [
            &[0; 8][..4],
            b"pssh",
            &[0; 4],
            id.as_bytes(),
            &[0, 0, 0, 2],
            b"ab",
        ]
        .concat(),
        license_uri: license.map(str::to_owned),
        key_uri: None,
    };
    title.protection.as_mut().unwrap().systems = vec![
        system(
            KeySystem::WIDEVINE,
            Some("https://widevine.example/?a=1&b=2"),
        ),
        system(KeySystem::PLAYREADY, None),
    ];
    title.video[0].range = Transfer::Hlg;
    assert_golden("extras", &mpd(&title, &times()));
}

#[test]
fn captions_say_what_they_are_for() {
    let mut title = title_with_extras();
    let kinds = [CaptionKind::Full, CaptionKind::Sdh, CaptionKind::Forced];
    title.text = kinds
        .map(|kind| TextTrack {
            kind,
            default: false,
            ..title.text[0].clone()
        })
        .to_vec();
    let text = mpd(&title, &times());
    let roles = attribute(&text, "Role", "value");
    let roles: Vec<_> = roles.iter().rev().take(3).rev().flatten().collect();
    assert_eq!(roles, ["subtitle", "caption", "forced-subtitle"]);
}

/// The order in which the schema (DASH-MPD.xsd) wants an adaptation set's and a representation's
/// children: those of `RepresentationBaseType`, and then their own.
const ORDER: [&str; 13] = [
    "AudioChannelConfiguration",
    "ContentProtection",
    "EssentialProperty",
    "SupplementalProperty",
    "Label",
    "Accessibility",
    "Role",
    "Rating",
    "BaseURL",
    "SegmentBase",
    "SegmentList",
    "SegmentTemplate",
    "Representation",
];

#[test]
fn children_stand_in_the_schema_s_order() {
    let mut extras = title_with_extras();
    extras.video[0].range = Transfer::Hlg;
    let mut keys = title(true);
    keys.video[0].track.protection = Some(Protection {
        kid: uuid::Uuid::from_u128(2),
        ..keys.protection.clone().unwrap()
    });
    keys.video[1].track.segments[3].duration_ticks -= 1_001;
    for title in [title(true), title(false), extras, keys] {
        let elements = elements(&mpd(&title, &times()));
        for (at, parent) in elements.iter().enumerate() {
            if !["AdaptationSet", "Representation"].contains(&parent.name.as_str()) {
                continue;
            }
            let inside = elements[at + 1..]
                .iter()
                .take_while(|e| e.depth > parent.depth);
            let children = inside.filter(|e| e.depth == parent.depth + 1);
            let places: Vec<_> = children
                .map(|e| ORDER.iter().position(|name| *name == e.name).unwrap())
                .collect();
            assert!(places.is_sorted(), "{} has {places:?}", parent.name);
        }
    }
}
