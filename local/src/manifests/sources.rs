//! `sources.knative.dev/v1`: the clock, and who may speak to the Broker.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::metadata::{Destination, Metadata};

/// A PingSource: an event to a sink on a schedule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PingSource {
    #[expect(
        dead_code,
        reason = "checked before the object is read as a PingSource"
    )]
    api_version: String,
    #[expect(
        dead_code,
        reason = "checked before the object is read as a PingSource"
    )]
    kind: String,
    /// Name.
    pub metadata: Metadata,
    /// When, what and to whom.
    pub spec: PingSpec,
}

/// `spec` of a PingSource.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PingSpec {
    /// Cron schedule of five fields, in UTC.
    pub schedule: String,
    /// Media type of the data.
    pub content_type: Option<String>,
    /// The data as text.
    pub data: Option<String>,
    /// Extensions of the event.
    pub ce_overrides: Option<CeOverrides>,
    /// Who gets it.
    pub sink: Destination,
}

/// What to add to an event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeOverrides {
    /// Extension attributes.
    #[serde(default)]
    pub extensions: BTreeMap<String, String>,
}

/// A SinkBinding: gives Services the address of a sink in `K_SINK`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SinkBinding {
    #[expect(
        dead_code,
        reason = "checked before the object is read as a SinkBinding"
    )]
    api_version: String,
    #[expect(
        dead_code,
        reason = "checked before the object is read as a SinkBinding"
    )]
    kind: String,
    /// Name.
    pub metadata: Metadata,
    /// Who gets whose address.
    pub spec: BindingSpec,
}

/// `spec` of a SinkBinding.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BindingSpec {
    /// The Services that get the address.
    pub subject: Subject,
    /// Whose address.
    pub sink: Destination,
}

/// The Services that a SinkBinding is for: one by name, or all with certain labels.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Subject {
    /// `serving.knative.dev/v1`.
    pub api_version: String,
    /// `Service`.
    pub kind: String,
    /// Namespace; one machine has only one.
    pub namespace: Option<String>,
    /// Name of the one Service.
    pub name: Option<String>,
    /// Labels of all the Services.
    pub selector: Option<Selector>,
}

/// Selects by labels.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Selector {
    /// All of these labels with these values.
    pub match_labels: BTreeMap<String, String>,
}

impl SinkBinding {
    /// Whether the object of this name and labels is meant.
    #[must_use]
    pub fn selects(&self, object: &Metadata) -> bool {
        let subject = &self.spec.subject;
        let by_name = subject.name.as_deref() == Some(object.name.as_str());
        let by_labels = subject.selector.as_ref().is_some_and(|selector| {
            selector
                .match_labels
                .iter()
                .all(|(name, value)| object.labels.get(name) == Some(value))
        });
        by_name || by_labels
    }
}
