//! Who may reach what.

use serde_json::{Value, json};

use crate::{
    deployment::{Deployment, label, name, text},
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

/// PostgreSQL's port, and that of the Auth Proxy's server side.
const DATABASE: [u64; 2] = [5432, 3307];

/// Who may reach the database.
const TRUSTED: [&str; 3] = ["catalog-write", "encrypt-package", "portal"];

/// Policies name functions that exist, and only encrypt-package, portal and catalog-write reach the
/// database.
pub(super) fn known_peers(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for policy in deployment.of_kind("NetworkPolicy") {
        for function in functions(policy) {
            let known = root().join("functions").join(function).is_dir();
            if !known {
                findings.push(format!(
                    "{}: there is no function {function}",
                    label(policy)
                ));
            }
        }
        if opens(policy, &DATABASE) && !is_for_trusted(policy) {
            findings.push(format!(
                "{}: others than {TRUSTED:?} may reach the database",
                label(policy)
            ));
        }
    }
    findings
}

/// Whether a policy that names its functions lets them out to one of these ports.
fn opens(policy: &Value, ports: &[u64]) -> bool {
    let egress = policy["spec"]["egress"].as_array().into_iter().flatten();
    let mut opened = egress.flat_map(|rule| rule["ports"].as_array().into_iter().flatten());
    opened.any(|port| {
        port["port"]
            .as_u64()
            .is_some_and(|port| ports.contains(&port))
    })
}

/// Whether a policy is for functions that may reach the database, and for no others.
fn is_for_trusted(policy: &Value) -> bool {
    let expressions = policy["spec"]["podSelector"]["matchExpressions"].as_array();
    let mut expressions = expressions.into_iter().flatten();
    expressions.any(|expression| expression["operator"] == "In")
        && functions(policy).all(|function| TRUSTED.contains(&function))
}

/// What the world reaches: each name leads to a function that is there, the addresses in the settings
/// have names, and Serving takes names as they come.
pub(super) fn reachable(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for mapping in deployment.of_kind("DomainMapping") {
        let to = text(mapping, "/spec/ref/name");
        if !deployment.functions().any(|function| name(function) == to) {
            findings.push(format!("{}: there is no function {to}", label(mapping)));
        }
        let claims = "autocreate-cluster-domain-claims";
        if !deployment.serving_says("network", claims, "true") {
            findings.push(format!("{}: Serving does not set {claims}", label(mapping)));
        }
    }
    for (setting, function) in [("portal-url", "portal"), ("push-audience", "bucket-source")] {
        let settings = deployment.object("ConfigMap", "reeldrop");
        let url = settings.and_then(|settings| settings["data"][setting].as_str());
        let Some(host) = url.and_then(|url| url.strip_prefix("https://")) else {
            continue;
        };
        let mapping = deployment.object("DomainMapping", host.trim_end_matches('/'));
        if mapping.is_none_or(|mapping| text(mapping, "/spec/ref/name") != function) {
            findings.push(format!("{setting}: {host} does not lead to {function}"));
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
