//! `serving.knative.dev/v1` Services, as far as Reeldrop writes them.
//!
//! What has no meaning on one machine (images, limits, security contexts) is still typed, so that a
//! misspelt field is found here and not in the cluster.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{
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
    /// Exactly one.
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

/// The container of a Service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Container {
    /// Cluster only: on one machine the program has the Service's name.
    pub image: String,
    /// Cluster only.
    pub name: Option<String>,
    /// Environment variables one by one.
    #[serde(default)]
    pub env: Vec<EnvVar>,
    /// Environment variables by the set.
    #[serde(default)]
    pub env_from: Vec<EnvFrom>,
    /// Cluster only.
    pub resources: Option<Resources>,
    /// Cluster only: every function answers `/readyz`.
    pub readiness_probe: Option<Probe>,
    /// Cluster only: a process that ends is started again.
    pub liveness_probe: Option<Probe>,
    /// Cluster only.
    pub startup_probe: Option<Probe>,
    /// Cluster only.
    pub security_context: Option<SecurityContext>,
    /// Cluster only.
    #[serde(default)]
    pub volume_mounts: Vec<VolumeMount>,
}

/// One environment variable: a literal value, or a key of a Secret or ConfigMap.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EnvVar {
    /// Name of the variable.
    pub name: String,
    /// Its value as written.
    pub value: Option<String>,
    /// Where its value stands.
    pub value_from: Option<ValueFrom>,
}

/// Where a variable's value stands: exactly one of the two.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ValueFrom {
    /// In a Secret.
    pub secret_key_ref: Option<KeyRef>,
    /// In a ConfigMap.
    pub config_map_key_ref: Option<KeyRef>,
}

/// A key of a Secret or ConfigMap.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRef {
    /// Name of the object.
    pub name: String,
    /// Key in it.
    pub key: String,
    /// Whether it may be missing.
    #[serde(default)]
    pub optional: bool,
}

/// All keys of a Secret or ConfigMap as variables.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EnvFrom {
    /// Put before each name.
    #[serde(default)]
    pub prefix: String,
    /// Of a Secret.
    pub secret_ref: Option<NameRef>,
    /// Of a ConfigMap.
    pub config_map_ref: Option<NameRef>,
}

/// The name of a Secret or ConfigMap.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameRef {
    /// Name of the object.
    pub name: String,
    /// Whether it may be missing.
    #[serde(default)]
    pub optional: bool,
}

/// Requests and limits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// What the scheduler sets aside.
    #[serde(default)]
    pub requests: BTreeMap<String, yaml_serde::Value>,
    /// What it may use.
    #[serde(default)]
    pub limits: BTreeMap<String, yaml_serde::Value>,
}

/// A health probe by HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Probe {
    /// What to ask.
    pub http_get: HttpGet,
    /// Seconds between two probes.
    pub period_seconds: Option<u32>,
    /// Seconds before the first.
    pub initial_delay_seconds: Option<u32>,
    /// Seconds one may take.
    pub timeout_seconds: Option<u32>,
    /// How many must fail.
    pub failure_threshold: Option<u32>,
}

/// The request of a health probe.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpGet {
    /// Path to ask for.
    pub path: String,
}

/// What the container may do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SecurityContext {
    /// Whether it may gain rights.
    pub allow_privilege_escalation: Option<bool>,
    /// Whether its image is read-only.
    pub read_only_root_filesystem: Option<bool>,
    /// Whether it must not be root.
    pub run_as_non_root: Option<bool>,
    /// The user that it runs as.
    pub run_as_user: Option<u32>,
    /// Linux capabilities.
    pub capabilities: Option<Capabilities>,
    /// System calls.
    pub seccomp_profile: Option<SeccompProfile>,
}

/// Linux capabilities taken away.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Which to take away.
    pub drop: Vec<String>,
}

/// The system calls that are let through.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeccompProfile {
    /// `RuntimeDefault`.
    pub r#type: String,
}

/// A volume's place in the container.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct VolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Path in the container.
    pub mount_path: String,
    /// Whether it cannot be written.
    #[serde(default)]
    pub read_only: bool,
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

    /// What the files cannot say by their types alone: one container, and values that parse.
    pub(crate) fn check(&self) -> Result<(), String> {
        let annotation = |name: &str| self.annotation(name);
        if self.spec.template.spec.containers.len() != 1 {
            return Err("spec.template.spec.containers: must be exactly one".to_owned());
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
