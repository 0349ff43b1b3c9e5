//! Who may reach what.

use serde_json::{Value, json};

use crate::{
    deployment::{Deployment, label, name},
    render::root,
};

/// Everything is denied before something is allowed.
pub(super) fn default_deny(deployment: &Deployment) -> Vec<String> {
    let deny = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
    let mut policies = deployment.of_kind("NetworkPolicy");
    if policies.any(|policy| policy["spec"] == deny) {
        return Vec::new();
    }
    vec!["no NetworkPolicy denies all ingress and egress of all pods".to_owned()]
}

/// Functions that come with later steps and are named already.
const TO_COME: [&str; 2] = ["transcribe", "analyze"];

/// Policies name functions that exist, and only encrypt-package, portal and catalog-write reach the
/// database.
pub(super) fn known_peers(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for policy in deployment.of_kind("NetworkPolicy") {
        for function in functions(policy) {
            let known = root().join("functions").join(function).is_dir();
            if !known && !TO_COME.contains(&function) {
                findings.push(format!(
                    "{}: there is no function {function}",
                    label(policy)
                ));
            }
            let trusted = matches!(function, "catalog-write" | "encrypt-package" | "portal");
            if name(policy) == "allow-database" && !trusted {
                findings.push(format!("{function} may reach the database"));
            }
        }
    }
    findings
}

fn functions(policy: &Value) -> impl Iterator<Item = &str> {
    let expressions = policy["spec"]["podSelector"]["matchExpressions"].as_array();
    let expressions = expressions.into_iter().flatten();
    let of_service = |expression: &&Value| expression["key"] == "serving.knative.dev/service";
    expressions
        .filter(of_service)
        .flat_map(|expression| expression["values"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
}
