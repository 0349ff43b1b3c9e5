//! Broker and Triggers.

use std::{collections::BTreeSet, fs, time::Duration};

use reeldrop::manifests::Trigger;

use crate::{
    deployment::{Deployment, text},
    render::root,
};

/// How long all tries of an event last at least: what an event needs comes back within it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The strict types of the one-machine runner, and its own cross-checks: each Trigger's Broker,
/// subscriber and dead-letter sink exist.
pub(super) fn runner_types(deployment: &Deployment) -> Vec<String> {
    let error = deployment.topology().err();
    error.map(|error| error.to_string()).into_iter().collect()
}

fn triggers(deployment: &Deployment) -> Vec<Trigger> {
    let topology = deployment.topology();
    topology.map_or_else(|_| Vec::new(), |topology| topology.triggers)
}

/// Every filter names an event type that a payload has: each has a golden file.
pub(super) fn event_types(deployment: &Deployment) -> Vec<String> {
    let golden = fs::read_dir(root().join("common/events/tests/golden")).unwrap();
    let types: BTreeSet<String> = golden
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    let mut findings = Vec::new();
    for trigger in triggers(deployment) {
        let mut named = Vec::new();
        for filter in &trigger.filters {
            filter.values_of("type", &mut named);
        }
        if named.is_empty() {
            findings.push(format!("{} takes events of any type", trigger.name));
        }
        let unknown = named
            .into_iter()
            .filter(|ty| !types.contains(*ty) && *ty != "io.reeldrop.");
        findings.extend(
            unknown.map(|ty| format!("{} waits for {ty}, which no payload has", trigger.name)),
        );
    }
    findings
}

/// Every Trigger says how it delivers, and its tries outlast a restart of what it needs.
pub(super) fn delivery(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for trigger in triggers(deployment) {
        let delivery = &trigger.delivery;
        let stated = delivery.backoff_policy.is_some()
            && delivery.backoff_delay.is_some()
            && delivery.timeout.is_some()
            && trigger.dead_letter.is_some();
        let Some(retry) = delivery.retry.filter(|_| stated) else {
            findings.push(format!(
                "{} must state retry, backoffPolicy, backoffDelay, timeout and deadLetterSink",
                trigger.name
            ));
            continue;
        };
        let lasts: Duration = (0..retry).map(|n| delivery.backoff(n)).sum();
        if lasts < PATIENCE {
            findings.push(format!(
                "{} gives up after {lasts:?}, less than {PATIENCE:?}",
                trigger.name
            ));
        }
        if trigger.dead_letter.as_deref() != Some("catalog-write") {
            findings.push(format!(
                "{}: its dead letters do not reach catalog-write",
                trigger.name
            ));
        }
    }
    findings
}

const CLASS: &str = "/metadata/annotations/eventing.knative.dev~1broker.class";

/// The Broker's class is said, and with it what it keeps its events in.
pub(super) fn broker_class(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for broker in deployment.of_kind("Broker") {
        let config = text(broker, "/spec/config/name");
        match text(broker, CLASS) {
            "Kafka" | "MTChannelBasedBroker"
                if deployment.object("ConfigMap", config).is_some() => {}
            "RabbitMQBroker" if deployment.object("RabbitmqBrokerConfig", config).is_some() => {}
            class => findings.push(format!(
                "Broker class {class:?} with spec.config {config:?}: one of them is not there"
            )),
        }
    }
    findings
}

/// Through an in-memory channel a sender waits for the subscriber, unless told not to.
pub(super) fn sender_does_not_wait(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for broker in deployment.of_kind("Broker") {
        let config = deployment.object("ConfigMap", text(broker, "/spec/config/name"));
        let in_memory = config.is_some_and(|config| {
            text(config, "/data/channel-template-spec").contains("InMemoryChannel")
        });
        let asynchronous = text(
            broker,
            "/metadata/annotations/messaging.knative.dev~1async-handler",
        );
        if in_memory && asynchronous != "true" {
            findings
                .push("the in-memory Broker lacks messaging.knative.dev/async-handler".to_owned());
        }
    }
    findings
}
