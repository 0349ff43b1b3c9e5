//! `eventing.knative.dev/v1`: the Broker and its Triggers.

use serde::Deserialize;

use super::{
    delivery::Delivery,
    filter::{Filter, FilterFields, LegacyFilter},
    metadata::{Destination, Metadata},
};

/// A Broker as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct BrokerObject {
    #[expect(dead_code, reason = "checked before the object is read as a Broker")]
    api_version: String,
    #[expect(dead_code, reason = "checked before the object is read as a Broker")]
    kind: String,
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) spec: BrokerSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrokerSpec {
    /// The Broker class's own settings: this runner has none.
    #[expect(dead_code, reason = "typed so that the field is known")]
    config: Option<super::metadata::Reference>,
    #[serde(default)]
    pub(crate) delivery: Delivery,
}

/// A Trigger as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct TriggerObject {
    #[expect(dead_code, reason = "checked before the object is read as a Trigger")]
    api_version: String,
    #[expect(dead_code, reason = "checked before the object is read as a Trigger")]
    kind: String,
    pub(crate) metadata: Metadata,
    pub(crate) spec: TriggerSpec,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriggerSpec {
    pub(crate) broker: String,
    filter: Option<LegacyFilter>,
    filters: Option<Vec<FilterFields>>,
    pub(crate) subscriber: Destination,
    delivery: Option<Delivery>,
}

/// A durable subscription: who gets which events, and how hard to try.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// Name of the Trigger.
    pub name: String,
    /// All of these hold for an event that it takes.
    pub filters: Vec<Filter>,
    /// Name of the Service that handles its events.
    pub subscriber: String,
    /// How often, how far apart, how long.
    pub delivery: Delivery,
    /// Name of the Service that gets what could not be delivered.
    pub dead_letter: Option<String>,
}

impl Trigger {
    /// Whether an event with these attributes is for this Trigger.
    pub fn takes<'a>(&self, attribute: &dyn Fn(&str) -> Option<&'a str>) -> bool {
        self.filters.iter().all(|filter| filter.matches(attribute))
    }
}

impl TriggerObject {
    /// Fills in what the Broker says for all its Triggers.
    pub(crate) fn resolve(self, broker: &Delivery) -> Result<Trigger, &'static str> {
        let delivery = self.spec.delivery.unwrap_or_else(|| broker.clone());
        let sink = delivery
            .dead_letter_sink
            .as_ref()
            .or(broker.dead_letter_sink.as_ref());
        // Knative ignores `filter` where `filters` are given.
        let filters = match (self.spec.filters, self.spec.filter) {
            (Some(filters), _) => filters
                .into_iter()
                .map(Filter::try_from)
                .collect::<Result<_, _>>()?,
            (None, Some(legacy)) => vec![legacy.into_filter()],
            (None, None) => Vec::new(),
        };
        Ok(Trigger {
            name: self.metadata.name,
            filters,
            subscriber: self.spec.subscriber.r#ref.name,
            dead_letter: sink.map(|sink| sink.r#ref.name.clone()),
            delivery,
        })
    }
}
