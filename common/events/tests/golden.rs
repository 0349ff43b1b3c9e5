//! The events as they go over the line: what is here is what deployed functions speak.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod samples;

use std::{collections::BTreeSet, fs, path::PathBuf};

use cloudevents::{AttributesReader, Data, Event, EventBuilder, EventBuilderV10};
use samples::Sample;
use serde_json::Value;

/// Rewrites the files where it is set: a change that is seen in them is a change of the contract.
const REWRITE: &str = "REELDROP_REWRITE_GOLDEN";

fn path(ty: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{ty}.json"))
}

fn event(sample: &Sample) -> Event {
    sample.outgoing.clone().into_event("golden")
}

#[test]
fn each_event_is_its_golden_file() {
    for sample in samples::all() {
        let json = serde_json::to_value(event(&sample)).unwrap();
        let path = path(&sample.outgoing.ty);
        if std::env::var_os(REWRITE).is_some() {
            fs::write(&path, serde_json::to_string_pretty(&json).unwrap() + "\n").unwrap();
        }
        let golden: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(
            json,
            golden,
            "{} differs; set {REWRITE}=1 where that is meant",
            path.display()
        );
    }
}

#[test]
fn every_golden_file_of_whatever_age_is_still_read() {
    let samples = samples::all();
    for file in fs::read_dir(path("x").parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        let event: Event = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let sample = samples
            .iter()
            .find(|sample| sample.outgoing.ty == event.ty());
        let sample = sample.unwrap_or_else(|| panic!("{} is of no known type", path.display()));
        (sample.decode)(&event).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

#[test]
fn binary_and_structured_events_are_read_alike() {
    for sample in samples::all() {
        let structured = event(&sample);
        let bytes = serde_json::to_vec(&sample.outgoing.data).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let binary = with_data(&structured, Data::Binary(bytes));
        let string = with_data(&structured, Data::String(text));
        for event in [structured, binary, string] {
            assert_eq!(
                (sample.decode)(&event).unwrap(),
                sample.outgoing.data,
                "{}",
                sample.outgoing.ty
            );
        }
    }
}

fn with_data(event: &Event, data: Data) -> Event {
    let mut event = EventBuilderV10::from(event.clone()).build().unwrap();
    event.set_data("application/json", data);
    event
}

#[test]
fn fields_that_a_later_version_adds_are_ignored() {
    for sample in samples::all() {
        let mut data = sample.outgoing.data.clone();
        add_fields(&mut data);
        let event = with_data(&event(&sample), Data::Json(data));
        assert_eq!(
            (sample.decode)(&event).unwrap(),
            sample.outgoing.data,
            "{}",
            sample.outgoing.ty
        );
    }
}

/// Adds a field to each object, but for enums with data: their one field is their variant.
fn add_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_variant = fields.len() == 1
                && (fields.contains_key("constant") || fields.contains_key("variable"));
            fields.values_mut().for_each(add_fields);
            if !is_variant {
                fields.insert("added_later".to_owned(), Value::from(1));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(add_fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn an_event_of_another_type_or_without_data_is_refused() {
    let samples = samples::all();
    for (at, sample) in samples.iter().enumerate() {
        let other = event(&samples[(at + 1) % samples.len()]);
        assert!(
            (sample.decode)(&other).is_err(),
            "{} took {}",
            sample.outgoing.ty,
            other.ty()
        );
        let mut empty = event(sample);
        empty.take_data();
        let error = (sample.decode)(&empty).unwrap_err();
        assert_eq!(error.to_string(), "event has no data");
    }
}

#[test]
fn ids_are_the_same_each_time_and_differ_between_events() {
    let (once, twice) = (samples::all(), samples::all());
    let ids: BTreeSet<_> = once.iter().map(|sample| sample.outgoing.id).collect();
    assert_eq!(ids.len(), once.len());
    assert!(
        once.iter()
            .zip(&twice)
            .all(|(a, b)| a.outgoing == b.outgoing)
    );
}

#[test]
fn types_are_a_noun_a_participle_and_a_version() {
    for sample in samples::all() {
        let ty = &sample.outgoing.ty;
        let words: Vec<_> = ty
            .strip_prefix("io.reeldrop.")
            .unwrap()
            .split('.')
            .collect();
        assert!(words.len() >= 3 && words.last() == Some(&"v1"), "{ty}");
        assert!(
            words[words.len() - 2].ends_with("ed"),
            "{ty} does not end in a participle"
        );
    }
}
