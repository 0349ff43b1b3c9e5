//! The metrics that dashboards and alert rules ask for.

use std::{collections::BTreeSet, fs, path::Path};

use yaml_serde::Value;

/// Fields of a dashboard's and of a rule's document that hold PromQL.
const QUERIES: [&str; 3] = ["expr", "query", "definition"];

/// File and name of each metric of Reeldrop's own that is asked for.
pub(crate) fn names() -> BTreeSet<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../knative/monitoring/base");
    let mut names = BTreeSet::new();
    let mut files = 0;
    for entry in fs::read_dir(&folder)
        .unwrap()
        .chain(fs::read_dir(folder.join("dashboards")).unwrap())
    {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if !(file.ends_with(".yaml") || file.ends_with(".json")) {
            continue;
        }
        files += 1;
        let mut queries = Vec::new();
        for document in yaml_serde::Deserializer::from_str(&fs::read_to_string(&path).unwrap()) {
            let value: Value = serde::Deserialize::deserialize(document).unwrap();
            collect(&value, &mut queries);
        }
        let metrics = queries.iter().flat_map(|query| metrics(query));
        names.extend(metrics.map(|metric| (file.clone(), metric)));
    }
    assert!(
        files > 3 && names.len() > 10,
        "{files} files ask for {} metrics",
        names.len()
    );
    names
}

fn collect(value: &Value, queries: &mut Vec<String>) {
    match value {
        Value::Mapping(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field.as_str()) {
                    (Some(name), Some(query)) if QUERIES.contains(&name) => {
                        queries.push(query.to_owned())
                    }
                    _ => collect(field, queries),
                }
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, queries)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {}
    }
}

/// The words of a query that are metrics of Reeldrop's own.
fn metrics(query: &str) -> impl Iterator<Item = String> {
    query
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
        .filter(|word| word.starts_with("reeldrop_") || word.starts_with("process_"))
        .map(str::to_owned)
}
