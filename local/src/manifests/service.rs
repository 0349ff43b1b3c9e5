//! `serving.knative.dev/v1` Services, as far as Reeldrop writes them.
//!
//! What has no meaning on one machine (images, limits, security contexts) is still typed, so that a
//! misspelt field is found here and not in the cluster.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{
    container::Container,
    duration::parse_go_duration,
    metadata::Metadata,
    placement::{Toleration, Volume},
};

/// Serving's default for `timeoutSeconds`.
const DEFAULT_TIMEOUT_SECONDS: u64 = 300;

/// A Knative Service: on one machine a program with the Service's name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Service {
    #[expect(dead_code, reason = "checked before the object is read as a Service")]
    api_version: String,
    #[expect(dead_code, reason = "checked before the object is read as a Service")]
    kind: String,
    /// Name, labels, annotations.
    pub metadata: Metadata,
    /// What to run.
    pub spec: ServiceSpec,
}

/// `spec` of a Service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSpec {
    /// The revision to run.
    pub template: Template,
}

/// `spec.template` of a Service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The autoscaling annotations.
    #[serde(default)]
    pub metadata: Metadata,
    /// The revision.
    pub spec: RevisionSpec,
}

/// `spec.template.spec` of a Service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RevisionSpec {
    /// How many requests one process takes at a time; 0 is no limit.
    #[serde(default)]
    pub container_concurrency: u32,
    /// How long a request may take, and a process to stop.
    pub timeout_seconds: Option<u64>,
    /// Cluster only.
    pub service_account_name: Option<String>,
    /// The function, and on a cluster others beside it, such as a proxy.
    pub containers: Vec<Container>,
    /// Cluster only: on one machine the files that they hold lie in the data folder.
    #[serde(default)]
    pub volumes: Vec<Volume>,
    /// Cluster only.
    #[serde(default)]
    pub node_selector: BTreeMap<String, String>,
    /// Cluster only.
    #[serde(default)]
    pub tolerations: Vec<Toleration>,
}

impl Service {
    /// Name of the Service, and of the program that it runs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// How long a request may take, and a process to stop.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(
            self.spec
                .template
                .spec
                .timeout_seconds
                .unwrap_or(DEFAULT_TIMEOUT_SECONDS),
        )
    }

    /// The niceness that the process runs at on one machine.
    #[must_use]
    pub fn nice(&self) -> Option<i32> {
        self.annotation("reeldrop.io/nice")
            .and_then(|nice| nice.parse().ok())
    }

    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.spec
            .template
            .metadata
            .annotations
            .get(name)
            .map(String::as_str)
    }

    /// The container that requests go to, and the only one that runs on one machine: of several,
    /// the one that has a port.
    #[must_use]
    pub fn container(&self) -> Option<&Container> {
        match self.spec.template.spec.containers.as_slice() {
            [only] => Some(only),
            several => {
                let mut serving = several.iter().filter(|one| !one.ports.is_empty());
                serving.next().filter(|_| serving.next().is_none())
            }
        }
    }

    /// What the files cannot say by their types alone: which container it is, and values that parse.
    pub(crate) fn check(&self) -> Result<(), String> {
        let annotation = |name: &str| self.annotation(name);
        if self.container().is_none() {
            return Err(
                "spec.template.spec.containers: must be one, or one of them with ports".to_owned(),
            );
        }
        for name in ["scale-down-delay", "window"] {
            let name = format!("autoscaling.knative.dev/{name}");
            if annotation(&name).is_some_and(|text| parse_go_duration(text).is_none()) {
                return Err(format!("annotation {name}: is not a duration such as 30s"));
            }
        }
        if self.cpu_request().is_none() {
            return Err(
                "resources.requests.cpu: is not a number of cores such as 500m or 2".to_owned(),
            );
        }
        if self.memory_request().is_none() {
            return Err(
                "resources.requests.memory: is not a quantity such as 512Mi or 1Gi".to_owned(),
            );
        }
        if annotation("reeldrop.io/nice").is_some() && self.nice().is_none() {
            return Err("annotation reeldrop.io/nice: is not a number".to_owned());
        }
        Ok(())
    }
}
