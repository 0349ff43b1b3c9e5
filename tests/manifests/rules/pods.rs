//! What pods are made of.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::deployment::{Deployment, name, text};

const GPU: &str = "nvidia.com/gpu";

/// What a function computes with, where it can do without a card, and the values that use one.
const CHOICES: [(&str, [&str; 2]); 2] = [
    ("REELDROP_EXECUTION", ["cuda", "tensorrt"]),
    ("REELDROP_ENCODER", ["auto", "nvenc"]),
];

/// CPU and memory are asked for, and memory is never more than that: a pod that is over is its own
/// loss, not its neighbours'.
pub(super) fn resources(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for (at, container) in deployment.containers() {
        let resources = &container["resources"];
        let (asked, limit) = (
            &resources["requests"]["memory"],
            &resources["limits"]["memory"],
        );
        if asked.is_null() || asked != limit {
            findings.push(format!(
                "{at}: memory asked for {asked}, limited to {limit}"
            ));
        }
        if resources["requests"]["cpu"].is_null() {
            findings.push(format!("{at}: asks for no cpu"));
        }
        let gpus = &resources["limits"][GPU];
        let whole = gpus
            .as_str()
            .is_some_and(|gpus| gpus.parse::<u32>().is_ok());
        if !gpus.is_null() && !whole {
            findings.push(format!("{at}: {gpus} GPUs is not a whole number as text"));
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
    let containers = deployment.containers();
    containers
        .filter(|(_, container)| moves(text(container, "/image")))
        .map(|(at, container)| format!("{at}: image {} is not exact", container["image"]))
        .collect()
}

fn list<'a>(spec: &'a Value, field: &str) -> &'a [Value] {
    spec[field].as_array().map_or(&[], Vec::as_slice)
}

/// A folder that can be written lies in memory and has an end.
pub(super) fn bounded_folder(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for (owner, spec) in deployment.pods() {
        for volume in list(spec, "volumes") {
            let folder = &volume["emptyDir"];
            if !folder.is_null() && (folder["medium"] != "Memory" || folder["sizeLimit"].is_null())
            {
                findings.push(format!(
                    "{}: {} is not bounded memory",
                    name(owner),
                    volume["name"]
                ));
            }
        }
    }
    findings
}

/// Mounts and volumes belong together, and Secrets cannot be written, whoever brings them.
pub(super) fn mounts(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for (owner, spec) in deployment.pods() {
        let containers = list(spec, "containers").iter();
        let mounts: Vec<&Value> = containers
            .flat_map(|container| list(container, "volumeMounts"))
            .collect();
        let volumes = list(spec, "volumes");
        let mounted: BTreeSet<_> = mounts.iter().map(|mount| text(mount, "/name")).collect();
        let there: BTreeSet<_> = volumes.iter().map(|volume| text(volume, "/name")).collect();
        for name_of_volume in mounted.symmetric_difference(&there) {
            findings.push(format!(
                "{}: {name_of_volume} is not both volume and mount",
                name(owner)
            ));
        }
        for volume in volumes {
            let is_secret = !volume["secret"].is_null() || !volume["csi"].is_null();
            let mut of_volume = mounts
                .iter()
                .filter(|mount| mount["name"] == volume["name"]);
            if is_secret && of_volume.any(|mount| mount["readOnly"] != true) {
                findings.push(format!(
                    "{}: {} can be written",
                    name(owner),
                    volume["name"]
                ));
            }
        }
    }
    findings
}

/// A driver's files are known to the cluster, cannot be written, and Serving lets functions have them.
pub(super) fn driver(deployment: &Deployment) -> Vec<String> {
    const FEATURE: &str = "kubernetes.podspec-volumes-csi";
    let mut findings = Vec::new();
    for (owner, spec) in deployment.pods() {
        for volume in list(spec, "volumes") {
            let csi = &volume["csi"];
            if csi.is_null() {
                continue;
            }
            let at = format!("{}: {}", name(owner), volume["name"]);
            let class = text(csi, "/volumeAttributes/secretProviderClass");
            if deployment.object("SecretProviderClass", class).is_none() {
                findings.push(format!("{at}: there is no SecretProviderClass {class:?}"));
            }
            if csi["readOnly"] != true {
                findings.push(format!("{at}: the volume is not readOnly"));
            }
            if !deployment.serving_says("features", FEATURE, "enabled") {
                findings.push(format!("{at}: Serving does not enable {FEATURE}"));
            }
        }
    }
    findings
}

/// A pod with a GPU chooses its nodes, bears their taint, and Serving lets it.
pub(super) fn gpu(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for (owner, spec) in deployment.pods() {
        let has_gpu = |container: &Value| !container["resources"]["limits"][GPU].is_null();
        if !list(spec, "containers").iter().any(has_gpu) {
            continue;
        }
        let at = name(owner);
        if spec["nodeSelector"]["cloud.google.com/gke-accelerator"].is_null() {
            findings.push(format!("{at}: does not choose GPU nodes"));
        }
        let bears = |taint: &Value| taint["key"] == GPU;
        if !list(spec, "tolerations").iter().any(bears) {
            findings.push(format!("{at}: does not bear the taint of GPU nodes"));
        }
        for container in list(spec, "containers") {
            for variable in list(container, "env") {
                let Some((_, with_card)) =
                    CHOICES.iter().find(|(name, _)| variable["name"] == *name)
                else {
                    continue;
                };
                let reference = &variable["valueFrom"]["configMapKeyRef"];
                let map = deployment.object("ConfigMap", text(reference, "/name"));
                let chosen = map.and_then(|map| map["data"][text(reference, "/key")].as_str());
                if !chosen.is_some_and(|chosen| with_card.contains(&chosen)) {
                    findings.push(format!("{at}: has a GPU and computes without it"));
                }
            }
        }
        for feature in ["nodeselector", "tolerations"] {
            let key = format!("kubernetes.podspec-{feature}");
            if !deployment.serving_says("features", &key, "enabled") {
                findings.push(format!("{at}: Serving does not enable {key}"));
            }
        }
    }
    findings
}
