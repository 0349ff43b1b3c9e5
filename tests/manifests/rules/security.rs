//! What pods may do, and who they are.

use serde_json::{Value, json};

use crate::deployment::{Deployment, label, name, text};

/// What the restricted Pod Security standard asks of a container, and a root file system that cannot
/// be written.
pub(super) fn no_root(deployment: &Deployment) -> Vec<String> {
    let wanted = [
        ("runAsNonRoot", json!(true)),
        ("allowPrivilegeEscalation", json!(false)),
        ("readOnlyRootFilesystem", json!(true)),
        ("capabilities", json!({"drop": ["ALL"]})),
        ("seccompProfile", json!({"type": "RuntimeDefault"})),
    ];
    let mut findings = Vec::new();
    for (at, container) in deployment.containers() {
        let context = &container["securityContext"];
        for (field, value) in &wanted {
            if context[field] != *value {
                findings.push(format!("{at}: securityContext.{field} is not {value}"));
            }
        }
        if context["runAsUser"].as_u64().is_none_or(|user| user == 0) {
            findings.push(format!(
                "{at}: securityContext.runAsUser is root or not stated"
            ));
        }
    }
    findings
}

/// Secrets are files, or there are none: an environment is inherited, printed and dumped.
pub(super) fn no_secret_in_environment(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for (at, container) in deployment.containers() {
        let secret = |variable: &&Value| !variable["valueFrom"]["secretKeyRef"].is_null();
        let variables = container["env"].as_array().into_iter().flatten();
        for variable in variables.filter(secret) {
            findings.push(format!(
                "{at}: {} is a secret in the environment",
                variable["name"]
            ));
        }
        let set = |set: &Value| !set["secretRef"].is_null();
        if container["envFrom"]
            .as_array()
            .is_some_and(|sets| sets.iter().any(set))
        {
            findings.push(format!("{at}: a whole Secret is in the environment"));
        }
    }
    findings
}

/// Every function, and what is beside them, has an identity of its own, which cannot speak to
/// Kubernetes.
pub(super) fn identity(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for (owner, spec) in deployment.pods() {
        let account = text(spec, "/serviceAccountName");
        if account != name(owner) {
            findings.push(format!("{}: runs as {account:?}", name(owner)));
        }
        match deployment.object("ServiceAccount", account) {
            Some(account) if account["automountServiceAccountToken"] == false => {}
            Some(account) => findings.push(format!("{}: its token is mounted", label(account))),
            None => findings.push(format!(
                "{}: there is no ServiceAccount {account:?}",
                name(owner)
            )),
        }
    }
    findings
}

/// The namespace that everything is in enforces the restricted standard, and so does queue-proxy.
pub(super) fn pod_security(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for object in &deployment.objects {
        if matches!(text(object, "/kind"), "Namespace" | "KnativeServing") {
            continue;
        }
        if text(object, "/metadata/namespace") != "reeldrop" {
            findings.push(format!(
                "{}: is not in the namespace reeldrop",
                label(object)
            ));
        }
    }
    let enforces = deployment
        .object("Namespace", "reeldrop")
        .is_some_and(|namespace| {
            text(
                namespace,
                "/metadata/labels/pod-security.kubernetes.io~1enforce",
            ) == "restricted"
        });
    if !enforces {
        findings.push("the namespace does not enforce restricted".to_owned());
    }
    if !deployment.serving_says("features", "secure-pod-defaults", "enabled") {
        findings.push("Serving does not enable secure-pod-defaults".to_owned());
    }
    findings
}
