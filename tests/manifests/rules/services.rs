//! Knative Services as Serving runs them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    deployment::{Deployment, annotation, container, label, name, scale as number, text},
    render::root,
    types,
};

/// Kinds that the runner's types or Kubernetes' schemas check.
const CHECKED_ELSEWHERE: [&str; 10] = [
    "Service",
    "Deployment",
    "Broker",
    "Trigger",
    "PingSource",
    "SinkBinding",
    "ServiceAccount",
    "Namespace",
    "ConfigMap",
    "NetworkPolicy",
];

/// Every object is of a kind that something checks strictly.
pub(super) fn cluster_types(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for object in &deployment.objects {
        match types::strict(object) {
            Some(Err(error)) => findings.push(error),
            None if !CHECKED_ELSEWHERE.contains(&text(object, "/kind")) => {
                findings.push(format!(
                    "{}: nothing checks objects of its kind",
                    label(object)
                ));
            }
            Some(Ok(())) | None => {}
        }
    }
    findings
}

/// Every Service is a crate of the same name.
pub(super) fn crate_of_service(deployment: &Deployment) -> Vec<String> {
    let has_crate = |service: &&Value| {
        let manifest = root()
            .join("functions")
            .join(name(service))
            .join("Cargo.toml");
        manifest.is_file()
    };
    let services = deployment.functions();
    services
        .filter(|service| !has_crate(service))
        .map(|service| format!("there is no functions/{}", name(service)))
        .collect()
}

/// A Service's limit is within Serving's, and no Trigger gives up on a request that goes on: what
/// outlives its delivery is done twice.
pub(super) fn timeouts(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    let most = deployment
        .of_kind("KnativeServing")
        .find_map(|serving| {
            text(
                serving,
                "/spec/config/defaults/max-revision-timeout-seconds",
            )
            .parse::<u64>()
            .ok()
        })
        .unwrap_or(600);
    let mut limits = BTreeMap::new();
    for service in deployment.functions() {
        let seconds = service["spec"]["template"]["spec"]["timeoutSeconds"].as_u64();
        match seconds {
            Some(seconds) if seconds <= most => {
                limits.insert(name(service), seconds);
            }
            Some(seconds) => findings.push(format!(
                "{}: timeoutSeconds {seconds} is over Serving's {most}",
                name(service)
            )),
            None => findings.push(format!("{}: timeoutSeconds is not stated", name(service))),
        }
    }
    for trigger in deployment
        .topology()
        .into_iter()
        .flat_map(|topology| topology.triggers)
    {
        let waits = trigger.delivery.timeout.map(|timeout| timeout.0.as_secs());
        let limit = limits.get(trigger.subscriber.as_str());
        if let (Some(waits), Some(limit)) = (waits, limit)
            && waits < *limit
        {
            findings.push(format!(
                "{}: the delivery ends after {waits} s, the request after {limit} s",
                trigger.name
            ));
        }
    }
    findings
}

/// A process that is told to stop ends its requests before it is killed: by Serving, or by the node.
pub(super) fn grace(deployment: &Deployment) -> Vec<String> {
    let services = deployment.functions().map(|one| (one, "timeoutSeconds"));
    let sources = deployment.of_kind("ContainerSource");
    let sources = sources.map(|one| (one, "terminationGracePeriodSeconds"));
    let mut findings = Vec::new();
    for (owner, ends) in services.chain(sources) {
        let variables = container(owner)["env"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let grace = variables
            .iter()
            .find(|variable| variable["name"] == "REELDROP_GRACE_SECONDS")
            .and_then(|variable| variable["value"].as_str()?.parse::<u64>().ok());
        let limit = owner["spec"]["template"]["spec"][ends].as_u64();
        if grace.zip(limit).is_none_or(|(grace, limit)| grace >= limit) {
            findings.push(format!(
                "{}: REELDROP_GRACE_SECONDS {grace:?} is not below {ends}",
                label(owner)
            ));
        }
    }
    findings
}

/// How a Service scales is said, and can be.
pub(super) fn scale(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for service in deployment.functions() {
        let [least, most, target] =
            ["min-scale", "max-scale", "target"].map(|name| number(service, name));
        let (Some(least), Some(most), Some(target), Some(_)) = (
            least,
            most,
            target,
            annotation(service, "autoscaling.knative.dev/scale-down-delay"),
        ) else {
            findings.push(format!(
                "{}: states not all of min-scale, max-scale, target, scale-down-delay",
                name(service)
            ));
            continue;
        };
        let at_start = number(service, "activation-scale").unwrap_or(1);
        if most == 0 || least > most || at_start > most {
            findings.push(format!(
                "{}: scale {least} to {most}, {at_start} at start",
                name(service)
            ));
        }
        let concurrency = &service["spec"]["template"]["spec"]["containerConcurrency"];
        let concurrency = concurrency.as_u64().unwrap_or(0);
        if target == 0 || (concurrency > 0 && u64::from(target) > concurrency) {
            findings.push(format!(
                "{}: target {target} is over containerConcurrency {concurrency}",
                name(service)
            ));
        }
    }
    findings
}

/// Every function is asked whether it is ready and alive, whoever starts it.
pub(super) fn probes(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    let sources = deployment.of_kind("ContainerSource");
    for owner in deployment.functions().chain(sources) {
        for (probe, path) in [("readinessProbe", "/readyz"), ("livenessProbe", "/healthz")] {
            if text(container(owner), &format!("/{probe}/httpGet/path")) != path {
                findings.push(format!("{}: {probe} does not ask for {path}", label(owner)));
            }
        }
    }
    findings
}

/// Every key that a container needs stands in the ConfigMap that it names.
pub(super) fn settings(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for (at, container) in deployment.containers() {
        for variable in container["env"].as_array().into_iter().flatten() {
            let reference = &variable["valueFrom"]["configMapKeyRef"];
            let (map, key) = (text(reference, "/name"), text(reference, "/key"));
            if reference.is_null() || reference["optional"] == true {
                continue;
            }
            let held = deployment.object("ConfigMap", map);
            if held.is_none_or(|held| held["data"][key].as_str().is_none_or(str::is_empty)) {
                findings.push(format!("{at}: ConfigMap {map} has no {key}"));
            }
        }
    }
    findings
}
