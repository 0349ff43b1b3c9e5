//! What pods are made of.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::deployment::{Deployment, container, name, text};

const GPU: &str = "nvidia.com/gpu";

/// CPU and memory are asked for, and memory is never more than that: a pod that is over is its own
/// loss, not its neighbours'.
pub(super) fn resources(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for service in deployment.of_kind("Service") {
        let resources = &container(service)["resources"];
        let (asked, limit) = (
            &resources["requests"]["memory"],
            &resources["limits"]["memory"],
        );
        if asked.is_null() || asked != limit {
            findings.push(format!(
                "{}: memory asked for {asked}, limited to {limit}",
                name(service)
            ));
        }
        if resources["requests"]["cpu"].is_null() {
            findings.push(format!("{}: asks for no cpu", name(service)));
        }
        let gpus = &resources["limits"][GPU];
        let whole = gpus
            .as_str()
            .is_some_and(|gpus| gpus.parse::<u32>().is_ok());
        if !gpus.is_null() && !whole {
            findings.push(format!(
                "{}: {gpus} GPUs is not a whole number as text",
                name(service)
            ));
        }
    }
    findings
}

/// Images are named exactly: by digest, or by a tag that does not move.
pub(super) fn image(deployment: &Deployment) -> Vec<String> {
    let moves = |image: &str| {
        let last = image.rsplit('/').next().unwrap_or_default();
        let tag = last.split_once(':').map(|(_, tag)| tag);
        !image.contains("@sha256:") && tag.is_none_or(|tag| tag == "latest")
    };
    let services = deployment.of_kind("Service");
    services
        .filter(|service| moves(text(container(service), "/image")))
        .map(|service| {
            format!(
                "{}: image {} is not exact",
                name(service),
                container(service)["image"]
            )
        })
        .collect()
}

fn volumes(service: &Value) -> &[Value] {
    let volumes = &service["spec"]["template"]["spec"]["volumes"];
    volumes.as_array().map_or(&[], Vec::as_slice)
}

/// A folder that can be written lies in memory and has an end.
pub(super) fn bounded_folder(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for service in deployment.of_kind("Service") {
        for volume in volumes(service) {
            let folder = &volume["emptyDir"];
            if !folder.is_null() && (folder["medium"] != "Memory" || folder["sizeLimit"].is_null())
            {
                findings.push(format!(
                    "{}: {} is not bounded memory",
                    name(service),
                    volume["name"]
                ));
            }
        }
    }
    findings
}

/// Mounts and volumes belong together, and Secrets cannot be written.
pub(super) fn mounts(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for service in deployment.of_kind("Service") {
        let mounts = container(service)["volumeMounts"].as_array();
        let mounts = mounts.map_or(&[][..], Vec::as_slice);
        let mounted: BTreeSet<_> = mounts.iter().map(|mount| text(mount, "/name")).collect();
        let there: BTreeSet<_> = volumes(service)
            .iter()
            .map(|volume| text(volume, "/name"))
            .collect();
        for name_of_volume in mounted.symmetric_difference(&there) {
            findings.push(format!(
                "{}: {name_of_volume} is not both volume and mount",
                name(service)
            ));
        }
        for volume in volumes(service)
            .iter()
            .filter(|volume| !volume["secret"].is_null())
        {
            let mount = mounts.iter().find(|mount| mount["name"] == volume["name"]);
            if mount.is_some_and(|mount| mount["readOnly"] != true) {
                findings.push(format!(
                    "{}: {} can be written",
                    name(service),
                    volume["name"]
                ));
            }
        }
    }
    findings
}

/// A pod with a GPU chooses its nodes, bears their taint, and Serving lets it.
pub(super) fn gpu(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for service in deployment.of_kind("Service") {
        if container(service)["resources"]["limits"][GPU].is_null() {
            continue;
        }
        let spec = &service["spec"]["template"]["spec"];
        if spec["nodeSelector"]["cloud.google.com/gke-accelerator"].is_null() {
            findings.push(format!("{}: does not choose GPU nodes", name(service)));
        }
        let bears = |taint: &Value| taint["key"] == GPU;
        if !spec["tolerations"]
            .as_array()
            .is_some_and(|taints| taints.iter().any(bears))
        {
            findings.push(format!(
                "{}: does not bear the taint of GPU nodes",
                name(service)
            ));
        }
        for feature in ["nodeselector", "tolerations"] {
            let key = format!("kubernetes.podspec-{feature}");
            let enabled = deployment
                .of_kind("KnativeServing")
                .any(|serving| serving["spec"]["config"]["features"][&key] == "enabled");
            if !enabled {
                findings.push(format!("{}: Serving does not enable {key}", name(service)));
            }
        }
    }
    findings
}
