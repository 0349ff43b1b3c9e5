//! Where a revision's pods run, and what is mounted in them: for clusters only, but typed.

use serde::Deserialize;

/// A volume of a revision: exactly one of a Secret's files and an empty folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Volume {
    /// What the container's mounts call it.
    pub name: String,
    /// The files of a Secret.
    pub secret: Option<SecretVolume>,
    /// A folder that goes with the pod.
    pub empty_dir: Option<EmptyDir>,
}

/// A Secret as files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SecretVolume {
    /// Name of the Secret.
    pub secret_name: String,
    /// Whether it may be missing.
    #[serde(default)]
    pub optional: bool,
}

/// An empty folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EmptyDir {
    /// `Memory`, or the node's disk.
    pub medium: Option<String>,
    /// How much it may hold, such as `64Mi`.
    pub size_limit: Option<String>,
}

/// A taint of nodes that the pods bear.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toleration {
    /// Key of the taint.
    pub key: String,
    /// `Exists` or `Equal`.
    pub operator: String,
    /// Value of the taint, where it must be equal.
    pub value: Option<String>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: Option<String>,
}
