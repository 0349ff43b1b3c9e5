//! Each alert has a page that says what to do, and each page an alert.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

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

/// An alert, whoever watches.
struct Alert {
    name: String,
    severity: String,
    summary: String,
    page: String,
}

/// Prometheus' alerts.
fn of_prometheus(root: &Path) -> Vec<Alert> {
    let text = fs::read_to_string(root.join("knative/monitoring/base/rules.yaml")).unwrap();
    let rules: Rules = yaml_serde::from_str(&text).unwrap();
    let rules = rules.spec.groups.into_iter().flat_map(|group| group.rules);
    rules
        .map(|rule| Alert {
            name: rule.alert,
            severity: rule.labels.severity,
            summary: rule.annotations.summary,
            page: rule.annotations.runbook_url,
        })
        .collect()
}

/// Cloud Monitoring's: blocks named in capitals, with one line for each of their values.
fn of_google(root: &Path) -> Vec<Alert> {
    let text = fs::read_to_string(root.join("terraform/modules/alerts/main.tf")).unwrap();
    let mut alerts = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let name = line.strip_suffix(" = {").unwrap_or_default();
        if !name.starts_with(|first: char| first.is_ascii_uppercase()) {
            continue;
        }
        let values: BTreeMap<_, _> = lines
            .by_ref()
            .take_while(|line| *line != "}")
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key.trim(), value.trim().trim_matches('"').to_owned()))
            .collect();
        alerts.push(Alert {
            name: name.to_owned(),
            severity: values["severity"].to_lowercase(),
            summary: values["summary"].clone(),
            page: values["page"].clone(),
        });
    }
    alerts
}

#[test]
fn each_alert_has_a_page_and_each_page_an_alert() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (own, googles) = (of_prometheus(&root), of_google(&root));
    assert!(own.len() > 10 && googles.len() > 5, "not all were read");
    let mut named = BTreeSet::new();
    for alert in own.iter().chain(&googles) {
        let Alert { name, page, .. } = alert;
        assert!(
            matches!(alert.severity.as_str(), "warning" | "critical"),
            "{name}"
        );
        assert!(alert.summary.len() > 20, "{name} says nothing");
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
