//! What the MPEG schema (`DASH-MPD.xsd` of ISO/IEC 23009-1) and the text around it ask of a manifest:
//! each rule with the section of the standard that it stands in.
//!
//! The schema itself is not here: no package registry has it. Where `REELDROP_DASH_SCHEMA` names a
//! folder with it, [`xsd`] asks it, too. This module knows the elements that our manifests have, and
//! refuses all others.

mod rules;
mod values;
mod xsd;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use rules::rule;
use values::fits;
pub use xsd::{xsd, xsd_folder};

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
