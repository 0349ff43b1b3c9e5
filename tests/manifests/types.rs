//! Strict types of the kinds that neither the one-machine runner nor Kubernetes' schemas know.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::deployment::label;

/// What does not fit the type of the object's kind; `None` where the kind has none here.
pub(crate) fn strict(object: &Value) -> Option<Result<(), String>> {
    let version = object["apiVersion"].as_str()?;
    let checked = match (version, object["kind"].as_str()?) {
        ("operator.knative.dev/v1beta1", "KnativeServing") => read::<Object<Serving>>(object),
        ("eventing.knative.dev/v1alpha1", "RabbitmqBrokerConfig") => {
            read::<Object<RabbitmqBrokerConfig>>(object)
        }
        ("serving.knative.dev/v1beta1", "DomainMapping") => read::<Object<DomainMapping>>(object),
        ("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass") => {
            read::<Object<SecretProviderClass>>(object)
        }
        ("monitoring.googleapis.com/v1", "PodMonitoring") => read::<Object<PodMonitoring>>(object),
        ("monitoring.googleapis.com/v1", "Rules") => read::<Object<Rules>>(object),
        ("sources.knative.dev/v1", "ContainerSource") => read::<Object<ContainerSource>>(object),
        ("sources.knative.dev/v1alpha1", "IntegrationSource") => {
            read::<Object<IntegrationSource>>(object)
        }
        _ => return None,
    };
    Some(checked)
}

fn read<T: DeserializeOwned>(object: &Value) -> Result<(), String> {
    match serde_json::from_value::<T>(object.clone()) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{}: {error}", label(object))),
    }
}

macro_rules! strict {
    ($($(#[$meta:meta])* $name:ident $(<$generic:ident>)? { $($(#[$of_field:meta])* $field:ident: $ty:ty),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        #[expect(dead_code, reason = "read for its types only")]
        struct $name $(<$generic>)? { $($(#[$of_field])* $field: $ty),* }
    )*};
}

strict! {
    Object<T> { api_version: String, kind: String, metadata: Metadata, spec: T }
    Metadata {
        name: String,
        namespace: Option<String>,
        labels: Option<BTreeMap<String, String>>,
        annotations: Option<BTreeMap<String, String>>,
    }
    /// Knative operator 1.22, `KnativeServing`.
    Serving { #[serde(rename = "high-availability")] high_availability: Replicas, ingress: Ingress, config: ServingConfig }
    Replicas { replicas: u32 }
    Ingress { kourier: Enabled }
    Enabled { enabled: bool }
    /// The ConfigMaps `config-<field>` of Knative Serving 1.23, and the keys of theirs that are set.
    ServingConfig {
        network: NetworkConfig,
        features: FeaturesConfig,
        defaults: DefaultsConfig,
        deployment: DeploymentConfig,
        autoscaler: AutoscalerConfig,
    }
    /// Knative Serving, `DomainMapping`.
    DomainMapping { r#ref: Reference }
    /// Secrets Store CSI driver, `SecretProviderClass` for Google's add-on.
    SecretProviderClass { provider: GkeProvider, parameters: SecretParameters }
    SecretParameters { secrets: String }
    /// Google Cloud Managed Service for Prometheus, `PodMonitoring`.
    PodMonitoring { selector: LabelSelector, endpoints: Vec<Endpoint>, target_labels: Option<TargetLabels> }
    LabelSelector { match_expressions: Vec<Expression> }
    Expression { key: String, operator: String, values: Option<Vec<String>> }
    Endpoint { port: String, path: String, interval: String }
    TargetLabels { metadata: Vec<String>, from_pod: Vec<FromPod> }
    FromPod { from: String, to: String }
    /// Google Cloud Managed Service for Prometheus, `Rules`.
    Rules { groups: Vec<RuleGroup> }
    RuleGroup { name: String, interval: String, rules: Vec<Alert> }
    Alert {
        alert: String,
        expr: String,
        r#for: Option<String>,
        labels: BTreeMap<String, String>,
        annotations: BTreeMap<String, String>,
    }
    /// knative-extensions/eventing-rabbitmq, `RabbitmqBrokerConfig`.
    RabbitmqBrokerConfig { rabbitmq_cluster_reference: ClusterReference, queue_type: QueueType }
    ClusterReference { name: String, namespace: Option<String> }
    /// Knative Eventing, `ContainerSource`.
    ContainerSource { template: Template, sink: Sink }
    Template { metadata: Option<Labels>, spec: BTreeMap<String, Value> }
    Labels { labels: BTreeMap<String, String> }
    Sink { r#ref: Reference }
    Reference { api_version: String, kind: String, name: String, namespace: Option<String> }
    /// Knative Eventing, `IntegrationSource`.
    IntegrationSource { aws: Aws, sink: Sink }
    Aws { sqs: Sqs, auth: Auth }
    Sqs { arn: String, region: String }
    Auth { secret: SecretAuth }
    SecretAuth { r#ref: SecretName }
    SecretName { name: String }
}

/// The driver that GKE brings itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum GkeProvider {
    Gke,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum QueueType {
    Classic,
    Quorum,
}

/// A ConfigMap's keys, which have dashes and dots; all values are text.
macro_rules! config {
    ($($name:ident { $($key:literal: $field:ident),* $(,)? })*) => {$(
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "read for its types only")]
        struct $name { $(#[serde(rename = $key)] $field: String),* }
    )*};
}

config! {
    NetworkConfig {
        "ingress-class": ingress_class,
        "autocreate-cluster-domain-claims": autocreate_claims,
    }
    FeaturesConfig {
        "kubernetes.podspec-nodeselector": node_selector,
        "kubernetes.podspec-tolerations": tolerations,
        "kubernetes.podspec-volumes-csi": csi_volumes,
        "secure-pod-defaults": secure_pod_defaults,
    }
    DefaultsConfig {
        "max-revision-timeout-seconds": max_revision_timeout,
        "revision-timeout-seconds": revision_timeout,
    }
    DeploymentConfig {
        "progress-deadline": progress_deadline,
        "pod-is-always-schedulable": always_schedulable,
    }
    AutoscalerConfig {
        "enable-scale-to-zero": scale_to_zero,
        "scale-to-zero-grace-period": grace_period,
        "stable-window": stable_window,
        "max-scale-up-rate": max_scale_up_rate,
    }
}
