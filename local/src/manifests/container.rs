//! A Service's containers: for one machine the environment, requests and nothing else, but typed.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A container of a Service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Container {
    /// Cluster only: on one machine the program has the Service's name.
    pub image: String,
    /// Cluster only.
    pub name: Option<String>,
    /// Cluster only: functions take none.
    #[serde(default)]
    pub args: Vec<String>,
    /// Cluster only, but where there are several containers, requests go to the one that has a port.
    #[serde(default)]
    pub ports: Vec<ContainerPort>,
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

/// Where a container takes requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ContainerPort {
    /// The port's number.
    pub container_port: u16,
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
