//! What is applied to a cluster, checked without one: each overlay is rendered by kustomize, read by
//! strict types and schemas, and held to the rules in `rules`. Each rule has a wrong fixture in `wrong`.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod deployment;
mod fixtures;
mod images;
mod render;
mod rules;
mod schema;
mod types;

use std::collections::BTreeSet;

use deployment::Deployment;
use render::{Kustomize, root};

/// The folders that are applied together: functions, triggers, and a source of uploads where they do
/// not come by themselves.
const DEPLOYMENTS: [&[&str]; 5] = [
    &["knative/overlays/gke", "triggers/overlays/kafka"],
    &["knative/overlays/gke", "triggers/overlays/rabbitmq"],
    &[
        "knative/overlays/gke-gpu",
        "triggers/overlays/kafka",
        "triggers/sources/pubsub-pull",
    ],
    &[
        "knative/overlays/gke",
        "triggers/overlays/rabbitmq",
        "triggers/sources/pubsub-pull",
    ],
    &["knative/overlays/minimal", "triggers/overlays/minimal"],
];

/// What is applied beside every deployment.
const SERVING: &str = "knative/serving";

/// The deployment of these folders and everything that is applied beside them, where kustomize is there.
fn deployment(folders: &[&str]) -> Option<Deployment> {
    let kustomize = Kustomize::find()?;
    let mut deployment = Deployment::new(&folders.join(" with "));
    for folder in folders.iter().chain([&SERVING]) {
        deployment.add(&kustomize.build(&root().join(folder)));
    }
    Some(deployment)
}

#[test]
fn every_deployment_keeps_every_rule() {
    for overlays in DEPLOYMENTS {
        let Some(deployment) = deployment(overlays) else {
            return;
        };
        let findings = rules::findings(&deployment);
        assert!(
            findings.is_empty(),
            "{}:\n{}",
            deployment.name,
            rules::listed(&findings)
        );
    }
}

#[test]
fn every_folder_with_objects_belongs_to_a_deployment() {
    let known: BTreeSet<_> = DEPLOYMENTS.into_iter().flatten().copied().collect();
    for folder in ["knative/overlays", "triggers/overlays"] {
        for overlay in std::fs::read_dir(root().join(folder)).unwrap() {
            let name = overlay.unwrap().file_name().into_string().unwrap();
            let overlay = format!("{folder}/{name}");
            assert!(
                known.contains(overlay.as_str()),
                "{overlay} is in no deployment of this test"
            );
        }
    }
}

/// The ways in which uploads are announced, of which a cluster has one.
fn sources() -> Option<Deployment> {
    let kustomize = Kustomize::find()?;
    let mut deployment = Deployment::new("triggers/sources");
    for source in std::fs::read_dir(root().join("triggers/sources")).unwrap() {
        deployment.add(&kustomize.build(&source.unwrap().path()));
    }
    Some(deployment)
}

#[test]
fn sources_of_uploads_are_of_known_types_and_end_at_what_exists() {
    let (Some(sources), Some(deployment)) = (sources(), deployment(DEPLOYMENTS[0])) else {
        return;
    };
    for source in &sources.objects {
        let checked = types::strict(source).unwrap_or(Ok(()));
        assert_eq!(checked, Ok(()));
        let sink = &source["spec"]["sink"]["ref"];
        if let (Some(kind), Some(name)) = (sink["kind"].as_str(), sink["name"].as_str()) {
            assert!(
                deployment.object(kind, name).is_some(),
                "there is no {kind} {name}"
            );
        }
    }
    if let Some(validator) = schema::Validator::find() {
        assert_eq!(validator.check(&schema::core_objects(&sources)), Ok(()));
    }
}

#[test]
fn kubernetes_own_kinds_and_the_pods_of_services_fit_its_schemas() {
    let Some(validator) = schema::Validator::find() else {
        return;
    };
    for overlays in DEPLOYMENTS {
        let Some(deployment) = deployment(overlays) else {
            return;
        };
        if let Err(report) = validator.check(&schema::core_objects(&deployment)) {
            panic!("{}:\n{report}", deployment.name);
        }
    }
}

#[test]
fn a_misspelt_field_does_not_fit_the_schemas() {
    let (Some(validator), Some(deployment)) =
        (schema::Validator::find(), deployment(DEPLOYMENTS[3]))
    else {
        return;
    };
    for (kind, wrong) in [
        ("NetworkPolicy", "podSelectors"),
        ("Pod", "serviceAccountNames"),
    ] {
        let mut objects = schema::core_objects(&deployment);
        let object = objects
            .iter_mut()
            .find(|object| object["kind"] == kind)
            .unwrap();
        object["spec"][wrong] = "x".into();
        let report = validator.check(&objects).unwrap_err();
        assert!(report.contains(wrong), "{report}");
    }
}

/// The keys that terraform's output `settings` says, read from its source.
fn said_by_terraform() -> BTreeSet<String> {
    let outputs = std::fs::read_to_string(root().join("terraform/outputs.tf")).unwrap();
    let (_, block) = outputs.split_once("output \"settings\"").unwrap();
    let (_, block) = block.split_once("value = {").unwrap();
    let (block, _) = block.split_once("\n  }").unwrap();
    let lines = block.lines().filter_map(|line| line.split_once(" ="));
    lines.map(|(key, _)| key.trim().to_owned()).collect()
}

#[test]
fn the_settings_of_gke_are_those_that_terraform_says() {
    let settings = root().join("knative/overlays/gke/settings.env");
    let settings = std::fs::read_to_string(settings).unwrap();
    let lines = settings.lines().filter_map(|line| line.split_once('='));
    let paths = |value: &str| value.starts_with("/etc/");
    let keys: BTreeSet<String> = lines
        .filter(|(_, value)| !paths(value))
        .map(|(key, _)| key.to_owned())
        .collect();
    assert_eq!(keys, said_by_terraform());
}

#[test]
fn every_rule_refuses_what_breaks_it() {
    let Some(sound) = deployment(DEPLOYMENTS[2]) else {
        return;
    };
    let mut broken: BTreeSet<&str> = BTreeSet::new();
    let mut missed = String::new();
    for fixture in fixtures::all() {
        let findings = rules::findings(&fixture.applied_to(&sound));
        let found = findings
            .iter()
            .find(|finding| finding.rule == fixture.rule && finding.text.contains(&fixture.says));
        match found {
            Some(found) => {
                broken.insert(found.rule);
            }
            None => {
                let (file, rule, says) = (&fixture.file, &fixture.rule, &fixture.says);
                missed += &format!("{file}: {rule} does not say {says:?}, but:\n");
                missed += &rules::listed(&findings);
            }
        }
    }
    assert!(missed.is_empty(), "{missed}");
    let all: BTreeSet<&str> = rules::RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(all, broken, "every rule has a fixture that breaks it");
}
