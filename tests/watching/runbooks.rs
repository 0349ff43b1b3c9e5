//! Each alert has a page that says what to do, and each page an alert.

use std::{collections::BTreeSet, fs, path::Path};

use serde::Deserialize;

const SECTIONS: [&str; 3] = [
    "\n## What it means\n",
    "\n## How to see it\n",
    "\n## What to do\n",
];

#[derive(Deserialize)]
struct Rules {
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    alert: String,
    labels: Labels,
    annotations: Annotations,
}

#[derive(Deserialize)]
struct Labels {
    severity: String,
}

#[derive(Deserialize)]
struct Annotations {
    summary: String,
    runbook_url: String,
}

#[test]
fn each_alert_has_a_page_and_each_page_an_alert() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join("knative/monitoring/base/rules.yaml")).unwrap();
    let rules: Rules = yaml_serde::from_str(&text).unwrap();
    let mut named = BTreeSet::new();
    for rule in rules.spec.groups.iter().flat_map(|group| &group.rules) {
        let name = &rule.alert;
        assert!(
            matches!(rule.labels.severity.as_str(), "warning" | "critical"),
            "{name}"
        );
        assert!(rule.annotations.summary.len() > 20, "{name} says nothing");
        let page = &rule.annotations.runbook_url;
        let text = fs::read_to_string(root.join(page));
        let text = text.unwrap_or_else(|error| panic!("{name}: {page}: {error}"));
        assert!(
            text.starts_with(&format!("# {name}\n")),
            "{page} is about something else"
        );
        for section in SECTIONS {
            assert!(text.contains(section), "{page} has no section {section:?}");
        }
        named.insert(page.rsplit('/').next().unwrap().to_owned());
    }
    let pages = fs::read_dir(root.join("docs/operations/alerts")).unwrap();
    let pages: BTreeSet<_> = pages
        .map(|page| page.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(pages, named, "left: pages, right: alerts");
}
