//! The rules, and what they find.

mod events;
mod network;
mod pods;
mod security;
mod services;

use crate::deployment::Deployment;

/// One rule.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    check: fn(&Deployment) -> Vec<String>,
}

/// What breaks a rule.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    pub(crate) text: String,
}

const fn rule(name: &'static str, check: fn(&Deployment) -> Vec<String>) -> Rule {
    Rule { name, check }
}

/// All rules.
pub(crate) const RULES: &[Rule] = &[
    rule("runner-types", events::runner_types),
    rule("cluster-types", services::cluster_types),
    rule("event-types", events::event_types),
    rule("delivery", events::delivery),
    rule("broker-class", events::broker_class),
    rule("sender-does-not-wait", events::sender_does_not_wait),
    rule("crate", services::crate_of_service),
    rule("timeouts", services::timeouts),
    rule("grace", services::grace),
    rule("scale", services::scale),
    rule("probes", services::probes),
    rule("settings", services::settings),
    rule("resources", pods::resources),
    rule("image", pods::image),
    rule("bounded-folder", pods::bounded_folder),
    rule("mounts", pods::mounts),
    rule("driver", pods::driver),
    rule("gpu", pods::gpu),
    rule("no-root", security::no_root),
    rule(
        "no-secret-in-environment",
        security::no_secret_in_environment,
    ),
    rule("identity", security::identity),
    rule("pod-security", security::pod_security),
    rule("default-deny", network::default_deny),
    rule("known-peers", network::known_peers),
    rule("reachable", network::reachable),
];

/// Everything that breaks a rule.
pub(crate) fn findings(deployment: &Deployment) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let of_rule = (rule.check)(deployment).into_iter();
        findings.extend(of_rule.map(|text| Finding {
            rule: rule.name,
            text,
        }));
    }
    findings
}

/// Findings, one a line.
pub(crate) fn listed(findings: &[Finding]) -> String {
    let line = |finding: &Finding| format!("  {}: {}\n", finding.rule, finding.text);
    findings.iter().map(line).collect()
}
