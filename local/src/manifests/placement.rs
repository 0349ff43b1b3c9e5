//! Where a revision's pods run, and what is mounted in them: for clusters only, but typed.

use serde::Deserialize;

/// A volume of a revision: exactly one of a Secret's files, a driver's files and an empty folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Volume {
    /// What the container's mounts call it.
    pub name: String,
    /// The files of a Secret.
    pub secret: Option<SecretVolume>,
    /// What a storage driver brings.
    pub csi: Option<CsiVolume>,
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

/// Files that a driver of the Container Storage Interface brings, such as those of a secret manager.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CsiVolume {
    /// Name of the driver.
    pub driver: String,
    /// Whether they cannot be written.
    #[serde(default)]
    pub read_only: bool,
    /// What the driver is told.
    pub volume_attributes: CsiAttributes,
}

/// What the driver of secrets is told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CsiAttributes {
    /// Name of the SecretProviderClass.
    pub secret_provider_class: String,
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
