//! What all Kubernetes objects share.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `metadata` of an object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// Name; empty only where Kubernetes makes one (revision templates).
    #[serde(default)]
    pub name: String,
    /// Namespace; the overlays set it, one machine has only one.
    pub namespace: Option<String>,
    /// Labels, which SinkBindings select by.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Annotations, which say how to scale.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// Where events go: a reference to an object.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The object.
    pub r#ref: Reference,
}

/// A reference to an object in the same namespace.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Reference {
    /// Group and version, such as `serving.knative.dev/v1`.
    pub api_version: String,
    /// Kind, such as `Service`.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Namespace; one machine has only one.
    pub namespace: Option<String>,
}

/// A ServiceAccount: cluster only, typed so that a misspelt field is found here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "read for its types only")]
pub(crate) struct ServiceAccount {
    api_version: String,
    kind: String,
    metadata: Metadata,
    automount_service_account_token: Option<bool>,
}

/// `apiVersion` of Kubernetes' own first objects.
pub(crate) const CORE: &str = "v1";
/// `apiVersion` of Knative Services.
pub(crate) const SERVING: &str = "serving.knative.dev/v1";
/// `apiVersion` of Brokers and Triggers.
pub(crate) const EVENTING: &str = "eventing.knative.dev/v1";
/// `apiVersion` of PingSources and SinkBindings.
pub(crate) const SOURCES: &str = "sources.knative.dev/v1";

impl Reference {
    /// Whether a Knative Service is meant.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.api_version == SERVING && self.kind == "Service"
    }

    /// Whether a Broker is meant.
    #[must_use]
    pub fn is_broker(&self) -> bool {
        self.api_version == EVENTING && self.kind == "Broker"
    }
}
