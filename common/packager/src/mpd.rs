//! A manifest of files and one key, changed to one of byte ranges and of several keys.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever is not changed is copied, of whichever kind"
)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use uuid::Uuid;

/// What is said of a representation instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Its key id, and the common `pssh` of it in base64.
    pub(crate) key: Option<(Uuid, String)>,
    /// Where its header and its index lie in its one file.
    pub(crate) ranges: Option<(Range<u64>, Range<u64>)>,
}

/// Why a manifest cannot be changed: it is not what our own writer writes.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Changes `mpd`; `said` holds the representations by their ids.
pub(crate) fn change(mpd: &str, said: &BTreeMap<String, Said>) -> Result<String, Failure> {
    let mut reader = Reader::from_str(mpd);
    let mut events = Vec::new();
    loop {
        match reader.read_event()? {
            Event::Eof => break,
            event => events.push(event.into_owned()),
        }
    }
    let single = said.values().any(|said| said.ranges.is_some());
    let mut writer = Writer::new(Vec::with_capacity(mpd.len()));
    let mut at = 0;
    while let Some(event) = events.get(at) {
        let mut next = at + 1;
        match event {
            Event::Start(start) if name(start) == "AdaptationSet" => {
                next = end_of(&events, at);
                let set = events.get(at..next).unwrap_or_default();
                write_set(&mut writer, set, said)?;
            }
            Event::Start(start) if name(start) == "MPD" && single => {
                writer.write_event(Event::Start(on_demand(start)?))?;
            }
            event => writer.write_event(event.borrow())?,
        }
        at = next;
    }
    Ok(String::from_utf8(writer.into_inner())?)
}

fn name(start: &BytesStart<'_>) -> String {
    start.name().as_ref().to_owned()
}

/// The place after the end of the element that begins at `at`.
fn end_of(events: &[Event<'_>], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, event) in events.iter().enumerate().skip(at) {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    events.len()
}

/// The on-demand profile in place of the live one (ISO/IEC 23009-1, 8.3).
fn on_demand(start: &BytesStart<'_>) -> Result<BytesStart<'static>, Failure> {
    with_attribute(start, "profiles", |profiles| {
        profiles.replace("isoff-live:2011", "isoff-on-demand:2011")
    })
}

fn with_attribute(
    start: &BytesStart<'_>,
    wanted: &str,
    change: impl Fn(&str) -> String,
) -> Result<BytesStart<'static>, Failure> {
    let mut changed = BytesStart::new(name(start));
    for attribute in start.attributes() {
        let attribute = attribute?;
        let value = if attribute.key.as_ref() == wanted {
            Cow::Owned(change(&attribute.value))
        } else {
            attribute.value
        };
        // As it stands in the manifest: escaped already.
        let key = attribute.key;
        changed.push_attribute(Attribute { key, value });
    }
    Ok(changed)
}

/// Writes an adaptation set: protection by key, without a template where there are byte ranges.
fn write_set(
    writer: &mut Writer<Vec<u8>>,
    set: &[Event<'_>],
    said: &BTreeMap<String, Said>,
) -> Result<(), Failure> {
    let of_set = Set::read(set, said)?;
    let mut at = 0;
    while let Some(event) = set.get(at) {
        let mut next = at + 1;
        match event {
            Event::Start(start) | Event::Empty(start) => match name(start).as_str() {
                "ContentProtection" => {
                    next = element_end(set, at);
                    if let Some(key) = &of_set.key {
                        write_protection(writer, set.get(at..next).unwrap_or_default(), key)?;
                    } else if of_set.keys == 0 {
                        copy(writer, set.get(at..next).unwrap_or_default())?;
                    }
                }
                "SegmentTemplate" if of_set.single => next = element_end(set, at),
                "Representation" => {
                    next = element_end(set, at);
                    let element = set.get(at..next).unwrap_or_default();
                    of_set.write_representation(writer, element, said)?;
                }
                _ => writer.write_event(event.borrow())?,
            },
            event => writer.write_event(event.borrow())?,
        }
        at = next;
    }
    Ok(())
}

fn element_end(events: &[Event<'_>], at: usize) -> usize {
    match events.get(at) {
        Some(Event::Start(_)) => end_of(events, at),
        _ => at + 1,
    }
}

fn copy(writer: &mut Writer<Vec<u8>>, events: &[Event<'_>]) -> Result<(), Failure> {
    for event in events {
        writer.write_event(event.borrow())?;
    }
    Ok(())
}

/// What the representations of a set have in common.
struct Set<'a> {
    single: bool,
    /// How many different keys there are.
    keys: usize,
    /// The key, where there is but one.
    key: Option<(Uuid, String)>,
    /// The protection of the set, which goes into each representation where keys differ.
    protection: &'a [Event<'a>],
}

impl<'a> Set<'a> {
    fn read(set: &'a [Event<'a>], said: &BTreeMap<String, Said>) -> Result<Self, Failure> {
        let mut of_set = Self {
            single: false,
            keys: 0,
            key: None,
            protection: &[],
        };
        let mut keys: Vec<&(Uuid, String)> = Vec::new();
        let mut protection: Option<Range<usize>> = None;
        for (at, event) in set.iter().enumerate() {
            let (Event::Start(start) | Event::Empty(start)) = event else {
                continue;
            };
            match name(start).as_str() {
                "ContentProtection" => {
                    let first = protection.map_or(at, |range| range.start);
                    protection = Some(first..element_end(set, at));
                }
                "Representation" => {
                    let Some(found) = said.get(&id(start)?) else {
                        continue;
                    };
                    of_set.single |= found.ranges.is_some();
                    keys.extend(found.key.as_ref().filter(|key| !keys.contains(key)));
                }
                _ => {}
            }
        }
        of_set.keys = keys.len();
        if let [key] = keys.as_slice() {
            of_set.key = Some((*key).clone());
        }
        of_set.protection = protection
            .and_then(|range| set.get(range))
            .unwrap_or_default();
        Ok(of_set)
    }

    fn write_representation(
        &self,
        writer: &mut Writer<Vec<u8>>,
        element: &[Event<'_>],
        said: &BTreeMap<String, Said>,
    ) -> Result<(), Failure> {
        let Some(Event::Start(start) | Event::Empty(start)) = element.first() else {
            return copy(writer, element);
        };
        let Some(found) = said.get(&id(start)?) else {
            return copy(writer, element);
        };
        writer.write_event(Event::Start(start.borrow()))?;
        // Its end, where it has content, is written below.
        let content = element.get(1..element.len().saturating_sub(1));
        let content = content.unwrap_or_default();
        // 5.3.7.3: protection comes after the channels, and before all that is the representation's own.
        let own = content.iter().position(is_own).unwrap_or(content.len());
        let (common, mut content) = content.split_at_checked(own).unwrap_or_default();
        copy(writer, common)?;
        if self.keys > 1
            && let Some(key) = &found.key
        {
            write_protection(writer, self.protection, key)?;
        }
        if self.single
            && let Some(at) = content.iter().position(is_template)
        {
            copy(writer, content.get(..at).unwrap_or_default())?;
            content = content.get(element_end(content, at)..).unwrap_or_default();
        }
        copy(writer, content)?;
        if let Some(ranges) = &found.ranges {
            write_ranges(writer, &id(start)?, ranges)?;
        }
        writer.write_event(Event::End(BytesEnd::new("Representation")))?;
        Ok(())
    }
}

/// Whether an element stands after those that sets and representations have alike.
fn is_own(event: &Event<'_>) -> bool {
    match event {
        Event::Start(start) | Event::Empty(start) => name(start) != "AudioChannelConfiguration",
        _ => false,
    }
}

fn is_template(event: &Event<'_>) -> bool {
    matches!(event, Event::Start(start) if name(start) == "SegmentTemplate")
}

fn id(start: &BytesStart<'_>) -> Result<String, Failure> {
    let attribute = start.try_get_attribute("id")?;
    let value = attribute.ok_or("a representation without an id")?;
    Ok(value.value.into_owned())
}

/// Writes descriptors with another key id and `pssh`.
fn write_protection(
    writer: &mut Writer<Vec<u8>>,
    descriptors: &[Event<'_>],
    (kid, pssh): &(Uuid, String),
) -> Result<(), Failure> {
    let mut in_pssh = false;
    for event in descriptors {
        match event {
            Event::Start(start) | Event::Empty(start) => {
                in_pssh = name(start) == "cenc:pssh";
                let changed =
                    with_attribute(start, "cenc:default_KID", |_| kid.hyphenated().to_string())?;
                writer.write_event(match event {
                    Event::Empty(_) => Event::Empty(changed),
                    _ => Event::Start(changed),
                })?;
            }
            Event::Text(_) if in_pssh => {
                writer.write_event(Event::Text(BytesText::new(pssh)))?;
            }
            Event::End(end) => {
                in_pssh = false;
                writer.write_event(Event::End(end.borrow()))?;
            }
            event => writer.write_event(event.borrow())?,
        }
    }
    Ok(())
}

/// Writes where a representation's file is, and where its index lies in it (5.3.9.2).
fn write_ranges(
    writer: &mut Writer<Vec<u8>>,
    id: &str,
    (init, index): &(Range<u64>, Range<u64>),
) -> Result<(), Failure> {
    let text = |range: &Range<u64>| format!("{}-{}", range.start, range.end.saturating_sub(1));
    let address = format!("{id}/{}", crate::output::WHOLE);
    writer
        .create_element("BaseURL")
        .write_text_content(BytesText::new(&address))?;
    writer
        .create_element("SegmentBase")
        .with_attribute(("indexRange", text(index).as_str()))
        .write_inner_content(|writer| {
            writer
                .create_element("Initialization")
                .with_attribute(("range", text(init).as_str()))
                .write_empty()?;
            Ok(())
        })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MPD: &str = "<MPD profiles=\"urn:mpeg:dash:profile:isoff-live:2011\"><Period>\
        <AdaptationSet id=\"0\"><ContentProtection cenc:default_KID=\"a\"><cenc:pssh>x</cenc:pssh>\
        </ContentProtection><SegmentTemplate media=\"m\"><SegmentTimeline/></SegmentTemplate>\
        <Representation id=\"v1\" width=\"2\"/><Representation id=\"v2\"/></AdaptationSet>\
        </Period></MPD>";

    fn said(keys: [u128; 2], single: bool) -> BTreeMap<String, Said> {
        let said = |key: u128| Said {
            key: Some((Uuid::from_u128(key), format!("pssh{key}"))),
            ranges: single.then_some((0..10, 10..20)),
        };
        [
            ("v1".to_owned(), said(keys[0])),
            ("v2".to_owned(), said(keys[1])),
        ]
        .into()
    }

    #[test]
    fn one_key_is_said_of_the_set() {
        let text = change(MPD, &said([1, 1], false)).unwrap();
        let expected = MPD
            .replace("KID=\"a\"", "KID=\"00000000-0000-0000-0000-000000000001\"")
            .replace(">x<", ">pssh1<")
            .replace("width=\"2\"/>", "width=\"2\"></Representation>")
            .replace("id=\"v2\"/>", "id=\"v2\"></Representation>");
        assert_eq!(text, expected);
    }

    #[test]
    fn several_keys_are_said_of_each_representation() {
        let text = change(MPD, &said([1, 2], false)).unwrap();
        let (set, representations) = text.split_once("<Representation").unwrap();
        assert!(!set.contains("ContentProtection"), "{text}");
        let (first, second) = representations.split_once("<Representation").unwrap();
        assert!(
            first.contains("0001\"") && first.contains(">pssh1<"),
            "{text}"
        );
        assert!(
            second.contains("0002\"") && second.contains(">pssh2<"),
            "{text}"
        );
    }

    #[test]
    fn protection_stands_where_the_schema_has_it() {
        let own = MPD.replace(
            "<Representation id=\"v2\"/>",
            "<Representation id=\"v2\"><AudioChannelConfiguration value=\"2\"/>\
             <SegmentTemplate media=\"n\"></SegmentTemplate></Representation>",
        );
        for single in [false, true] {
            let text = change(&own, &said([1, 2], single)).unwrap();
            let (_, second) = text.split_once("id=\"v2\"").unwrap();
            let place = |name: &str| second.find(name);
            let channels = place("<AudioChannelConfiguration");
            let protection = place("<ContentProtection");
            let media = place(if single {
                "<BaseURL"
            } else {
                "<SegmentTemplate"
            });
            assert!(channels < protection && protection < media, "{text}");
            assert!(channels.is_some() && media.is_some(), "{text}");
        }
    }

    #[test]
    fn a_file_with_an_index_has_ranges_and_no_template() {
        let text = change(MPD, &said([1, 1], true)).unwrap();
        assert!(!text.contains("SegmentTemplate") && text.contains("isoff-on-demand:2011"));
        let representation = "<Representation id=\"v1\" width=\"2\"><BaseURL>v1/media.mp4</BaseURL>\
            <SegmentBase indexRange=\"10-19\"><Initialization range=\"0-9\"/></SegmentBase>\
            </Representation>";
        assert!(text.contains(representation), "{text}");
    }
}
