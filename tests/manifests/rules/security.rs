//! What pods may do, and who they are.

use serde_json::{Value, json};

use crate::deployment::{Deployment, container, label, name, text};

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
    for service in deployment.of_kind("Service") {
        let context = &container(service)["securityContext"];
        for (field, value) in &wanted {
            if context[field] != *value {
                findings.push(format!(
                    "{}: securityContext.{field} is not {value}",
                    name(service)
                ));
            }
        }
        if context["runAsUser"].as_u64().is_none_or(|user| user == 0) {
            findings.push(format!(
                "{}: securityContext.runAsUser is root or not stated",
                name(service)
            ));
        }
    }
    findings
}

/// Secrets are files, or there are none: an environment is inherited, printed and dumped.
pub(super) fn no_secret_in_environment(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for service in deployment.of_kind("Service") {
        let container = container(service);
        let secret = |variable: &&Value| !variable["valueFrom"]["secretKeyRef"].is_null();
        for variable in container["env"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(secret)
        {
            findings.push(format!(
                "{}: {} is a secret in the environment",
                name(service),
                variable["name"]
            ));
        }
        let set = |set: &Value| !set["secretRef"].is_null();
        if container["envFrom"]
            .as_array()
            .is_some_and(|sets| sets.iter().any(set))
        {
            findings.push(format!(
                "{}: a whole Secret is in the environment",
                name(service)
            ));
        }
    }
    findings
}

/// Every function has an identity of its own, which cannot speak to Kubernetes.
pub(super) fn identity(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for service in deployment.of_kind("Service") {
        let account = text(service, "/spec/template/spec/serviceAccountName");
        if account != name(service) {
            findings.push(format!("{}: runs as {account:?}", name(service)));
        }
        match deployment.object("ServiceAccount", account) {
            Some(account) if account["automountServiceAccountToken"] == false => {}
            Some(account) => findings.push(format!("{}: its token is mounted", label(account))),
            None => findings.push(format!(
                "{}: there is no ServiceAccount {account:?}",
                name(service)
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
    let mut serving = deployment.of_kind("KnativeServing");
    if !serving
        .any(|serving| serving["spec"]["config"]["features"]["secure-pod-defaults"] == "enabled")
    {
        findings.push("Serving does not enable secure-pod-defaults".to_owned());
    }
    findings
}
