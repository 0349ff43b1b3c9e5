//! A manifest of files, changed to one of byte ranges in a single file for each track.

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

/// Where a representation's header and its index lie in its one file.
pub(crate) type Ranges = (Range<u64>, Range<u64>);

/// Why a manifest cannot be changed: it is not what our own writer writes.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Changes `mpd`; `ranges` holds the representations by their ids.
pub(crate) fn change(mpd: &str, ranges: &BTreeMap<String, Ranges>) -> Result<String, Failure> {
    let mut reader = Reader::from_str(mpd);
    let mut events = Vec::new();
    loop {
        match reader.read_event()? {
            Event::Eof => break,
            event => events.push(event.into_owned()),
        }
    }
    let mut writer = Writer::new(Vec::with_capacity(mpd.len()));
    let mut at = 0;
    while let Some(event) = events.get(at) {
        let mut next = at + 1;
        match event {
            Event::Start(start) if name(start) == "AdaptationSet" => {
                next = end_of(&events, at);
                let set = events.get(at..next).unwrap_or_default();
                write_set(&mut writer, set, ranges)?;
            }
            Event::Start(start) if name(start) == "MPD" => {
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

/// Writes an adaptation set whose representations have ranges, without templates.
fn write_set(
    writer: &mut Writer<Vec<u8>>,
    set: &[Event<'_>],
    ranges: &BTreeMap<String, Ranges>,
) -> Result<(), Failure> {
    if !has_ranges(set, ranges)? {
        return copy(writer, set);
    }
    let mut at = 0;
    while let Some(event) = set.get(at) {
        let mut next = at + 1;
        match event {
            Event::Start(start) | Event::Empty(start) => match name(start).as_str() {
                "SegmentTemplate" => next = element_end(set, at),
                "Representation" => {
                    next = element_end(set, at);
                    let element = set.get(at..next).unwrap_or_default();
                    write_representation(writer, element, start, ranges)?;
                }
                _ => writer.write_event(event.borrow())?,
            },
            event => writer.write_event(event.borrow())?,
        }
        at = next;
    }
    Ok(())
}

/// Whether a set has a representation with ranges.
fn has_ranges(set: &[Event<'_>], ranges: &BTreeMap<String, Ranges>) -> Result<bool, Failure> {
    for event in set {
        if let Event::Start(start) | Event::Empty(start) = event
            && name(start) == "Representation"
            && ranges.contains_key(&id(start)?)
        {
            return Ok(true);
        }
    }
    Ok(false)
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

/// Writes the representation `element`, which begins with `start`.
fn write_representation(
    writer: &mut Writer<Vec<u8>>,
    element: &[Event<'_>],
    start: &BytesStart<'_>,
    ranges: &BTreeMap<String, Ranges>,
) -> Result<(), Failure> {
    let id = id(start)?;
    let Some(ranges) = ranges.get(&id) else {
        return copy(writer, element);
    };
    writer.write_event(Event::Start(start.borrow()))?;
    // Its end, where it has content, is written below.
    let content = element.get(1..element.len().saturating_sub(1));
    let mut content = content.unwrap_or_default();
    if let Some(at) = content.iter().position(is_template) {
        copy(writer, content.get(..at).unwrap_or_default())?;
        content = content.get(element_end(content, at)..).unwrap_or_default();
    }
    copy(writer, content)?;
    write_ranges(writer, &id, ranges)?;
    writer.write_event(Event::End(BytesEnd::new("Representation")))?;
    Ok(())
}

fn is_template(event: &Event<'_>) -> bool {
    match event {
        Event::Start(start) | Event::Empty(start) => name(start) == "SegmentTemplate",
        _ => false,
    }
}

fn id(start: &BytesStart<'_>) -> Result<String, Failure> {
    let attribute = start.try_get_attribute("id")?;
    let value = attribute.ok_or("a representation without an id")?;
    Ok(value.value.into_owned())
}

/// Writes where a representation's file is, and where its index lies in it (5.3.9.2).
fn write_ranges(
    writer: &mut Writer<Vec<u8>>,
    id: &str,
    (init, index): &Ranges,
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
        <AdaptationSet id=\"0\"><ContentProtection/><SegmentTemplate media=\"m\"><SegmentTimeline/>\
        </SegmentTemplate><Representation id=\"v1\" width=\"2\"/><Representation id=\"v2\">\
        <ContentProtection/><SegmentTemplate media=\"n\"/></Representation></AdaptationSet>\
        <AdaptationSet><Representation id=\"images\"><SegmentTemplate/></Representation>\
        </AdaptationSet></Period></MPD>";

    #[test]
    fn a_file_with_an_index_has_ranges_and_no_template() {
        let ranges = ["v1", "v2"].map(|id| (id.to_owned(), (0..10, 10..20)));
        let text = change(MPD, &ranges.into()).unwrap();
        let base = |id: &str| {
            format!(
                "<BaseURL>{id}/media.mp4</BaseURL>\
                 <SegmentBase indexRange=\"10-19\"><Initialization range=\"0-9\"/></SegmentBase>"
            )
        };
        let (first, second) = (base("v1"), base("v2"));
        let expected = format!(
            "<MPD profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"><Period>\
             <AdaptationSet id=\"0\"><ContentProtection/>\
             <Representation id=\"v1\" width=\"2\">{first}</Representation>\
             <Representation id=\"v2\"><ContentProtection/>{second}</Representation></AdaptationSet>\
             <AdaptationSet><Representation id=\"images\"><SegmentTemplate/></Representation>\
             </AdaptationSet></Period></MPD>"
        );
        assert_eq!(text, expected);
    }
}
